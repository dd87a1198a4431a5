"""MiniStack with what it lacks."""
