"""Which mode a recording is recognised in, and which one next when memory runs out."""

from dataclasses import dataclass

from transcriber.options import AUTO
from transcriber.recognition.modes.full import FullAttention
from transcriber.recognition.modes.segmented import Segmented
from transcriber.recognition.modes.streaming import BufferedStreaming
from transcriber.recognition.pauses import Cutting

STEPS_DOWN = {
    "full": Segmented.name,
    "local": Segmented.name,
    Segmented.name: BufferedStreaming.name,
}
"""The mode that takes less memory than another; streaming's windows can be as short as one likes."""


MOST_OVER = 2.0
"""How many times longer than one segment the audio may be where the file told a wrong duration."""


@dataclass(frozen=True)
class Choice:
    """A mode, why it was chosen, and the most audio that it is good for here; None means any."""

    mode: str
    reason: str
    limit_seconds: float | None = None


def choose_mode(requested: str, duration_seconds: float | None, *, split: bool = False) -> Choice:
    """Choose as ``requested``, or for ``auto`` by the duration that the file tells, None where it does not.

    Channels that are recognised by themselves (``split``) are mostly silent, and segments leave silence out.

    Segments were as accurate as any other mode and the fastest (docs/benchmarks.md). A recording that is no
    longer than one segment needs no cuts.
    """
    if requested != AUTO:
        return Choice(requested, "as asked for")
    if split:
        return Choice(Segmented.name, "channels are recognised by themselves")
    longest = Cutting().longest_segment
    if duration_seconds is None:
        return Choice(Segmented.name, "the file does not tell its duration")
    if duration_seconds <= longest:
        reason = f"{duration_seconds:.1f} s are no more than {longest:g}"
        return Choice(FullAttention.name, reason, MOST_OVER * longest)
    return Choice(Segmented.name, f"{duration_seconds / 60:.1f} min are more than {longest:g} s")


def step_down(failed: Choice, cause: str) -> Choice | None:
    """Choose the mode to begin anew in after ``failed`` ended for ``cause``; None when none takes less."""
    lower = STEPS_DOWN.get(failed.mode)
    return Choice(lower, f"{failed.mode} can't go on: {cause}") if lower else None
