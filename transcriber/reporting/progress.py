"""Show the progress of a job: a bar on a terminal, else a log line for every tenth."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, TextIO

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.reporting import log

STEPS = 10
LEAST_STEP_SECONDS = 30.0
"""The least audio between two lines. A tenth of a short file is done faster than anyone can read."""

UNKNOWN_STEP_SECONDS = 600.0
"""The audio between two lines if the file declares no duration, or one that is too short."""

WIDE_COLUMNS = 70
"""A terminal this wide has room for words beside the bar."""

Stage = Literal["decoding", "recognising"]
"""What happens to the audio now. It is decoding if all audio is read before any is recognised."""


class Progress(Protocol):
    """Shows how much of the audio is read."""

    def advance(self, audio_seconds: float, /) -> None:
        """Show that this much audio is read."""
        ...

    def all_read(self) -> None:
        """Show the work that remains after all audio is read."""
        ...

    def close(self) -> None:
        """End the display."""
        ...


@contextmanager
def open_progress(duration_seconds: float | None, stage: Stage) -> Iterator[Progress]:
    """Give a progress display for the target of the log: a bar on a terminal, lines elsewhere.

    Args:
        duration_seconds: the duration that the file declares, which may be wrong.
        stage: what happens to the audio while it is read.
    """
    terminal = log.terminal()
    kind = (
        BarProgress(duration_seconds, stage, terminal) if terminal else LogProgress(duration_seconds, stage)
    )
    try:
        yield kind
    finally:
        kind.close()


def report_progress(blocks: Iterable[Block], progress: Progress) -> Iterator[Block]:
    """Yield ``blocks`` and show the progress. A block is done when the next one is requested."""
    audio_seconds = 0.0
    for block in blocks:
        yield block
        audio_seconds += len(block) / SAMPLE_RATE
        progress.advance(audio_seconds)
    progress.all_read()


class LogProgress:
    """Logs an event for each tenth of the file, or for each 30 seconds of audio if these are longer."""

    def __init__(self, duration_seconds: float | None, stage: Stage) -> None:
        self._duration_seconds = duration_seconds or 0.0
        self._stage = stage
        self._started = time.monotonic()
        self._steps = 0

    def advance(self, audio_seconds: float) -> None:
        """Log an event when another step is done, but not for the end, which has events of its own."""
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
        log.event("progress", stage=self._stage, **figures)

    def all_read(self) -> None:
        """Do nothing: the log has an event for this."""

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _count_steps(self, audio_seconds: float) -> int:
        beyond_seconds = audio_seconds - self._duration_seconds
        if beyond_seconds < 0:
            return int(audio_seconds / max(self._duration_seconds / STEPS, LEAST_STEP_SECONDS))
        return STEPS + int(beyond_seconds / UNKNOWN_STEP_SECONDS)


class BarProgress:
    """Shows a bar with the real-time factor and the time left, until it is closed."""

    def __init__(self, duration_seconds: float | None, stage: Stage, terminal: TextIO) -> None:
        from tqdm import tqdm

        self._stage = stage
        self._started = time.monotonic()
        self._bar = tqdm(
            total=duration_seconds or None,
            file=terminal,
            leave=False,
            dynamic_ncols=True,
            bar_format=f"{stage} ...",
        )

    def advance(self, audio_seconds: float) -> None:
        """Move the bar. After the declared duration there is no bar, only numbers."""
        if self._bar.total and audio_seconds > self._bar.total:
            self._bar.total = None
        columns = self._bar.format_dict["ncols"] or WIDE_COLUMNS
        factor = (time.monotonic() - self._started) / audio_seconds
        self._bar.bar_format = _bar_format(self._stage, columns, factor, is_known=bool(self._bar.total))
        self._bar.update(audio_seconds - self._bar.n)

    def all_read(self) -> None:
        """Show that recognition begins, if it did not run during reading."""
        if self._stage == "decoding":
            self._bar.bar_format = "recognising {n:.0f} s of audio at once ..."
            self._bar.refresh()

    def close(self) -> None:
        """Clear the line."""
        self._bar.close()


def _bar_format(stage: Stage, columns: int, factor: float, is_known: bool) -> str:
    """Return the format for tqdm that fits into ``columns``."""
    is_wide = columns >= WIDE_COLUMNS
    figure = f"{'real-time factor' if is_wide else 'RTF'} {factor:.4f}"
    if is_known:
        return f"{stage if is_wide else ''}{{percentage:4.0f}}% |{{bar}}| {figure}, {{remaining}} left"
    return f"{stage} {{n:.0f}} s of audio, {figure}"
