"""Damaged files: what decodes keeps its time, and what does not is told."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcriber.media import Samples, tone, write_audio
from transcriber.audio.damage import MOST_ENTRIES, Damage, DamageReport
from transcriber.audio.reader import SAMPLE_RATE, AudioReader
from transcriber.audio.timeline import MOST_SILENCE_SECONDS, Timed, Timeline
from transcriber.errors import UnusableInputError

SECONDS = 20
BEEP_SECONDS = 18.0


def read(path: Path) -> tuple[Samples, list[Damage]]:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        samples = np.concatenate(list(audio.blocks()))
        return samples, audio.damage.entries


def marked(rate: int) -> Samples:
    """Murmur with a loud beep at `BEEP_SECONDS`, by which times can be checked."""
    samples = np.random.default_rng(0).normal(0, 0.01, SECONDS * rate).astype(np.float32)
    start = round(BEEP_SECONDS * rate)
    samples[start : start + rate // 2] = tone(0.5, rate, 0.9)[: rate // 2]
    return samples


def beep_time(samples: Samples) -> float:
    """Where 440 Hz is loud; noise, however loud, has little of it."""
    times = np.arange(len(samples)) / SAMPLE_RATE
    beat = samples * np.exp(-2j * np.pi * 440 * times)
    windows = np.abs(np.convolve(beat, np.full(1600, 1 / 1600), mode="same"))
    return float(np.flatnonzero(windows > 0.25)[0] / SAMPLE_RATE)


FORMATS = {
    "a.mp3": (44_100, "libmp3lame"),
    "a.m4a": (44_100, "aac"),
    "a.flac": (44_100, "flac"),
    "a.ogg": (48_000, "libopus"),
    "a.mka": (48_000, "libopus"),
    "a.ts": (48_000, "aac"),
    "a.wav": (16_000, "pcm_s16le"),
}


@pytest.fixture(params=FORMATS)
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    rate, codec = FORMATS[request.param]
    return write_audio(tmp_path / request.param, marked(rate), rate, codec)


def test_an_undamaged_file_has_lost_nothing(recording: Path) -> None:
    samples, damage = read(recording)
    assert damage == []
    assert beep_time(samples) == pytest.approx(BEEP_SECONDS, abs=0.1)


def test_a_scratch_costs_only_itself_and_moves_nothing(recording: Path) -> None:
    content = bytearray(recording.read_bytes())
    start, length = len(content) * 4 // 10, len(content) // 20
    content[start : start + length] = np.random.default_rng(1).bytes(length)
    recording.write_bytes(content)
    samples, damage = read(recording)
    assert beep_time(samples) == pytest.approx(BEEP_SECONDS, abs=0.3)
    assert len(samples) / SAMPLE_RATE == pytest.approx(SECONDS, abs=0.3)
    for part in damage:
        assert 6 < part.start <= part.end < 12
        assert part.reason == "can't be decoded"
    # What can't be told from sound, no decoder can tell.
    assert damage or recording.suffix in {".wav", ".mp3", ".ogg"}


@pytest.mark.parametrize("name", ["a.flac", "a.wav", "a.mov"])
def test_a_file_that_ends_too_early_says_from_where_on(name: str, tmp_path: Path) -> None:
    codec = "flac" if name == "a.flac" else "pcm_s16le"
    path = write_audio(tmp_path / name, marked(44_100), 44_100, codec, options={"movflags": "faststart"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    samples, damage = read(path)
    seconds = len(samples) / SAMPLE_RATE
    assert seconds == pytest.approx(SECONDS / 2, abs=1)
    if name != "a.wav":
        assert damage[-1].start == pytest.approx(seconds, abs=0.5)
        assert damage[-1].end == pytest.approx(SECONDS, abs=0.1)


def test_nothing_that_decodes_is_a_failure(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.flac", tone(5), codec="flac")
    content = path.read_bytes()
    header = content.index(b"\xff\xf8")
    path.write_bytes(content[:header] + bytes(len(content) - header))
    with pytest.raises(UnusableInputError, match=r"a\.flac: (damaged|the audio track is empty|not an audio)"):
        read(path)


def test_losses_next_to_each_other_are_one() -> None:
    report = DamageReport()
    report.add(1.0, 1.1, "x")
    report.add(1.2, 1.3, "x")
    report.add(5.0, 5.1, "x")
    report.add(5.2, 5.3, "y")
    assert report.entries == [Damage(1.0, 1.3, "x"), Damage(5.0, 5.1, "x"), Damage(5.2, 5.3, "y")]
    assert report.lost_seconds == pytest.approx(0.5)


def test_a_report_stays_short() -> None:
    report = DamageReport()
    for number in range(3 * MOST_ENTRIES):
        report.add(number * 2.0, number * 2.0 + 0.1, "x")
    assert len(report.entries) == MOST_ENTRIES
    assert report.entries[-1].end == pytest.approx(6 * MOST_ENTRIES, abs=2)


def gaps_of(timestamps: Sequence[float | None], seconds: float = 1.0) -> list[float]:
    """The silence before each piece of audio, which all last ``seconds``."""
    timeline = Timeline[int]()
    found = {}
    for number, timestamp in enumerate(timestamps):
        found |= {item: gap for gap, item in timeline.add(Timed(timestamp, seconds, number))}
    found |= {item: gap for gap, item in timeline.flush()}
    assert list(found) == list(range(len(timestamps)))
    return list(found.values())


@pytest.mark.parametrize(
    ("timestamps", "gaps"),
    [
        ([0, 1, 2], [0, 0, 0]),
        ([2, 3, 4], [2, 0, 0]),
        ([0, 1, 5, 6], [0, 0, 3, 0]),
        ([0, 1.05, 2.05], [0, 0, 0]),
        ([0, 1, 0, 1, 2], [0, 0, 0, 0, 0]),
        ([0, 1e9, 1e9 + 1, 1e9 + 4], [0, 0, 0, 2]),
        ([0, 3901, 3902], [0, 3900, 0]),
        ([-0.02, 0.98, None, 2.98], [0, 0, 0, 0]),
        ([0, 1.7, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0]),
        ([0, 4, 4, 4.1, 4.2, 5, 6, 7], [0, 0, 0, 0, 0, 0, 0, 0]),
        ([0, 4.5, 5.2, 6, 7, 8], [0, 3, 0, 0, 0, 0]),
    ],
)
def test_lasting_gaps_are_silence_and_late_packets_and_jumps_of_the_clock_are_not(
    timestamps: list[float | None], gaps: list[float]
) -> None:
    assert gaps_of(timestamps) == pytest.approx(gaps)


@given(st.lists(st.floats(-1e12, 1e12) | st.none(), max_size=100))
def test_no_timestamps_make_days_of_silence(timestamps: list[float | None]) -> None:
    gaps = gaps_of(timestamps, 0.02)
    assert min(gaps, default=0) >= 0
    assert sum(gaps) <= MOST_SILENCE_SECONDS + 1e-3


@given(
    pause_seconds=st.floats(0.2, 5000),
    late=st.lists(st.floats(0, 4), min_size=400, max_size=400),
)
def test_packets_that_arrive_late_keep_the_place_at_which_they_were_sent(
    pause_seconds: float, late: list[float]
) -> None:
    sent = [number * 0.02 + (pause_seconds if number >= 200 else 0) for number in range(400)]
    arrived, clock = [], 0.0
    for number, (when, delay) in enumerate(zip(sent, late, strict=True)):
        # Each half second one comes in time.
        arrived.append(when if number % 25 in (0, 24) else max(clock, when + delay))
        clock = arrived[-1]
    gaps = gaps_of(arrived, 0.02)
    assert sum(gaps) == pytest.approx(pause_seconds, abs=0.15)


def test_a_gap_between_packets_is_silence_of_its_length(tmp_path: Path) -> None:
    path = tmp_path / "a.mka"
    write_with_gap(path, before=tone(2), after=tone(2), gap_seconds=3)
    samples, damage = read(path)
    assert len(samples) / SAMPLE_RATE == pytest.approx(7, abs=0.1)
    assert not samples[round(2.2 * SAMPLE_RATE) : round(4.8 * SAMPLE_RATE)].any()
    assert damage == []


def write_with_gap(path: Path, before: Samples, after: Samples, gap_seconds: float) -> None:
    import av

    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=16_000, layout="mono")
        position = 0
        for piece in (before, after):
            frame = av.AudioFrame.from_ndarray(
                (piece * 32767).astype(np.int16)[None], format="s16", layout="mono"
            )
            frame.sample_rate = 16_000
            frame.pts = position
            output.mux(stream.encode(frame))
            position += len(piece) + round(gap_seconds * 16_000)
        output.mux(stream.encode(None))
