"""Emulated AWS and Batch, as the tests of the local cloud have them."""

from tests.emulator.conftest import batch, cloud, emulator, images, service

__all__ = ["batch", "cloud", "emulator", "images", "service"]
