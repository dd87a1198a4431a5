"""Make the sample recordings in the formats that people have: `python -m local.samples.make`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tiny_model.corpus import EspeakVoice, FliteVoice, Utterance, Voice
from tiny_model.errors import TinyModelError
from tiny_model.speech import SAMPLE_RATE, speak

FOLDER = Path(__file__).resolve().parent
MARGIN_SECONDS = 0.3
PAUSE_SECONDS = 0.7

VIDEO_WIDTH, VIDEO_HEIGHT = 160, 120
FRAMES_PER_SECOND = 10


@dataclass(frozen=True)
class Encoding:
    """The format of a recording."""

    codec: str
    sample_rate: int
    layout: str
    bit_rate: int | None = None
    has_video: bool = False


@dataclass(frozen=True)
class Sample:
    """A recording: file name, voice, sentences, format."""

    name: str
    voice: Voice
    sentences: tuple[str, ...]
    encoding: Encoding

    @property
    def text(self) -> str:
        """The whole text."""
        return " ".join(self.sentences)


SAMPLES = (
    Sample(
        "reminder.mp3",
        EspeakVoice("en-us", 165, 50),
        (
            "Please carry the blue table before Sunday morning.",
            "Please see the orange basket before Sunday evening.",
            "Can Peter carry the ticket tomorrow?",
        ),
        Encoding("libmp3lame", 44_100, "mono", bit_rate=48_000),
    ),
    Sample(
        "phone-number.m4a",
        EspeakVoice("en-us+f4", 160, 50),
        ("My number is seven six three eight four one.", "Can Maria follow the doctor today?"),
        Encoding("aac", 48_000, "mono", bit_rate=64_000),
    ),
    Sample(
        "meeting.wav",
        EspeakVoice("en-gb", 160, 50),
        ("Friday morning the basket likes the small camera.",),
        Encoding("pcm_s16le", 44_100, "stereo"),
    ),
    Sample(
        "street-scene.mp4",
        FliteVoice("rms"),
        ("The big white house is beside the letter.", "Maria paints the black house."),
        Encoding("aac", 44_100, "stereo", bit_rate=64_000, has_video=True),
    ),
    Sample(
        "voice-note.ogg",
        EspeakVoice("en-us+m3", 165, 48),
        ("David sees the blue camera.", "Anna finds the red letter.", "We open six blue cameras on Sunday."),
        Encoding("libopus", 48_000, "mono", bit_rate=32_000),
    ),
)


def make(folder: Path) -> None:
    """Write every sample to ``folder``, and samples.json, which maps file names to texts.

    Raises:
        SynthesizerMissingError: eSpeak NG or Flite is missing.
    """
    for sample in SAMPLES:
        path = folder / sample.name
        audio = record(sample)
        write(sample.encoding, audio, path)
        print(f"{sample.name}: {len(audio) / SAMPLE_RATE:.1f} s, {path.stat().st_size / 1000:.0f} kB")
    texts = {sample.name: sample.text for sample in SAMPLES}
    (folder / "samples.json").write_text(json.dumps(texts, indent=2) + "\n")


def record(sample: Sample) -> NDArray[np.float32]:
    """Return the sentences of ``sample`` spoken with pauses between them, [samples] at 16 kHz."""
    margin = np.zeros(int(MARGIN_SECONDS * SAMPLE_RATE), np.float32)
    pause = np.zeros(int(PAUSE_SECONDS * SAMPLE_RATE), np.float32)
    speeches = [speak(Utterance(sentence, sample.voice)) for sentence in sample.sentences]
    return np.concatenate([margin, *(piece for each in speeches for piece in (each, pause)), margin])


def write(encoding: Encoding, audio: NDArray[np.float32], path: Path) -> None:
    """Store ``audio`` ([samples] at 16 kHz) at ``path``, whose suffix is the container."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream(encoding.codec, rate=encoding.sample_rate, layout=encoding.layout)
        assert isinstance(sound, av.AudioStream)
        if encoding.bit_rate:
            sound.bit_rate = encoding.bit_rate
        if encoding.has_video:
            picture = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
            picture.width, picture.height, picture.pix_fmt = VIDEO_WIDTH, VIDEO_HEIGHT, "yuv420p"
            for image in moving_bars(len(audio) / SAMPLE_RATE):
                container.mux(picture.encode(image))
            container.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(audio[None], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
        frame.pts = 0
        # The encoder resamples the audio and cuts frames of its own size.
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def moving_bars(duration_seconds: float) -> Iterator[av.VideoFrame]:
    """Yield a test picture for ``duration_seconds``: colour bars that move to the right."""
    colours = np.array([[255, 255, 255], [255, 255, 0], [0, 255, 255], [0, 255, 0], [255, 0, 0]], np.uint8)
    bars = np.repeat(colours, VIDEO_WIDTH // len(colours), axis=0)
    for index in range(int(duration_seconds * FRAMES_PER_SECOND)):
        rows = np.broadcast_to(np.roll(bars, 4 * index, axis=0), (VIDEO_HEIGHT, VIDEO_WIDTH, 3))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rows), format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_SECOND)
        yield frame


def main() -> int:
    """Make the samples beside this file and return the exit code."""
    try:
        make(FOLDER)
    except TinyModelError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
