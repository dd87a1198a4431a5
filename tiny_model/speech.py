"""Speak the corpus with eSpeak NG and Flite, and keep the audio in a folder."""

import hashlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from tiny_model.corpus import Part, Utterance, utterances
from tiny_model.errors import TinyModelError

SAMPLE_RATE = 16_000
PEAK = 0.5
SILENCE = 0.005
"""Samples below this level (full scale is 1) are silence."""

MARGIN_SAMPLES = SAMPLE_RATE // 25
"""The silence that is kept on both sides of the speech: 40 ms."""

PROCESSES = 2


class SynthesizerMissingError(TinyModelError):
    """A speech synthesizer is not installed."""


@dataclass(frozen=True)
class Recordings:
    """Spoken utterances, one after the other in one array."""

    samples: NDArray[np.int16]
    """[sum of all lengths], 16 kHz mono."""

    offsets: NDArray[np.int64]
    """[count + 1]: recording ``i`` is ``samples[offsets[i]:offsets[i + 1]]``."""

    utterances: Sequence[Utterance]

    def __len__(self) -> int:
        return len(self.utterances)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        """Return the audio of one utterance, [samples], full scale 1."""
        start, end = self.offsets[index], self.offsets[index + 1]
        return self.samples[start:end].astype(np.float32) / np.float32(32768)

    @property
    def minutes(self) -> float:
        """The total duration."""
        return len(self.samples) / SAMPLE_RATE / 60


def default_folder() -> Path:
    """Return the folder of the spoken corpus, beside the project's other caches."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "parakeet-transcription" / "corpus"


def spoken(part: Part, folder: Path) -> Recordings:
    """Return the recordings of ``part`` of the corpus, from ``folder`` if they exist there.

    Raises:
        SynthesizerMissingError: they do not exist there, and eSpeak NG or Flite is missing.
    """
    script = utterances(part)
    fingerprint = hashlib.sha256(repr(script).encode()).hexdigest()[:12]
    path = folder / f"{part.name.lower()}-{fingerprint}.npz"
    if not path.exists():
        _save(path, speak_all(script))
    with np.load(path) as stored:
        return Recordings(stored["samples"], stored["offsets"], script)


def speak_all(script: Sequence[Utterance]) -> Recordings:
    """Speak every utterance of ``script``.

    Raises:
        SynthesizerMissingError: eSpeak NG or Flite is missing.
    """
    with ThreadPoolExecutor(PROCESSES) as pool:
        waves = list(pool.map(speak, script))
    offsets = np.cumsum([0, *map(len, waves)], dtype=np.int64)
    return Recordings((np.concatenate(waves) * 32767).astype(np.int16), offsets, script)


def speak(utterance: Utterance) -> NDArray[np.float32]:
    """Return ``utterance`` as audio, [samples] at 16 kHz: peak at ``PEAK``, without silence around it.

    Raises:
        SynthesizerMissingError: the voice's program is missing.
    """
    command = utterance.voice.command(utterance.text)
    if shutil.which(command[0]) is None:
        raise SynthesizerMissingError(
            f"{command[0]} is missing; it speaks the corpus: apt-get install espeak-ng flite"
        )
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    wave, sample_rate = soundfile.read(io.BytesIO(_with_true_size(wav)), dtype="float32")
    wave = soxr.resample(wave, sample_rate, SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(wave) > SILENCE)
    wave = wave[max(0, loud[0] - MARGIN_SAMPLES) : loud[-1] + MARGIN_SAMPLES]
    speech: NDArray[np.float32] = (wave / np.abs(wave).max() * PEAK).astype(np.float32)
    return speech


def _with_true_size(wav: bytes) -> bytes:
    """Return ``wav`` with the size of its data. A program that writes to a pipe can't set it."""
    start = wav.index(b"data") + 8
    size = (len(wav) - start).to_bytes(4, "little")
    return wav[: start - 4] + size + wav[start:]


def _save(path: Path, recordings: Recordings) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
        np.savez(file, samples=recordings.samples, offsets=recordings.offsets)
    Path(file.name).replace(path)
