import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.transcriber.media import silence, tone, write_audio, write_tracks, write_video
from transcriber.audio.reader import SAMPLE_RATE, AudioReader
from transcriber.errors import TemporaryFailureError, UnusableInputError


def read(path: Path) -> np.ndarray:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        return np.concatenate(list(audio.blocks()))


@pytest.mark.parametrize(
    ("suffix", "codec", "rate"),
    [
        ("wav", "pcm_s16le", 44_100),
        ("wav", "pcm_s16le", 8_000),
        ("mp3", "libmp3lame", 44_100),
        ("m4a", "aac", 44_100),
        ("flac", "flac", 48_000),
        ("ogg", "libopus", 48_000),
        ("mka", "pcm_s24le", 96_000),
    ],
)
def test_common_formats_become_16_khz_mono(tmp_path: Path, suffix: str, codec: str, rate: int) -> None:
    path = write_audio(tmp_path / f"a.{suffix}", tone(2.5, rate), rate, codec)
    samples = read(path)
    assert samples.dtype == np.float32
    assert len(samples) / SAMPLE_RATE == pytest.approx(2.5, abs=0.05)
    assert np.quantile(np.abs(samples), 0.98) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_a_mix_of_channels_is_as_loud_as_each(tmp_path: Path, layout: str) -> None:
    samples = read(write_audio(tmp_path / "a.wav", tone(1), layout=layout))
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.01)


def test_properties_are_those_of_the_file(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.mp3", tone(3, 44_100), 44_100, "libmp3lame", "stereo")
    with path.open("rb") as file, AudioReader(file, "a.mp3") as audio:
        assert audio.properties.container == "mp3"
        assert audio.properties.codec == "mp3"
        assert audio.properties.sample_rate == 44_100
        assert audio.properties.channels == 2
        assert audio.properties.duration_seconds == pytest.approx(3, abs=0.1)


def test_blocks_are_a_second_long_and_counted(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.wav", tone(3.25))
    with path.open("rb") as file, AudioReader(file, "a.wav") as audio:
        lengths = [len(block) for block in audio.blocks()]
        assert lengths == [SAMPLE_RATE] * 3 + [SAMPLE_RATE // 4]
        assert audio.read_seconds == 3.25


def test_what_a_codec_makes_of_silence_is_silence(tmp_path: Path) -> None:
    assert not read(write_audio(tmp_path / "a.m4a", silence(2, 44_100), 44_100, "aac")).any()


def test_samples_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    broken = tone(1)
    broken[100:200] = np.nan
    broken[300:400] = np.inf
    assert np.isfinite(read(write_audio(tmp_path / "a.wav", broken, codec="pcm_f32le"))).all()


def test_pictures_are_passed_over(tmp_path: Path) -> None:
    assert len(read(write_video(tmp_path / "a.mkv", 2, tone(2)))) == 2 * SAMPLE_RATE


@pytest.mark.parametrize("default", [0, 1])
def test_of_two_languages_the_default_one_is_read(tmp_path: Path, default: int) -> None:
    tracks = [tone(1, amplitude=0.2), tone(1, amplitude=0.8)]
    samples = read(write_tracks(tmp_path / "a.mka", tracks, default, languages=("eng", "deu")))
    assert np.abs(samples).max() == pytest.approx((0.2, 0.8)[default], abs=0.01)


def test_sound_that_begins_later_keeps_its_place_in_the_file(tmp_path: Path) -> None:
    samples = read(write_video(tmp_path / "a.mkv", 4, tone(1), delay_seconds=2))
    assert not samples[: 2 * SAMPLE_RATE - 100].any()
    assert np.abs(samples[2 * SAMPLE_RATE + 100 :]).max() > 0.4


def noise(size: int) -> bytes:
    return np.random.default_rng(0).bytes(size)


def cut_short(path: Path) -> bytes:
    return write_audio(path, tone(5, 44_100), 44_100, "aac").read_bytes()[:20_000]


UNUSABLE = {
    "text.mp3": lambda _: b"This is not audio.\n" * 500,
    "noise.m4a": lambda _: noise(100_000),
    "noise.mp3": lambda _: noise(100_000),
    "cut-short.m4a": cut_short,
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_no_audio_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(UNUSABLE[name](path))
    with pytest.raises(
        UnusableInputError, match=f"^{name}: .*(not an audio or video file|damaged|not finished)"
    ):
        read(path)


def test_video_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r"a\.mkv: no audio track"):
        read(write_video(tmp_path / "a.mkv", 1))


def test_a_track_that_no_decoder_knows_is_refused(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.mka", tone(2, 44_100), 44_100, "aac")
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_ZZZ"))
    with pytest.raises(UnusableInputError, match="no decoder knows"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.mp3", "ffconcat version 1.0\nfile {secret}\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile {secret}\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_file_can_not_make_the_worker_read_other_files(tmp_path: Path, name: str, content: str) -> None:
    secret = write_audio(tmp_path / "secret.mp3", tone(2, 44_100), 44_100, "libmp3lame")
    path = tmp_path / name
    path.write_text(content.format(secret=secret))
    with pytest.raises(UnusableInputError):
        read(path)


class BreakingOff(io.BytesIO):
    """A file of which the network gives no more after some reads."""

    reads_left = 3

    def read(self, size: int | None = -1) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise TemporaryFailureError("the network is gone")
        return super().read(size)


def test_storage_that_fails_is_not_taken_for_a_damaged_file(tmp_path: Path) -> None:
    file = BreakingOff(write_audio(tmp_path / "a.wav", tone(60)).read_bytes())

    def read_all() -> Iterator[object]:
        with AudioReader(file, "a.wav") as audio:
            yield from audio.blocks()

    with pytest.raises(TemporaryFailureError, match="the network is gone"):
        list(read_all())
