"""How far a job is: a bar on a terminal, a line of the log every tenth elsewhere."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from transcriber import log
from transcriber.audio import SAMPLE_RATE, Block

STEPS = 10
LEAST_STEP_SECONDS = 60.0
"""A tenth of a short file is done before anyone could read that it is."""

UNKNOWN_STEP_SECONDS = 600.0
"""Audio between two lines where the file does not tell its duration, or tells too little."""


class Progress(Protocol):
    """Something that shows how far the audio is read."""

    def advance(self, audio_seconds: float, /) -> None:
        """Show that this much audio is read so far."""
        ...

    def close(self) -> None:
        """Show no more."""
        ...


@contextmanager
def shown_progress(duration_seconds: float | None) -> Iterator[Progress]:
    """Give the kind of progress that suits whoever reads the log."""
    terminal = log.terminal()
    progress = BarProgress(duration_seconds, terminal) if terminal else LogProgress(duration_seconds)
    try:
        yield progress
    finally:
        progress.close()


def watched(blocks: Iterable[Block], progress: Progress) -> Iterator[Block]:
    """Yield ``blocks``; a block counts as done when the next one is asked for."""
    audio_seconds = 0.0
    for block in blocks:
        yield block
        audio_seconds += len(block) / SAMPLE_RATE
        progress.advance(audio_seconds)


class LogProgress:
    """An event each tenth of the file, or each minute of audio where that is longer."""

    def __init__(self, duration_seconds: float | None) -> None:
        self._duration_seconds = duration_seconds or 0.0
        self._started = time.monotonic()
        self._steps = 0

    def advance(self, audio_seconds: float) -> None:
        """Log it when another step is done; the last one is the end, which has events of its own."""
        steps = self._count_steps(audio_seconds)
        if steps == self._steps:
            return
        self._steps = steps
        if steps == STEPS:
            return
        elapsed = time.monotonic() - self._started
        figures = {
            "audio_seconds": round(audio_seconds, 3),
            "real_time_factor": round(elapsed / audio_seconds, 6),
        }
        if audio_seconds < self._duration_seconds:
            left_seconds = self._duration_seconds - audio_seconds
            figures["percent"] = round(100 * audio_seconds / self._duration_seconds, 1)
            figures["seconds_left"] = round(left_seconds * elapsed / audio_seconds, 1)
        log.event("progress", **figures)

    def close(self) -> None:
        """Nothing stays open."""

    def _count_steps(self, audio_seconds: float) -> int:
        beyond_seconds = audio_seconds - self._duration_seconds
        if beyond_seconds < 0:
            return int(audio_seconds / max(self._duration_seconds / STEPS, LEAST_STEP_SECONDS))
        return STEPS + int(beyond_seconds / UNKNOWN_STEP_SECONDS)


class BarProgress:
    """A bar with the real-time factor and the time left, gone when it is closed."""

    def __init__(self, duration_seconds: float | None, terminal: TextIO) -> None:
        from tqdm import tqdm

        class Bar(tqdm):  # type: ignore[misc]
            @property
            def format_dict(self) -> dict[str, Any]:
                figures: dict[str, Any] = super().format_dict
                factor = figures["elapsed"] / figures["n"] if figures["n"] else 0.0
                return figures | {"real_time_factor": f"{factor:.4f}"}

        total = duration_seconds or None
        known = "{percentage:3.0f}% |{bar}| real-time factor {real_time_factor}, {remaining} left"
        unknown = "{n:.0f} s of audio, real-time factor {real_time_factor}, {elapsed}"
        self._bar = Bar(
            total=total,
            file=terminal,
            leave=False,
            dynamic_ncols=True,
            bar_format=known if total else unknown,
        )

    def advance(self, audio_seconds: float) -> None:
        """Move the bar; beyond the duration that the file told, its end moves too."""
        if self._bar.total and audio_seconds > self._bar.total:
            self._bar.total = audio_seconds
        self._bar.update(audio_seconds - self._bar.n)

    def close(self) -> None:
        """Clear the line."""
        self._bar.close()
