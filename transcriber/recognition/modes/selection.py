"""Choose the mode for a recording, and the next mode if one can't go on."""

from dataclasses import dataclass

from transcriber.options import AUTO
from transcriber.recognition.modes.base import Geometry
from transcriber.recognition.modes.full import FullAttention
from transcriber.recognition.modes.segmented import Segmented
from transcriber.recognition.modes.streaming import BufferedStreaming

STEPS_DOWN = {
    "full": Segmented.name,
    "local": Segmented.name,
    Segmented.name: BufferedStreaming.name,
}
"""For each mode, one that needs less memory. After streaming there is none; only the settings can make its
windows shorter."""

MOST_OVER = 2.0
"""How many times longer than one segment the audio may be if the file declares a wrong duration."""


@dataclass(frozen=True)
class Choice:
    """A mode, the reason for it, and the most audio that it suits here; None means any amount."""

    mode: str
    reason: str
    limit_seconds: float | None = None


def choose_mode(
    requested: str, duration_seconds: float | None, geometry: Geometry, *, split: bool = False
) -> Choice:
    """Return the ``requested`` mode, or for ``auto`` choose one by the duration that the file declares.

    Segments were as accurate as any other mode, and the fastest (docs/benchmarks.md). A recording that is no
    longer than one segment needs no cuts. Split channels are mostly silent, and segments skip silence.
    """
    if requested != AUTO:
        return Choice(requested, "as asked for")
    if split:
        return Choice(Segmented.name, "channels are recognised by themselves")
    longest = geometry.max_speech_segment_seconds
    if duration_seconds is None:
        return Choice(Segmented.name, "the file does not tell its duration")
    if duration_seconds <= longest:
        reason = f"{duration_seconds:.1f} s are no more than {longest:g}"
        return Choice(FullAttention.name, reason, MOST_OVER * longest)
    return Choice(Segmented.name, f"{duration_seconds / 60:.1f} min are more than {longest:g} s")


def step_down(failed: Choice, cause: str) -> Choice | None:
    """Return a mode that needs less memory than ``failed``, which ended because of ``cause``.

    None if none does.
    """
    lower = STEPS_DOWN.get(failed.mode)
    return Choice(lower, f"{failed.mode} can't go on: {cause}") if lower else None
