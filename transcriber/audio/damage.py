"""Record which parts of a recording are lost."""

from dataclasses import dataclass, replace

NEIGHBOUR_SECONDS = 0.5
"""Losses that are closer than this become one. One scratch in a file makes dozens."""

MOST_ENTRIES = 1000
"""The most losses in a report, so that the transcript stays readable.

The last one covers all further ones.
"""


@dataclass(frozen=True)
class Damage:
    """A part of the audio that is lost; times in seconds from the start of the file."""

    start: float
    end: float
    reason: str


class DamageReport:
    """The losses of one recording, in the order of their times. Neighbours are joined."""

    def __init__(self) -> None:
        self._entries: list[Damage] = []

    def add(self, start: float, end: float, reason: str) -> None:
        """Note that the audio from ``start`` to ``end`` is lost."""
        start, end = round(max(0.0, start), 3), round(max(0.0, start, end), 3)
        last = self._entries[-1] if self._entries else None
        joined = last is not None and last.reason == reason and start - last.end <= NEIGHBOUR_SECONDS
        if last is not None and (joined or len(self._entries) >= MOST_ENTRIES):
            self._entries[-1] = replace(last, start=min(last.start, start), end=max(last.end, end))
        else:
            self._entries.append(Damage(start, end, reason))

    @property
    def entries(self) -> list[Damage]:
        """All losses so far."""
        return list(self._entries)

    @property
    def lost_seconds(self) -> float:
        """How much is lost altogether."""
        return round(sum(entry.end - entry.start for entry in self._entries), 3)
