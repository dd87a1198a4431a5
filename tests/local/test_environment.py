"""The development environment is the same on every machine."""

import sys

import pytest

from image.lock import locked_versions
from local.environment import CONSTRAINTS, differences, installed_versions, pinned_versions


def test_what_is_installed_is_what_is_pinned() -> None:
    assert list(differences(pinned_versions(CONSTRAINTS.read_text()), installed_versions())) == []


def test_each_kind_of_difference_is_told() -> None:
    pinned = {"same": "1", "newer": "1.9.0", "missing": "2"}
    installed = {"same": "1", "newer": "1.9.1", "extra": "3", "wheel": "0.4"}
    assert list(differences(pinned, installed)) == [
        "extra 3 is installed but not pinned",
        "missing 2 is pinned but not installed",
        "newer 1.9.1 is installed, 1.9.0 is pinned",
    ]


def test_packages_of_other_platforms_are_not_asked_for() -> None:
    text = f"Some_Name==1 ; sys_platform == '{sys.platform}'\nother==2 ; sys_platform == 'plan9'\n"
    assert pinned_versions(text) == {"some-name": "1"}


def test_a_range_is_no_pin() -> None:
    with pytest.raises(ValueError, match=r"'torch>=2' pins no version"):
        pinned_versions("torch>=2")


def test_every_package_of_the_image_is_pinned_for_the_tests_too() -> None:
    pinned = pinned_versions(CONSTRAINTS.read_text())
    assert locked_versions().items() <= pinned.items()
