"""Keep decoded audio at its place in the file, whatever the file's timestamps are like."""

from dataclasses import dataclass

TOLERANCE_SECONDS = 0.1
"""Containers round their timestamps; less than this is no gap."""

MOST_GAP_SECONDS = 3600.0
"""A longer jump is one of the clock, as in broadcasts, and not silence."""

MOST_SILENCE_SECONDS = 6 * 3600.0
"""All gaps of a file together: a small file must not become days of silence."""


@dataclass
class Timeline:
    """Where in the file the next audio belongs, in seconds."""

    position: float = 0.0
    _shift: float = 0.0
    _silence: float = 0.0

    def gap_before(self, timestamp: float | None) -> float:
        """Return how much silence belongs before audio of ``timestamp`` (seconds from the start of the file).

        Where the clock jumps, back or absurdly far ahead, the audio is taken to go on without a gap.
        """
        if timestamp is None:
            return 0.0
        gap = timestamp + self._shift - self.position
        if abs(gap) < TOLERANCE_SECONDS:
            return 0.0
        if gap < 0 or gap > MOST_GAP_SECONDS or self._silence + gap > MOST_SILENCE_SECONDS:
            self._shift -= gap
            return 0.0
        self._silence += gap
        self.position += gap
        return gap

    def skip(self, seconds: float) -> None:
        """Note that ``seconds`` of audio are missing of which the file's timestamps know nothing."""
        self._shift += min(seconds, MOST_GAP_SECONDS)

    def advance(self, seconds: float) -> None:
        """Note that ``seconds`` of audio were decoded."""
        self.position += seconds

    def place(self, timestamp: float | None) -> float:
        """Return where in the file something of ``timestamp`` belongs."""
        return self.position if timestamp is None else max(self.position, timestamp + self._shift)
