"""What each media format says of its file: where its sound is, how long, whether it is encrypted."""
