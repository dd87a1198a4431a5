"""Parts of a recording are all heard, of alternatives the one that people would choose."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from tests.transcriber.markers import STEP_SECONDS, mark_times, marked
from tests.transcriber.media import Samples, silence, write_video
from transcriber.audio.reader import AudioReader
from transcriber.audio.tracks import Track
from transcriber.errors import UnusableInputError

RATE = 16_000
NONE = Disposition(0)


def write(path: Path, tracks: list[tuple[Samples, dict[str, str], Disposition]]) -> Path:
    """Write tracks of sound with their metadata and disposition, one second of each in turn."""
    with av.open(str(path), "w") as output:
        streams = []
        for _samples, metadata, disposition in tracks:
            stream = output.add_stream("pcm_s16le", rate=RATE, layout="mono")
            stream.metadata.update(metadata)
            stream.disposition = disposition
            streams.append(stream)
        for start in range(0, max(len(samples) for samples, _, _ in tracks), RATE):
            for (samples, _metadata, _disposition), stream in zip(tracks, streams, strict=True):
                piece = (samples[start : start + RATE] * 32767).astype(np.int16)
                if len(piece):
                    frame = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
                    frame.sample_rate, frame.pts = RATE, start
                    output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    return path


def read(path: Path) -> tuple[Samples, list[Track]]:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        samples = np.concatenate(list(audio.blocks()))
        assert audio.damage.entries == []
        return samples, audio.tracks


def voices(count: int, seconds: int = 12) -> list[Samples]:
    """What ``count`` speakers say who take turns."""
    whole = marked(seconds, RATE)
    tracks = [np.zeros_like(whole) for _ in range(count)]
    for start in range(0, seconds, STEP_SECONDS):
        part = slice(start * RATE, (start + STEP_SECONDS) * RATE)
        tracks[start // STEP_SECONDS % count][part] = whole[part]
    return tracks


EVERY_MARK = {mark: STEP_SECONDS * mark for mark in range(1, 6)}


@pytest.mark.parametrize("suffix", ["mkv", "mov", "avi"])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_parts_of_a_recording_are_all_heard(suffix: str, count: int, tmp_path: Path) -> None:
    path = write(tmp_path / f"a.{suffix}", [(voice, {}, NONE) for voice in voices(count)])
    samples, tracks = read(path)
    assert mark_times(samples, range(1, 6)) == pytest.approx(EVERY_MARK, abs=0.05)
    assert [track.used for track in tracks] == [True] * count
    assert {track.reason for track in tracks} == {"a part of the recording"}


def test_a_silent_first_track_does_not_win(tmp_path: Path) -> None:
    tracks = [(silence(12), {}, Disposition.default), (marked(12, RATE), {}, NONE)]
    samples, _tracks = read(write(tmp_path / "a.mkv", tracks))
    assert mark_times(samples, range(1, 6)) == pytest.approx(EVERY_MARK, abs=0.05)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.03)


def test_a_silent_default_language_does_not_win(tmp_path: Path) -> None:
    tracks = [
        (silence(12), {"language": "eng"}, Disposition.default),
        (marked(12, RATE), {"language": "fra"}, NONE),
    ]
    samples, found = read(write(tmp_path / "a.mkv", tracks))
    assert mark_times(samples, range(1, 6)) == pytest.approx(EVERY_MARK, abs=0.05)
    assert [(track.language, track.used) for track in found] == [("eng", False), ("fra", True)]
    assert found[0].reason == "silent, and another is not"


ALTERNATIVES = {
    "another language": ({"language": "deu"}, NONE, "another language"),
    "commentary": ({"language": "eng"}, Disposition.comment, "commentary"),
    "commentary by its title": ({"title": "Director's Commentary"}, NONE, "commentary"),
    "description by its title": ({"title": "English AD"}, NONE, "for the visually impaired"),
    "karaoke by its title": ({"title": "Karaoke version"}, NONE, "karaoke"),
    "effects by their title": ({"title": "M&E"}, NONE, "music and effects"),
    "a dub": ({"language": "eng"}, Disposition.dub, "dub"),
    "descriptions": ({}, Disposition.visual_impaired, "for the visually impaired"),
    "clear speech": ({}, Disposition.hearing_impaired, "for the hearing impaired"),
}


@pytest.mark.parametrize(("metadata", "disposition", "reason"), ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_alternatives_are_not_mixed_and_the_transcript_says_why(
    metadata: dict[str, str], disposition: Disposition, reason: str, tmp_path: Path
) -> None:
    other = marked(12, RATE, first=10)
    tracks = [
        (other, metadata, disposition),
        (marked(12, RATE), {"language": "eng", "title": "Main"}, Disposition.default),
    ]
    samples, found = read(write(tmp_path / "a.mkv", tracks))
    assert mark_times(samples, range(1, 6)) == pytest.approx(EVERY_MARK, abs=0.05)
    assert mark_times(samples, range(10, 15)) == {}
    assert [track.used for track in found] == [False, True]
    assert found[0].reason == reason
    assert (found[1].title, found[1].language, found[1].reason) == (
        "Main",
        "eng",
        "the one that people would choose",
    )


@pytest.mark.parametrize(("one", "other"), [("deu", "ger"), ("en-US", "eng"), ("pt", "pt-BR"), ("fr", "fra")])
def test_two_names_of_a_language_are_no_alternatives(one: str, other: str, tmp_path: Path) -> None:
    first, second = voices(2)
    tracks = [(first, {"language": one}, NONE), (second, {"language": other}, NONE)]
    samples, found = read(write(tmp_path / "a.mkv", tracks))
    assert mark_times(samples, range(1, 6)) == pytest.approx(EVERY_MARK, abs=0.05)
    assert [track.used for track in found] == [True, True]


def test_parts_may_begin_later_and_end_earlier(tmp_path: Path) -> None:
    whole = marked(12, RATE)
    tracks = [(whole[: 5 * RATE], {}, NONE), (np.where(np.arange(len(whole)) < 5 * RATE, 0, whole), {}, NONE)]
    samples, _found = read(write(tmp_path / "a.mkv", [(np.float32(a), b, c) for a, b, c in tracks]))
    assert len(samples) == 12 * RATE
    assert mark_times(samples, range(1, 6)) == pytest.approx(EVERY_MARK, abs=0.05)


def test_a_file_without_sound_has_no_tracks(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="no audio track"):
        read(write_video(tmp_path / "a.mkv", 1))
