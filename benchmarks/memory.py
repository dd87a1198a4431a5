"""Peak memory, a long recording beside a short one: ``python -m benchmarks.memory [HOURS] [MODE]``."""

import argparse
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from benchmarks.recording import ten_minutes, write
from benchmarks.worker import Usage, transcribe, workplace
from transcriber.audio.reader import SAMPLE_RATE, Block

SHORT_SECONDS = 600
FORMATS = "json,srt,vtt,txt,csv,transcribe-json"


def main() -> None:
    """Measure both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hours", type=float, nargs="?", default=10, help="of the long recording")
    parser.add_argument("mode", nargs="?", default="segmented", choices=("segmented", "streaming"))
    options = parser.parse_args()
    hours = options.hours
    with workplace() as folder:
        short = measure(folder / "short.flac", SHORT_SECONDS, options.mode)
        long = measure(folder / "long.flac", round(hours * 3600), options.mode)
    rows = ((f"{SHORT_SECONDS / 60:g} minutes", short), (f"{hours:g} hours", long))
    print(f"{options.mode + ', all formats':<24} peak memory   wall time")
    for label, usage in rows:
        print(f"{label + ' of audio':<24} {usage.peak_bytes / 1e6:8.0f} MB {usage.wall_seconds:9.0f} s")
    print(f"ratio                    {long.peak_bytes / short.peak_bytes:8.3f}      (goal: at most 1.05)")


def measure(path: Path, seconds: int, mode: str) -> Usage:
    """Make a recording of ``seconds`` and transcribe it."""
    write(path, speech(seconds), "flac")
    return transcribe(path, path.parent, "--mode", mode, "--formats", FORMATS)


def speech(seconds: int) -> Iterator[Block]:
    """Yield the ten minutes again and again, a second at a time."""
    samples = ten_minutes().samples
    starts = cycle(range(0, len(samples) - SAMPLE_RATE, SAMPLE_RATE))
    for _second, start in zip(range(seconds), starts, strict=False):
        yield samples[start : start + SAMPLE_RATE]


if __name__ == "__main__":
    main()
