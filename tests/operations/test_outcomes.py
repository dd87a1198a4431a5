"""Which uploads have an outcome."""

import pytest

from components.media_suffixes import MEDIA_SUFFIXES, suffixes_text
from operations.ignored import IgnoredUploads
from operations.outcomes import ResultFolder
from operations.stack import Stack
from transcriber.outcomes import FAILURES_FOLDER, failure_report_key, failure_report_name


@pytest.mark.parametrize("suffixes", [MEDIA_SUFFIXES, (".dat", ".wav"), (*MEDIA_SUFFIXES, ".dat")])
def test_an_operator_knows_the_suffixes_of_the_stack(suffixes: tuple[str, ...]) -> None:
    outputs = dict.fromkeys(("deadLetterQueue", "jobQueue", "jobDefinition", "inputBucket"), "x")
    assert (
        Stack.from_outputs({**outputs, "mediaSuffixes": suffixes_text(suffixes)}).media_suffixes == suffixes
    )
    assert Stack.from_outputs(outputs).media_suffixes == MEDIA_SUFFIXES


def test_ignored_uploads_are_counted_by_suffix_with_an_example() -> None:
    ignored = IgnoredUploads("calls/")
    for key in (
        "calls/a.TXT",
        "calls/b.txt",
        "calls/README",
        "calls/v1.2/README",
        "calls/call.mp3 ",
        "a.mp3",
    ):
        ignored.add(key)
    ignored.add("calls/2026/")
    assert ignored.lines() == [
        "  .txt: 2, such as calls/a.TXT",
        "  no suffix: 2, such as calls/README",
        '  ".mp3 ": 1, such as calls/call.mp3 ',
        "  not under calls/: 1, such as a.mp3",
    ]


def test_ignored_uploads_of_a_thousand_suffixes_take_some_lines() -> None:
    ignored = IgnoredUploads("")
    for number in range(1000):
        ignored.add(f"a.{number}")
    ignored.add("b.\x1b[2J")
    assert ignored.counts.total() == 1001
    assert len(ignored.lines()) == 51
    assert ignored.counts["other suffixes"] == 951
    assert not [line for line in ignored.lines() if "\x1b" in line]


def test_failures_of_long_names_are_looked_for_where_the_worker_puts_them() -> None:
    folder = ResultFolder("results", FAILURES_FOLDER)
    for key in ("calls/a.mp3", "k" * 1015 + ".mp3", "é" * 508 + ".mp3"):
        name = failure_report_name(key, folder.fits)
        assert folder.prefix + name == failure_report_key(key)
        assert folder.fits(name)


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("s3://results/transcripts/", ResultFolder("results", "transcripts/")),
        ("s3://results/", ResultFolder("results", "")),
        ("s3://results/a/b c/", ResultFolder("results", "a/b c/")),
    ],
)
def test_places_are_read_from_what_the_worker_is_told(uri: str, folder: ResultFolder) -> None:
    assert ResultFolder.from_uri(uri) == folder
