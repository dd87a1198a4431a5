"""Which uploads have an outcome."""

import pytest

from components.settings import FAILURES_PREFIX
from components.upload_trigger import is_listened_for
from operations.outcomes import Place, entry_name
from transcriber.entry_name import entry_name as worker_entry_name


@pytest.mark.parametrize(
    ("prefix", "key", "heard"),
    [
        ("", "a.mp3", True),
        ("", "calls/A.Mp3", True),
        ("", "notes.txt", False),
        ("", ".mp3", True),
        ("calls/", "calls/a.mp3", True),
        ("calls/", "calls/a.MP3", True),
        ("calls/", "calls/a.mP3", False),
        ("calls/", "a.mp3", False),
        ("a*b\\/", "a*b\\/c.wav", True),
        ("a*b\\/", "axb\\/c.wav", False),
    ],
)
def test_an_upload_is_one_that_the_rules_react_to(prefix: str, key: str, heard: bool) -> None:
    assert is_listened_for(key, prefix) is heard


def test_failures_of_long_names_are_looked_for_where_the_worker_puts_them() -> None:
    place = Place("results", FAILURES_PREFIX)
    for key in ("calls/a.mp3", "k" * 1015 + ".mp3", "é" * 508 + ".mp3"):
        name = entry_name(key, place.fits)
        assert name == worker_entry_name(key, place.fits)
        assert place.fits(name)


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("s3://results/transcripts/", Place("results", "transcripts/")),
        ("s3://results/", Place("results", "")),
        ("s3://results/a/b c/", Place("results", "a/b c/")),
    ],
)
def test_places_are_read_from_what_the_worker_is_told(uri: str, place: Place) -> None:
    assert Place.from_uri(uri) == place
