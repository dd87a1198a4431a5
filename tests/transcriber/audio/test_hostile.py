"""Files made to do harm, and files that mutated: audio, or one sentence, in bounded memory."""

import io
import resource
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.transcriber.media import silence, tone, write_audio, write_one_packet
from transcriber.audio import reader as audio_module
from transcriber.audio.reader import SAMPLE_RATE, AudioReader
from transcriber.errors import UnusableInputError

PROJECT = Path(__file__).resolve().parents[3]
MEMORY_BYTES = 300 * 2**20
BLOCKS = 4000
"""More than an hour, at which reading stops in these tests."""


def decode(content: bytes, name: str = "a.bin") -> float:
    """Return how many seconds of audio are in ``content``; all blocks are sound of bounded size."""
    with AudioReader(io.BytesIO(content), name) as audio:
        for number, block in enumerate(audio.blocks()):
            assert 0 < len(block) <= SAMPLE_RATE
            assert np.isfinite(block).all()
            if number > BLOCKS:
                break
        return audio.read_seconds


def outcome(content: bytes, name: str) -> float | str:
    """Return the seconds of audio, or the sentence of the refusal; nothing else may happen."""
    try:
        return decode(content, name)
    except UnusableInputError as error:
        return str(error)


def is_refused(found: float | str, name: str) -> bool:
    return isinstance(found, str) and found.startswith(f"{name}: ") and found.endswith(".")


def wav(rate: int, data: bytes, *, channels: int = 1, bits: int = 8, claimed: int | None = None) -> bytes:
    size = len(data) if claimed is None else claimed
    align = channels * bits // 8
    header = struct.pack("<HHIIHH", 1, channels, rate, rate * align & 0xFFFFFFFF, align & 0xFFFF, bits)
    return (
        b"RIFF"
        + struct.pack("<I", size + 36 & 0xFFFFFFFF)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + header
        + (b"data" + struct.pack("<I", size) + data)
    )


@pytest.mark.parametrize("rate", [1, 7, 900, 4_000_000, 2**31 - 1])
def test_a_sample_rate_that_no_sound_has_is_refused(rate: int) -> None:
    with pytest.raises(UnusableInputError, match=r"^a\.wav: (a sample rate|not an audio|the audio|dam)"):
        decode(wav(rate, bytes(100_000)), "a.wav")


@pytest.mark.parametrize("channels", [0, 255, 65_535])
def test_channels_without_number_are_refused_or_mixed(channels: int) -> None:
    found = outcome(wav(16_000, bytes(1_000_000), channels=channels), "a.wav")
    assert is_refused(found, "a.wav") or (isinstance(found, float) and found < 100)


@pytest.mark.parametrize("claimed", [0, 1, 2**31, 2**32 - 1])
def test_a_header_that_claims_more_than_there_is_makes_no_more_of_it(claimed: int) -> None:
    found = outcome(wav(16_000, bytes(160_000), claimed=claimed), "a.wav")
    assert is_refused(found, "a.wav") or (isinstance(found, float) and found <= 10.1)


def test_hours_out_of_a_few_bytes_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_module, "MOST_AUDIO_SECONDS", 600.0)
    content = write_audio(tmp_path / "a.flac", silence(700), codec="flac").read_bytes()
    assert len(content) < 200_000
    with pytest.raises(UnusableInputError, match=r"a\.flac: over 0 hours of audio"):
        decode(content, "a.flac")


def test_a_picture_of_many_megabytes_costs_no_more_than_itself(tmp_path: Path) -> None:
    mp3 = write_audio(tmp_path / "a.mp3", tone(2, 44_100), 44_100, "libmp3lame").read_bytes()
    picture = b"\x03image/png\x00\x03\x00" + bytes(30_000_000)
    frame = b"APIC" + len(picture).to_bytes(4) + b"\x00\x00" + picture
    size = len(frame)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert decode(b"ID3\x03\x00\x00" + synchsafe + frame + mp3, "a.mp3") == pytest.approx(2, abs=0.2)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MEMORY_BYTES


MEASURE = """
import resource, sys
from transcriber.audio.reader import AudioReader
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
with open(sys.argv[1], "rb") as file, AudioReader(file, "a.mka") as audio:
    for _block in audio.blocks():
        pass
    print(audio.read_seconds, peak() - before)
"""


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_f64le"])
def test_sound_in_one_packet_costs_a_few_times_its_size(tmp_path: Path, codec: str) -> None:
    content = bytes(8_000_000)
    path = write_one_packet(tmp_path / "a.mka", content, codec, 2_000)
    command = [sys.executable, "-c", MEASURE, path]
    measured = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    seconds, memory_bytes = map(float, measured.stdout.split())
    sample_bytes = {"pcm_u8": 1, "pcm_s16le": 2, "pcm_f64le": 8}[codec]
    assert seconds == pytest.approx(len(content) / sample_bytes / 2_000, abs=0.01)
    assert memory_bytes < 10 * len(content)


