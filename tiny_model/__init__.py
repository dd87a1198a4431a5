"""The recipe of the tiny speech model, and the model."""
