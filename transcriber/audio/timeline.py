"""Keep decoded audio at the right time, even if the file's timestamps are wrong.

The clock of a recording is the count of its samples. Timestamps correct this clock where they show that
sound is missing, but only if they stay ahead of the count. Some recorders stamp packets when they arrive:
these timestamps are late for a while and then right again, and no sound is missing. So before silence is
inserted, as much audio is checked as the silence would last. Timestamps that go back, and jumps that are not
pauses (`is_pause`), only shift the clock.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

TOLERANCE_SECONDS = 0.1
"""Containers round their timestamps, so a shorter gap is not a gap."""

LOOK_AHEAD_SECONDS = 30.0
"""The longest time for which a network holds packets back."""

LOOK_AHEAD_MARGIN_SECONDS = 2.0

MOST_HELD_BYTES = 32 * 2**20

MOST_SILENCE_SECONDS = 6 * 3600.0
"""The limit for all gaps of a file, so that a small file can't become days of silence."""

Item = TypeVar("Item")


class Timed(NamedTuple, Generic[Item]):
    """A piece of audio, its duration and, if known, its timestamp: seconds from the start of the file."""

    timestamp: float | None
    seconds: float
    item: Item


def any_gap_is_a_pause(_gap_seconds: float, _before: object, _after: object) -> bool:
    """Treat every gap as a pause of the recording."""
    return True


@dataclass
class Timeline(Generic[Item]):
    """The time of the next audio in the file, in seconds."""

    is_pause: Callable[[float, Item | None, Item], bool] = any_gap_is_a_pause
    """Whether a gap in seconds between two items is a pause of the recording, not a jump of its clock."""
    size_bytes: Callable[[Item], int] = lambda _item: 0
    position: float = 0.0
    """The duration of all audio and silence so far."""
    _shift: float = 0.0
    _silence: float = 0.0
    _held: deque[Timed[Item]] = field(default_factory=deque)
    _held_seconds: float = 0.0
    _held_bytes: int = 0
    _last: Item | None = None

    def add(self, audio: Timed[Item]) -> Iterator[tuple[float, Item]]:
        """Yield the pairs of silence in seconds and audio after it that are certain with ``audio``."""
        if not self._held and self._offset(audio, self.position) < TOLERANCE_SECONDS:
            yield self._release(audio, 0.0)
            return
        self._held.append(audio)
        self._held_seconds += audio.seconds
        self._held_bytes += self.size_bytes(audio.item)
        yield from self._certain(is_all=False)

    def flush(self) -> Iterator[tuple[float, Item]]:
        """Yield the audio that is still held, at the end of the file."""
        yield from self._certain(is_all=True)

    def skip(self, seconds: float) -> None:
        """Shift the clock by ``seconds`` of lost audio that the timestamps do not show."""
        self._shift += seconds

    def position_of(self, timestamp: float | None) -> float:
        """Return the time in the file of something with ``timestamp`` that follows all audio so far."""
        end = self.position + self._held_seconds
        return end if timestamp is None else max(end, timestamp + self._shift)

    def _offset(self, audio: Timed[Item], position: float) -> float:
        """Return how far the timestamp of ``audio`` is ahead of the sample count."""
        return 0.0 if audio.timestamp is None else audio.timestamp + self._shift - position

    def _certain(self, *, is_all: bool) -> Iterator[tuple[float, Item]]:
        while self._held:
            gap = self._offset(self._held[0], self.position)
            if gap >= TOLERANCE_SECONDS:
                needed = min(2 * gap, LOOK_AHEAD_SECONDS) + LOOK_AHEAD_MARGIN_SECONDS
                if not is_all and self._held_seconds < needed and self._held_bytes < MOST_HELD_BYTES:
                    return
                gap = self._lasting_gap(needed)
            first = self._held.popleft()
            self._held_seconds -= first.seconds
            self._held_bytes -= self.size_bytes(first.item)
            yield self._release(first, gap if gap >= TOLERANCE_SECONDS else 0.0)

    def _lasting_gap(self, seconds: float) -> float:
        """Return the least offset of the held audio in the next ``seconds``."""
        least = float("inf")
        position = self.position
        for audio in self._held:
            if audio.timestamp is not None:
                least = min(least, self._offset(audio, position))
            position += audio.seconds
            if least < TOLERANCE_SECONDS or position - self.position >= seconds:
                break
        return least

    def _release(self, audio: Timed[Item], gap: float) -> tuple[float, Item]:
        offset = self._offset(audio, self.position)
        if offset <= -TOLERANCE_SECONDS:
            self._shift -= offset
        if gap and (
            self._silence + gap > MOST_SILENCE_SECONDS or not self.is_pause(gap, self._last, audio.item)
        ):
            self._shift -= gap
            gap = 0.0
        self._silence += gap
        self.position += gap + audio.seconds
        self._last = audio.item
        return gap, audio.item
