"""Nothing in the image is under a licence that nobody has read."""

from importlib import metadata

import pytest

from image import licences
from image.licences import LISTED, Licensed, UnknownLicenceError, libraries_in, packages
from image.lock import locked_versions
from image.third_party import third_party
from tests.components.graph import ROOT

READ = {*LISTED["permissive"], *LISTED["obligations"]}


@pytest.fixture(scope="module")
def everything() -> list[Licensed]:
    listed = list(packages(locked_versions()))
    return [*listed, *(library for package in listed for library in libraries_in(package.name))]


def test_every_licence_of_each_package_and_library_has_been_read(everything: list[Licensed]) -> None:
    # pip-licenses joins what classifiers say by "; ", and is content with one of them.
    unread = [each for each in everything if not set(each.licence.split("; ")) <= READ]
    assert unread == []
    assert {each.name for each in everything} >= locked_versions().keys()


def test_no_licence_is_listed_in_vain(everything: list[Licensed]) -> None:
    assert {each.name for each in everything} - locked_versions().keys() == LISTED["bundled"].keys()
    used = {licence for each in everything for licence in each.licence.split("; ")}
    assert READ - used == {"CC-BY-4.0"}  # The model's.


def test_licences_are_read_from_packages_of_the_locked_versions() -> None:
    installed = {each.name.lower(): each.version.partition("+")[0] for each in metadata.distributions()}
    for name, version in locked_versions().items():
        assert installed.get(name, version) == version


def test_a_package_under_a_licence_that_nobody_has_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "LISTED", {"permissive": ["MIT"], "obligations": {}, "bundled": {}})
    with pytest.raises(UnknownLicenceError, match=r"license Mozilla .* was found for package certifi"):
        list(packages({"certifi": "1"}))
    with pytest.raises(UnknownLicenceError, match=r"av carries .* whose licence is not in"):
        list(libraries_in("av"))


def test_a_package_that_is_not_installed_is_not_guessed() -> None:
    with pytest.raises(UnknownLicenceError, match=r"^nothing-of-that-name is not installed"):
        list(packages({"nothing-of-that-name": "1", "certifi": "1"}))


def test_the_page_for_people_is_that_of_the_lock_file() -> None:
    assert (ROOT / "THIRD_PARTY.md").read_text() == third_party(), "run: make sbom"