def test_a_long_packet_is_heard_in_pieces_as_the_same_sound(tmp_path: Path) -> None:
    sound = (np.random.default_rng(1).uniform(-1, 1, 44_100 * 9 + 7) * 32767).astype("<i2")
    long = write_one_packet(tmp_path / "a.mka", sound.tobytes(), "pcm_s16le", 44_100)
    short = write_audio(tmp_path / "a.wav", (sound / 32767).astype(np.float32), 44_100)

    def heard(path: Path) -> NDArray[np.float32]:
        with path.open("rb") as file, AudioReader(file, path.name) as audio:
            return np.concatenate(list(audio.blocks()))

    assert np.abs(heard(long) - heard(short)).max() < 1e-4


@pytest.mark.parametrize(
    "title",
    [
        "\x00\x01\x02",
        "a" * 100_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "'\"<>;`$(rm)",
    ],
)
def test_metadata_changes_nothing(tmp_path: Path, title: str) -> None:
    path = tmp_path / "a.mka"
    with av.open(str(path), "w") as output:
        output.metadata["title"] = title
        stream = output.add_stream("pcm_s16le", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            (tone(1) * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    assert decode(path.read_bytes(), "a.mka") == pytest.approx(1, abs=0.1)


FORMATS = {
    "a.wav": (8_000, "pcm_s16le"),
    "a.mp3": (16_000, "libmp3lame"),
    "a.m4a": (16_000, "aac"),
    "a.flac": (8_000, "flac"),
    "a.ogg": (48_000, "libopus"),
    "a.mkv": (16_000, "aac"),
    "a.avi": (16_000, "libmp3lame"),
    "a.ts": (16_000, "aac"),
    "a.wma": (16_000, "wmav2"),
    "a.aiff": (8_000, "pcm_s16be"),
    "a.amr": (8_000, "libopencore_amrnb"),
    "a.mov": (16_000, "alac"),
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    return {
        name: write_audio(folder / name, tone(1.5, rate), rate, codec).read_bytes()
        for name, (rate, codec) in FORMATS.items()
    }


MUTATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.floats(0, 1), st.binary(min_size=1, max_size=16)),
        st.tuples(st.just("set at the start"), st.floats(0, 0.02), st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=64)),
        st.tuples(st.just("cut"), st.floats(0, 1), st.integers(1, 500)),
        st.tuples(st.just("repeat"), st.floats(0, 1), st.integers(1, 2000)),
        st.tuples(st.just("end"), st.floats(0, 1), st.none()),
    ),
    min_size=1,
    max_size=6,
)


def mutate(content: bytes, mutations: list[tuple[str, float, object]]) -> bytes:
    for kind, place, how in mutations:
        at = int(place * len(content))
        if kind.startswith("set"):
            assert isinstance(how, bytes)
            content = content[:at] + how + content[at + len(how) :]
        elif kind == "insert":
            assert isinstance(how, bytes)
            content = content[:at] + how + content[at:]
        elif kind == "cut":
            assert isinstance(how, int)
            content = content[:at] + content[at + how :]
        elif kind == "repeat":
            assert isinstance(how, int)
            content = content[:at] + content[at : at + how] * 20 + content[at:]
        else:
            content = content[:at]
    return content


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=st.sampled_from(sorted(FORMATS)), mutations=MUTATIONS)
def test_a_mutated_file_is_audio_or_refused_with_a_sentence(
    originals: dict[str, bytes], name: str, mutations: list[tuple[str, float, object]]
) -> None:
    found = outcome(mutate(originals[name], mutations), name)
    assert isinstance(found, float) or is_refused(found, name)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(content=st.binary(max_size=4096), name=st.sampled_from(sorted(FORMATS)))
def test_bytes_that_are_nothing_are_refused(content: bytes, name: str) -> None:
    found = outcome(content, name)
    assert isinstance(found, float) or is_refused(found, name)


def test_decoding_mutated_files_leaves_no_memory_behind(originals: dict[str, bytes]) -> None:
    content = originals["a.m4a"][: len(originals["a.m4a"]) // 2]
    tracemalloc.start()
    for _ in range(50):
        with pytest.raises(UnusableInputError):
            decode(content, "a.m4a")
    held, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2**20
