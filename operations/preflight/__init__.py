"""Checks before the first `pulumi up` whether everything that it needs is there."""
