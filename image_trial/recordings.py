"""Recordings that the samples lack: a long one, and one that is damaged."""

import wave
from pathlib import Path


def write_long(sample: Path, recording: Path, seconds: float) -> None:
    """Write the WAV file ``sample`` again and again to ``recording``, until it lasts ``seconds``."""
    with wave.open(str(sample)) as source, wave.open(str(recording), "wb") as copy:
        copy.setparams(source.getparams())
        frames = source.readframes(source.getnframes())
        for _number in range(int(seconds * source.getframerate() / source.getnframes()) + 1):
            copy.writeframes(frames)


def write_damaged(sample: Path, recording: Path) -> None:
    """Write ``sample`` to ``recording`` with every byte inverted: nothing is left of its format."""
    recording.write_bytes(bytes(byte ^ 0xFF for byte in sample.read_bytes()))
