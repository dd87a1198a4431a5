"""MiniStack with our additions."""
