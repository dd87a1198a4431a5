"""Recordings are opened ahead in their order, within limits of audio and bytes."""

from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.emulator.waiting import wait_for
from tests.transcriber.media import silence, write_audio
from transcriber import read_ahead
from transcriber.read_ahead import opened_ahead
from transcriber.recognition.decoding import Decoding, OpenRecording
from transcriber.reporting.stopwatch import JobStopwatches
from transcriber.storage import open_source

Opening = Future[OpenRecording | None]


def opened(path: Path, split: bool = False) -> OpenRecording:
    source = open_source(str(path))
    return Decoding(source, source.version(), split, JobStopwatches()).open()


def ready(recording: OpenRecording | None) -> Opening:
    future: Opening = Future()
    future.set_result(recording)
    return future


def test_no_more_are_started_than_may_fill_the_limit() -> None:
    started: list[int] = []

    def start(number: int) -> Opening:
        started.append(number)
        return Future()

    with opened_ahead(range(100), start) as ahead:
        assert next(ahead)[0] == 0
    assert started == list(range(8))


def test_short_recordings_count_as_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_audio(tmp_path / "a.wav", silence(30))
    monkeypatch.setattr(read_ahead, "MOST_SECONDS", 600.0)
    recordings: list[OpenRecording] = []
    closed: list[int] = []

    def start(number: int) -> Opening:
        recordings.append(opened(path))
        recordings[-1].resources.callback(closed.append, number)
        return ready(recordings[-1])

    with opened_ahead(range(100), start) as ahead:
        _number, first = next(ahead)
        assert len(recordings) == 20
        taken = first.result()
        assert taken
        taken.close()
    wait_for(lambda: sorted(closed) == list(range(20)))


def test_channels_count_by_their_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_audio(tmp_path / "a.wav", silence(30), layout="stereo")
    monkeypatch.setattr(read_ahead, "MOST_BYTES", 10 * 30 * 16_000 * 4 * 2)
    started: list[OpenRecording] = []

    def start(_number: int) -> Opening:
        started.append(opened(path, split=True))
        return ready(started[-1])

    with opened_ahead(range(100), start) as ahead:
        _number, first = next(ahead)
        assert len(started) < 10
        taken = first.result()
        assert taken
        taken.close()


def test_what_needs_no_work_or_fails_takes_no_room() -> None:
    broken: Opening = Future()
    broken.set_exception(ValueError())
    with opened_ahead(range(3), lambda number: broken if number else ready(None)) as ahead:
        assert [number for number, _future in ahead] == [0, 1, 2]
