"""The tiny speech model, and the recipe that makes it."""
