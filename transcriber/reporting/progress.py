"""How far a job is: a bar on a terminal, a line of the log every tenth elsewhere."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, TextIO

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.reporting import log

STEPS = 10
LEAST_STEP_SECONDS = 30.0
"""A tenth of a short file is done before anyone could read that it is."""

UNKNOWN_STEP_SECONDS = 600.0
"""Audio between two lines where the file does not tell its duration, or tells too little."""

WIDE_COLUMNS = 70
"""From here on there is room for words beside a bar."""

Stage = Literal["decoding", "recognising"]
"""What is being done to the audio. Decoding where all of it is read before any is recognised."""


class Progress(Protocol):
    """Something that shows how far the audio is read."""

    def advance(self, audio_seconds: float, /) -> None:
        """Show that this much audio is read so far."""
        ...

    def all_read(self) -> None:
        """Show what is left to do where no audio is left to read."""
        ...

    def close(self) -> None:
        """Show no more."""
        ...


@contextmanager
def open_progress(duration_seconds: float | None, stage: Stage) -> Iterator[Progress]:
    """Give the kind of progress that suits whoever reads the log.

    Args:
        duration_seconds: what the file says, which may be wrong.
        stage: what happens to the audio as it is read.
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
    """Yield ``blocks``; a block counts as done when the next one is asked for."""
    audio_seconds = 0.0
    for block in blocks:
        yield block
        audio_seconds += len(block) / SAMPLE_RATE
        progress.advance(audio_seconds)
    progress.all_read()


class LogProgress:
    """An event each tenth of the file, or each 30 seconds of audio where that is longer."""

    def __init__(self, duration_seconds: float | None, stage: Stage) -> None:
        self._duration_seconds = duration_seconds or 0.0
        self._stage = stage
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
        log.event("progress", stage=self._stage, **figures)

    def all_read(self) -> None:
        """The log has a line about it."""

    def close(self) -> None:
        """Nothing stays open."""

    def _count_steps(self, audio_seconds: float) -> int:
        beyond_seconds = audio_seconds - self._duration_seconds
        if beyond_seconds < 0:
            return int(audio_seconds / max(self._duration_seconds / STEPS, LEAST_STEP_SECONDS))
        return STEPS + int(beyond_seconds / UNKNOWN_STEP_SECONDS)


class BarProgress:
    """A bar with the real-time factor and the time left, gone when it is closed."""

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
        """Move the bar; beyond the duration that the file told there is none, only figures."""
        if self._bar.total and audio_seconds > self._bar.total:
            self._bar.total = None
        columns = self._bar.format_dict["ncols"] or WIDE_COLUMNS
        factor = (time.monotonic() - self._started) / audio_seconds
        self._bar.bar_format = _bar_format(self._stage, columns, factor, is_known=bool(self._bar.total))
        self._bar.update(audio_seconds - self._bar.n)

    def all_read(self) -> None:
        """Say that recognition comes, where it does not happen on the way."""
        if self._stage == "decoding":
            self._bar.bar_format = "recognising {n:.0f} s of audio at once ..."
            self._bar.refresh()

    def close(self) -> None:
        """Clear the line."""
        self._bar.close()


def _bar_format(stage: Stage, columns: int, factor: float, is_known: bool) -> str:
    """Return what tqdm fills in and shows, to fit into ``columns``."""
    is_wide = columns >= WIDE_COLUMNS
    figure = f"{'real-time factor' if is_wide else 'RTF'} {factor:.4f}"
    if is_known:
        return f"{stage if is_wide else ''}{{percentage:4.0f}}% |{{bar}}| {figure}, {{remaining}} left"
    return f"{stage} {{n:.0f}} s of audio, {figure}"
