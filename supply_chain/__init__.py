"""What the worker's image is made of, under which licences, and what is known against it."""
