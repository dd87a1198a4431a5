"""Two writers, one place: the newer upload's result is what stays, in S3 and in a folder."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from transcriber.errors import TemporaryFailureError
from transcriber.results.conditional_write import MOST_TRIES, SupersededError, claim_results
from transcriber.storage import (
    NOTHING,
    ConditionFailedError,
    Destination,
    Seen,
    Source,
    open_destination,
    open_source,
)

KIND = "application/json"
Upload = Callable[[bytes], None]


def body(etag: str) -> bytes:
    return b'{"source_etag": "%s"}' % etag.encode()


@pytest.fixture(params=["s3", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Source, Destination, Upload]]:
    """A recording, where its results go, and what uploads another one under its name."""
    if request.param == "folder":
        path = tmp_path / "a.wav"
        yield open_source(str(path)), open_destination(str(tmp_path / "out")), path.write_bytes
        return
    s3: Any = request.getfixturevalue("s3")
    bucket: str = request.getfixturevalue("bucket")

    def upload(content: bytes) -> None:
        s3.put_object(Bucket=bucket, Key="a.wav", Body=content)

    yield open_source(f"s3://{bucket}/a.wav"), open_destination(f"s3://{bucket}/out/"), upload


class Interrupted:
    """A destination where something happens before each write."""

    def __init__(self, destination: Destination, happens: Callable[[], object]) -> None:
        self._destination = destination
        self._happens = happens
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._destination, name)

    def write(self, name: str, content: BinaryIO, kind: str, source_etag: str, over: Seen, /) -> None:
        self.writes += 1
        self._happens()
        self._destination.write(name, content, kind, source_etag, over)


def put(destination: Destination, etag: str) -> None:
    destination.write("a.json", io.BytesIO(body(etag)), KIND, etag, destination.look("a.json"))


def test_an_older_results_place_is_taken(place: tuple[Source, Destination, Upload]) -> None:
    source, destination, upload = place
    upload(b"one")
    put(destination, "older")
    version = source.version()
    claim_results(source, version, destination, ["a.json"]).write(
        "a.json", io.BytesIO(body(version.etag)), KIND
    )
    assert destination.look("a.json").source_etag == version.etag


def test_what_a_newer_upload_wrote_since_the_look_stays(place: tuple[Source, Destination, Upload]) -> None:
    source, destination, upload = place
    upload(b"one")
    put(destination, "older")
    claim = claim_results(source, source.version(), destination, ["a.json"])
    upload(b"another")
    newer = source.version().etag
    put(destination, newer)
    with pytest.raises(SupersededError):
        claim.write("a.json", io.BytesIO(b"{}"), KIND)
    with pytest.raises(SupersededError):
        claim.remove("a.json")
    assert destination.look("a.json").source_etag == newer


def test_an_older_writer_that_comes_between_is_overwritten(place: tuple[Source, Destination, Upload]) -> None:
    source, destination, upload = place
    upload(b"one")
    version = source.version()
    older = iter(["older", "older still"])
    interrupted = Interrupted(destination, lambda: next((put(destination, each) for each in older), None))
    claim = claim_results(source, version, interrupted, ["a.json"])
    claim.write("a.json", io.BytesIO(body(version.etag)), KIND)
    assert interrupted.writes == 3
    assert destination.look("a.json").source_etag == version.etag


def test_a_place_that_others_keep_writing_to_is_tried_again_later(
    place: tuple[Source, Destination, Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transcriber.results.conditional_write.FIRST_PAUSE_LIMIT_SECONDS", 0.001)
    source, destination, upload = place
    upload(b"one")
    etags = iter(str(number) for number in range(100))
    interrupted = Interrupted(destination, lambda: put(destination, next(etags)))
    claim = claim_results(source, source.version(), interrupted, ["a.json"])
    with pytest.raises(TemporaryFailureError, match="others keep writing there"):
        claim.write("a.json", io.BytesIO(b"{}"), KIND)
    assert interrupted.writes == MOST_TRIES


def test_a_recording_that_was_replaced_before_has_no_place(place: tuple[Source, Destination, Upload]) -> None:
    source, destination, upload = place
    upload(b"one")
    version = source.version()
    upload(b"another")
    with pytest.raises(SupersededError):
        claim_results(source, version, destination, ["a.json"])


def test_of_a_recording_that_was_not_there_nothing_is_written_once_one_is(
    place: tuple[Source, Destination, Upload],
) -> None:
    source, destination, upload = place
    claim_results(source, None, destination, ["a.json"]).write("a.json", io.BytesIO(b"{}"), KIND)
    upload(b"one")
    with pytest.raises(SupersededError):
        claim_results(source, None, destination, ["a.json"])


def test_nothing_is_removed_where_there_is_nothing(place: tuple[Source, Destination, Upload]) -> None:
    source, destination, upload = place
    upload(b"one")
    claim = claim_results(source, source.version(), destination, ["a.json"])
    claim.remove("a.json")
    put(destination, "older")
    claim_results(source, source.version(), destination, ["a.json"]).remove("a.json")
    assert destination.look("a.json") == NOTHING


def test_a_write_over_what_is_not_there_is_refused(place: tuple[Source, Destination, Upload]) -> None:
    _source, destination, _upload = place
    put(destination, "first")
    with pytest.raises(ConditionFailedError):
        destination.write("a.json", io.BytesIO(b"{}"), KIND, "second", NOTHING)
    with pytest.raises(ConditionFailedError):
        destination.write("a.json", io.BytesIO(b"{}"), KIND, "second", Seen('"0"', None))
    assert destination.look("a.json").source_etag == "first"


def test_what_must_not_stay_beside_a_newer_upload_s_is_taken_back(
    place: tuple[Source, Destination, Upload],
) -> None:
    source, destination, upload = place
    upload(b"one")
    version = source.version()
    interrupted = Interrupted(destination, lambda: upload(b"another"))
    claim = claim_results(source, version, interrupted, ["a.json"])
    with pytest.raises(SupersededError):
        claim.write_while_current("a.json", io.BytesIO(body(version.etag)), KIND)
    assert destination.look("a.json") == NOTHING


def test_what_a_newer_upload_wrote_there_meanwhile_is_not_taken_back(
    place: tuple[Source, Destination, Upload],
) -> None:
    source, destination, upload = place
    upload(b"one")
    version = source.version()

    class OvertakenAfterwards(Interrupted):
        def write(self, *arguments: Any) -> None:
            super().write(*arguments)
            upload(b"another")
            put(destination, "newer")

    claim = claim_results(source, version, OvertakenAfterwards(destination, lambda: None), ["a.json"])
    with pytest.raises(SupersededError):
        claim.write_while_current("a.json", io.BytesIO(body(version.etag)), KIND)
    assert destination.look("a.json").source_etag == "newer"


def test_what_was_written_without_an_answer_is_taken_back_too(
    place: tuple[Source, Destination, Upload],
) -> None:
    source, destination, upload = place
    upload(b"one")
    version = source.version()

    class Unanswered(Interrupted):
        def write(self, *arguments: Any) -> None:
            # The first try came through; the SDK's second finds the place taken.
            put(destination, version.etag)
            upload(b"another")
            super().write(*arguments)

    claim = claim_results(source, version, Unanswered(destination, lambda: None), ["a.json"])
    with pytest.raises(SupersededError):
        claim.write_while_current("a.json", io.BytesIO(body(version.etag)), KIND)
    assert destination.look("a.json") == NOTHING


def test_taking_back_is_tried_again_where_others_write(place: tuple[Source, Destination, Upload]) -> None:
    source, destination, upload = place
    upload(b"one")
    version = source.version()
    conflicts = [ConditionFailedError()]

    class Conflicting(Interrupted):
        def remove(self, name: str, seen: Seen, /) -> None:
            if conflicts:
                raise conflicts.pop()
            destination.remove(name, seen)

    claim = claim_results(source, version, Conflicting(destination, lambda: upload(b"another")), ["a.json"])
    with pytest.raises(SupersededError):
        claim.write_while_current("a.json", io.BytesIO(body(version.etag)), KIND)
    assert destination.look("a.json") == NOTHING
