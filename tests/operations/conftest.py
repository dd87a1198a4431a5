"""Emulated AWS and Batch, as the tests of the local cloud have them, and a stack in it."""

import pytest

from emulator.cloud import LocalCloud
from tests.emulator.conftest import batch, cloud, emulator, images, service
from tests.operations.account import Account

__all__ = ["account", "batch", "cloud", "emulator", "images", "service"]


@pytest.fixture
def account(cloud: LocalCloud) -> Account:
    return Account(cloud)
