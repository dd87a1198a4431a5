"""What is in the uploads of a campaign: speech as tones or words, in many formats, whole, damaged or none."""

import hashlib
import io
import json
import random
import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from tests.faults.tones import DIGITS, WORDS, Samples, sentence, sound
from tests.transcriber.media import write_audio
from transcriber.audio.reader import SAMPLE_RATE

SAMPLES_FOLDER = Path(__file__).resolve().parents[2] / "local" / "samples"
SPOKEN_SAMPLE = "reminder.mp3"
ID3V1_TITLE_BYTES = 30

REPRODUCIBLE = {"fflags": "+bitexact"}
"""FFmpeg then writes no time and no random number into a file."""

SHORT_SECONDS = (2.0, 4.0)
LONG_SECONDS = 200.0
"""Over 4 MiB as WAV, so that it is read in several requests."""

LONG_SHARE = 0.02


MISHEARD_WORDS = 2
"""As many tones does the noise of a scratch reach."""


class Expected(StrEnum):
    """What a content may end as."""

    TRANSCRIPT = "transcript"
    """With its text, word for word."""
    PARTIAL = "partial"
    """A failure, or a transcript of some of its words."""
    FAILURE = "failure"


@dataclass(frozen=True)
class Content:
    """The bytes of one upload, and what should come of them."""

    kind: str
    body: bytes
    text: str
    expected: Expected

    @property
    def etag(self) -> str:
        """What S3 calls an object that was put in one piece."""
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()

    def is_text(self, text: str) -> bool:
        """Tell whether a transcript's text may be that of this content."""
        if self.expected is Expected.TRANSCRIPT:
            return text == self.text
        misheard = set(text.split()) - set(self.text.split())
        return self.expected is Expected.PARTIAL and len(misheard) <= MISHEARD_WORDS


class Contents:
    """Makes contents, no two alike, by the numbers of ``generator`` alone."""

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator
        self._numbers = iter(generator.sample(range(len(WORDS) ** DIGITS), len(WORDS) ** (DIGITS - 2)))

    def whole(self) -> tuple[str, Content]:
        """Return the suffix and content of a recording that can be transcribed."""
        name = self._generator.choices(list(FORMATS), [form.weight for form in FORMATS.values()])[0]
        seconds = self._generator.uniform(*SHORT_SECONDS)
        if name == "wav" and self._generator.random() < LONG_SHARE:
            seconds = LONG_SECONDS
        number = next(self._numbers)
        body = FORMATS[name].write(sound(number, seconds))
        return f".{name}", Content(name, body, sentence(number), Expected.TRANSCRIPT)

    def damaged(self) -> tuple[str, Content]:
        """Return the suffix and content of a file that can't be, or not wholly, transcribed."""
        kind = self._generator.choice(("no bytes", "text", "noise", "header only", "cut short", "scratched"))
        number = next(self._numbers)
        if kind == "no bytes":
            return ".mp3", Content(kind, b"", "", Expected.FAILURE)
        if kind == "text":
            return ".m4a", Content(kind, b"Minutes of meeting %d\n" % number * 50, "", Expected.FAILURE)
        if kind == "noise":
            return ".ogg", Content(kind, self._generator.randbytes(20_000), "", Expected.FAILURE)
        whole = wav(sound(number, SHORT_SECONDS[0]))
        if kind == "header only":
            return ".wav", Content(kind, whole[: 44 - 1 - number % 40], "", Expected.FAILURE)
        if kind == "cut short":
            kept = self._generator.randrange(100, len(whole))
            return ".wav", Content(kind, whole[:kept], sentence(number), Expected.PARTIAL)
        body = bytearray(FORMATS["mp3"].write(sound(number, SHORT_SECONDS[0])))
        start = self._generator.randrange(len(body) // 4, len(body) // 2)
        body[start : start + 2000] = self._generator.randbytes(2000)
        return ".mp3", Content(kind, bytes(body), sentence(number), Expected.PARTIAL)

    def spoken(self) -> tuple[str, Content]:
        """Return a recording of words, for the tiny model; its title makes it one of its kind."""
        sample = (SAMPLES_FOLDER / SPOKEN_SAMPLE).read_bytes()
        title = b"%d" % next(self._numbers)
        tag = b"TAG" + title.ljust(ID3V1_TITLE_BYTES, b"\0") + bytes(128 - 3 - ID3V1_TITLE_BYTES)
        text = json.loads((SAMPLES_FOLDER / "samples.json").read_text())[SPOKEN_SAMPLE]
        return ".mp3", Content("spoken", sample + tag, text, Expected.TRANSCRIPT)


@dataclass(frozen=True)
class Format:
    """How to write a format, and how often a campaign does."""

    write: Callable[[Samples], bytes]
    weight: int


def wav(samples: Samples) -> bytes:
    """Return 16-bit mono at 16 kHz."""
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    return body.getvalue()


def _encoder(suffix: str, codec: str, rate: int) -> Callable[[Samples], bytes]:
    def write(samples: Samples) -> bytes:
        times = np.arange(len(samples) * rate // SAMPLE_RATE) * SAMPLE_RATE / rate
        resampled = np.interp(times, np.arange(len(samples)), samples).astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = write_audio(Path(folder, f"a.{suffix}"), resampled, rate, codec, options=REPRODUCIBLE)
            return path.read_bytes()

    return write


FORMATS = {
    "wav": Format(wav, 60),
    "flac": Format(_encoder("flac", "flac", SAMPLE_RATE), 20),
    "mp3": Format(_encoder("mp3", "mp3", 44_100), 6),
    "m4a": Format(_encoder("m4a", "aac", 44_100), 5),
    "ogg": Format(_encoder("ogg", "libopus", 48_000), 5),
    "webm": Format(_encoder("webm", "libopus", 48_000), 4),
}
"""Most are cheap to make; suffix, writer, weight."""
