"""Nothing in the image is under a licence that nobody has looked at."""

from importlib import metadata

import pytest

from supply_chain.bundled import LICENCES, libraries_in
from supply_chain.licences import (
    LICENSING,
    NVIDIA,
    OBLIGATIONS,
    PERMISSIVE,
    UnknownLicenceError,
    licence_of,
    licences_in,
)
from supply_chain.lock import read_lock
from supply_chain.third_party import third_party
from tests.components.graph import ROOT

NAMES = [package.name for package in read_lock().packages]


@pytest.mark.parametrize("name", NAMES)
def test_the_licence_of_each_package_is_known_and_lets_it_be_used(name: str) -> None:
    expressions = [licence_of(name), *(library.licence for library in libraries_in(name))]
    for expression in expressions:
        assert expression == NVIDIA or LICENSING.validate(expression).errors == []
        assert licences_in(expression) <= PERMISSIVE | OBLIGATIONS.keys()


def test_no_licence_is_listed_in_vain() -> None:
    carried = {library.name for name in NAMES for library in libraries_in(name)}
    assert carried == LICENCES.keys()


def test_licences_are_read_from_packages_of_the_locked_versions() -> None:
    for package in read_lock().packages:
        try:
            installed = metadata.version(package.name)
        except metadata.PackageNotFoundError:
            continue
        assert installed.partition("+")[0] == package.version


def test_a_package_that_tells_no_licence_is_not_guessed() -> None:
    with pytest.raises(UnknownLicenceError, match=r"^nothing-of-that-name: not installed"):
        licence_of("nothing-of-that-name")


def test_of_alternatives_the_one_counts_that_asks_for_least() -> None:
    assert licences_in("GPL-2.0-or-later OR MIT") == {"MIT"}
    assert licences_in("GPL-2.0-or-later OR LGPL-3.0-or-later") == {"LGPL-3.0-or-later"}
    assert licences_in("(MIT OR GPL-2.0-or-later) AND MPL-2.0") == {"MIT", "MPL-2.0"}
    assert licences_in("Apache-2.0 WITH LLVM-exception") == {"Apache-2.0 WITH LLVM-exception"}


def test_the_page_for_people_is_that_of_the_lock_file() -> None:
    assert (ROOT / "THIRD_PARTY.md").read_text() == third_party(read_lock()), "run: make sbom"
