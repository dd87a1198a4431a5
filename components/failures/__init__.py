"""What becomes of uploads whose job died."""
