"""No mix loses a voice, whoever speaks on which channel."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transcriber.markers import STEP_SECONDS, mark_times, marked, read
from tests.transcriber.media import Samples, tone, wave
from transcriber.audio.channels import Channels
from transcriber.audio.mixing import Mixer
from transcriber.audio.reader import SAMPLE_RATE, AudioReader
from transcriber.recognition.modes import MODES, Geometry, SpeechModel

DecodedFrame = Callable[[Samples], str]
RATE = 16_000


@pytest.fixture(scope="module")
def voice(samples_folder: Path) -> Samples:
    with (samples_folder / "reminder.mp3").open("rb") as file, AudioReader(file, "reminder.mp3") as audio:
        return np.concatenate(list(audio.blocks()))[: 4 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def heard(model: SpeechModel) -> DecodedFrame:
    def run(samples: Samples) -> str:
        words = MODES["full"].recognise(iter([samples]), model, Geometry())
        return " ".join(word.text for word in words)

    return run


def mix(channels: Channels, rate: int = RATE) -> Samples:
    """The mix of ``channels``, shape [channels, samples]."""
    mixer = Mixer(len(channels), rate)
    step = rate // 2
    pieces = [
        piece
        for start in range(0, channels.shape[1], step)
        for piece in mixer.mix(np.ascontiguousarray(channels[:, start : start + step].T))
    ]
    return np.concatenate([*pieces, *mixer.flush()])


def likeness(first: Samples, second: Samples) -> float:
    """Between -1 and 1, whatever their levels are."""
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


@pytest.mark.parametrize("other", [-1.0, -0.6, -0.1])
def test_channels_of_opposite_polarity_do_not_cancel(
    other: float, voice: Samples, heard: DecodedFrame, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(wave(np.stack([voice, other * voice])))
    samples, _damage = read(tmp_path / "a.wav")
    assert heard(samples) == heard(voice)
    assert np.abs(samples).max() == pytest.approx(np.abs(voice).max(), rel=0.15)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.sampled_from([3, 4, 6, 8, 9, 10, 12, 16, 24, 32, 64, 100]),
    place=st.floats(0, 0.999),
    noise=st.sampled_from([0.0, 1e-4, 1e-3]),
)
def test_a_voice_on_any_channel_is_as_loud_as_alone(
    count: int, place: float, noise: float, voice: Samples, tmp_path: Path
) -> None:
    channels = np.random.default_rng(0).normal(0, noise, (count, len(voice)))
    channels[int(place * count)] += voice
    (tmp_path / "a.wav").write_bytes(wave(channels.astype(np.float32)))
    samples, damage = read(tmp_path / "a.wav")
    assert likeness(samples, voice) > 0.98
    assert np.abs(samples).max() == pytest.approx(np.abs(voice).max(), rel=0.1)
    assert damage == []


def test_voices_that_take_turns_on_channels_are_all_heard(tmp_path: Path) -> None:
    whole = marked(24, RATE)
    channels = np.zeros((6, len(whole)), dtype=np.float32)
    for start in range(0, 24, STEP_SECONDS):
        part = slice(start * RATE, (start + STEP_SECONDS) * RATE)
        channels[start // STEP_SECONDS % 6, part] = whole[part]
    (tmp_path / "a.wav").write_bytes(wave(channels))
    samples, _damage = read(tmp_path / "a.wav")
    times = mark_times(samples, range(1, 12))
    assert times == pytest.approx({mark: STEP_SECONDS * mark for mark in range(1, 12)}, abs=0.05)


def test_a_hum_and_a_rumble_outweigh_no_voice(voice: Samples) -> None:
    times = np.arange(len(voice)) / RATE
    hum = 0.5 * np.sin(2 * np.pi * 50 * times) + 0.1 * np.sin(2 * np.pi * 150 * times)
    rumble = 0.7 * np.sin(2 * np.pi * 30 * times) * np.sin(2 * np.pi * 0.7 * times)
    mixed = mix(np.stack([hum, rumble, 0.1 * voice]).astype(np.float32))
    spectrum = np.fft.rfft(mixed)
    frequencies = np.fft.rfftfreq(len(mixed), 1 / RATE)
    speech = np.fft.irfft(np.where(frequencies > 200, spectrum, 0), len(mixed))
    clean = np.fft.irfft(np.where(frequencies > 200, np.fft.rfft(voice), 0), len(mixed))
    assert likeness(speech, clean) > 0.9


@given(
    count=st.integers(2, 5),
    seed=st.integers(0, 1000),
    levels=st.lists(st.floats(0, 1), min_size=5, max_size=5),
)
def test_a_mix_never_clips(count: int, seed: int, levels: list[float]) -> None:
    channels = np.random.default_rng(seed).uniform(-1, 1, (count, 2 * RATE)).astype(np.float32)
    channels *= np.array(levels[:count], dtype=np.float32)[:, None]
    assert np.abs(mix(channels)).max(initial=0) <= 1.0001


def test_many_planes_of_a_decoder_are_all_heard(voice: Samples, tmp_path: Path) -> None:
    layout = "hexadecagonal"
    channels = np.zeros((16, len(voice)), dtype=np.float32)
    channels[13] = voice
    packed = (np.ascontiguousarray(channels.T) * 32767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
    frame.sample_rate = RATE
    path = tmp_path / "a.wv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("wavpack", rate=RATE, layout=layout)
        for each in av.AudioResampler(format="s16p", layout=layout, rate=RATE).resample(frame):
            output.mux(stream.encode(each))
        output.mux(stream.encode(None))
    samples, _damage = read(path)
    assert likeness(samples[: len(voice)], voice[: len(samples)]) > 0.95


BROKEN = {"nan": np.nan, "infinite": np.inf, "negative infinite": -np.inf, "huge": 1e30}


@pytest.mark.parametrize("value", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_samples_that_are_no_sound_spoil_nothing_else_and_are_told(
    value: float, rate: int, tmp_path: Path
) -> None:
    good = marked(12, rate)
    bad = np.zeros_like(good)
    bad[3 * rate : 4 * rate] = value
    (tmp_path / "a.wav").write_bytes(wave(np.stack([good, bad]), rate, is_float=True))
    samples, damage = read(tmp_path / "a.wav")
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.2
    times = mark_times(samples, range(1, 6))
    assert times == pytest.approx({mark: STEP_SECONDS * mark for mark in range(1, 6)}, abs=0.05)
    (part,) = damage
    assert (part.start, part.end) == pytest.approx((3, 4), abs=0.02)
    assert part.reason == "samples that are no sound"


def test_equal_channels_are_mixed_to_the_same_samples() -> None:
    one = tone(3)
    assert np.array_equal(mix(np.stack([one, one])), one)
