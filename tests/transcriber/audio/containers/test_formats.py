"""What people upload."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.transcriber.media import Samples, silence, tone, write_audio, write_video
from transcriber.audio.reader import SAMPLE_RATE, AudioReader
from transcriber.errors import UnusableInputError

FILES = {
    "8-bit.wav": (8_000, "pcm_u8", "mono"),
    "16-bit.wav": (44_100, "pcm_s16le", "stereo"),
    "24-bit.wav": (48_000, "pcm_s24le", "mono"),
    "32-bit.wav": (96_000, "pcm_s32le", "mono"),
    "float.wav": (48_000, "pcm_f32le", "stereo"),
    "double.wav": (48_000, "pcm_f64le", "mono"),
    "surround.wav": (48_000, "pcm_s16le", "5.1"),
    "a-law.wav": (8_000, "pcm_alaw", "mono"),
    "mu-law.wav": (8_000, "pcm_mulaw", "mono"),
    "adpcm.wav": (8_000, "adpcm_ms", "mono"),
    "a.mp3": (44_100, "libmp3lame", "stereo"),
    "telephone.mp3": (8_000, "libmp3lame", "mono"),
    "a.aac": (44_100, "aac", "mono"),
    "a.m4a": (44_100, "aac", "stereo"),
    "lossless.m4a": (44_100, "alac", "stereo"),
    "a.flac": (44_100, "flac", "stereo"),
    "a.ogg": (48_000, "libopus", "stereo"),
    "a.opus": (48_000, "libopus", "mono"),
    "a.webm": (48_000, "libopus", "stereo"),
    "a.wma": (44_100, "wmav2", "stereo"),
    "a.amr": (8_000, "libopencore_amrnb", "mono"),
    "a.3gp": (8_000, "libopencore_amrnb", "mono"),
    "a.aiff": (44_100, "pcm_s16be", "stereo"),
    "a.mp4": (48_000, "aac", "stereo"),
    "a.mov": (48_000, "pcm_s16le", "stereo"),
    "a.mkv": (48_000, "ac3", "5.1"),
    "a.avi": (44_100, "libmp3lame", "stereo"),
    "a.ts": (48_000, "aac", "stereo"),
}


def read(path: Path) -> Samples:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        samples: Samples = np.concatenate(list(audio.blocks()))
        assert audio.damage.entries == []
        return samples


def loudness_at_440_hz(samples: Samples) -> float:
    times = np.arange(len(samples)) / SAMPLE_RATE
    return float(2 * np.abs(np.mean(samples * np.exp(-2j * np.pi * 440 * times))))


@pytest.mark.parametrize("name", FILES)
def test_every_common_file_is_heard(tmp_path: Path, name: str) -> None:
    rate, codec, layout = FILES[name]
    samples = read(write_audio(tmp_path / name, tone(3, rate), rate, codec, layout))
    assert samples.dtype == np.float32
    assert len(samples) / SAMPLE_RATE == pytest.approx(3, abs=0.15)
    assert loudness_at_440_hz(samples[4000:-4000]) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
def test_the_sound_of_a_video_is_heard(tmp_path: Path, suffix: str) -> None:
    samples = read(write_video(tmp_path / f"a.{suffix}", 3, tone(3), sound_codec="aac"))
    assert len(samples) / SAMPLE_RATE == pytest.approx(3, abs=0.15)
    assert loudness_at_440_hz(samples[4000:-4000]) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
def test_a_video_without_sound_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UnusableInputError, match="no audio track"):
        read(write_video(tmp_path / f"a.{suffix}", 1))


def test_an_index_at_the_end_of_a_file_is_found(tmp_path: Path) -> None:
    content = write_audio(tmp_path / "a.m4a", tone(3, 44_100), 44_100, "aac").read_bytes()
    assert content.index(b"moov") > content.index(b"mdat")
    assert len(read(tmp_path / "a.m4a")) / SAMPLE_RATE == pytest.approx(3, abs=0.15)


def test_silence_is_heard_as_such(tmp_path: Path) -> None:
    assert not read(write_audio(tmp_path / "a.wav", silence(2))).any()


Disposition = av.stream.Disposition


def write_tracks(path: Path, tracks: list[tuple[float, Disposition, str]]) -> Path:
    """Write tracks of a tone, each with its loudness, disposition and layout, in different languages."""
    with av.open(str(path), "w") as output:
        streams = []
        for _loudness, disposition, layout in tracks:
            stream = output.add_stream("pcm_s16le", rate=16_000, layout=layout)
            stream.disposition = disposition
            stream.metadata["language"] = ("eng", "deu", "fra")[len(streams)]
            streams.append(stream)
        for (loudness, _disposition, layout), stream in zip(tracks, streams, strict=True):
            samples = (tone(1, amplitude=loudness) * 32767).astype(np.int16)
            channels = av.AudioLayout(layout).nb_channels
            frame = av.AudioFrame.from_ndarray(
                np.repeat(samples, channels)[None], format="s16", layout=layout
            )
            frame.sample_rate = 16_000
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                output.mux(packet)
    return path


NONE = Disposition(0)


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([(0.2, NONE, "mono"), (0.8, Disposition.default, "mono")], 0.8),
        ([(0.2, Disposition.default | Disposition.comment, "mono"), (0.8, NONE, "mono")], 0.8),
        ([(0.2, Disposition.visual_impaired, "stereo"), (0.8, NONE, "mono")], 0.8),
        ([(0.2, NONE, "mono"), (0.8, NONE, "stereo")], 0.8),
        ([(0.2, NONE, "mono"), (0.8, NONE, "mono")], 0.2),
        ([(0.2, Disposition.comment, "mono")], 0.2),
    ],
    ids=["default", "not commentary", "not for the blind", "more channels", "the first", "all there is"],
)
def test_the_track_is_the_one_that_people_would_choose(
    tmp_path: Path, tracks: list[tuple[float, Disposition, str]], expected: float
) -> None:
    samples = read(write_tracks(tmp_path / "a.mkv", tracks))
    assert np.abs(samples).max() == pytest.approx(expected, abs=0.02)


def test_a_track_that_no_decoder_knows_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        for codec in ("wavpack", "pcm_s16le"):
            stream = output.add_stream(codec, rate=16_000, layout="mono")
            stream.disposition = Disposition.default if codec == "wavpack" else NONE
        for stream, amplitude in zip(output.streams.audio, (0.2, 0.8), strict=True):
            resampler = av.AudioResampler(format=stream.format, layout="mono", rate=16_000)
            frame = av.AudioFrame.from_ndarray(
                tone(1, amplitude=amplitude)[None], format="fltp", layout="mono"
            )
            frame.sample_rate = 16_000
            for each in [*resampler.resample(frame), None]:
                output.mux(stream.encode(each))
    path.write_bytes(path.read_bytes().replace(b"A_WAVPACK4", b"A_ZZZPACK4"))
    assert np.abs(read(path)).max() == pytest.approx(0.8, abs=0.02)
