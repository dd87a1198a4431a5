"""Read what each media format says about its file: position and length of its sound, encryption."""
