"""How short recordings come to share jobs: a queue of uploads, and a function that makes lists of them."""
