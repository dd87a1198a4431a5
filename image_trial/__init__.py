"""Builds the worker's image and runs its worker as AWS Batch would: ``python -m image_trial``."""
