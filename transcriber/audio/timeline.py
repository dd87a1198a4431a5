"""Keep decoded audio at its place in the file, whatever the file's timestamps are like.

The clock of a recording is the count of its samples; timestamps correct it where they show that sound is
missing. They do so only if they stay ahead of the count: packets that are stamped as they arrive are late for
a while, and then on time again, and no sound was missing. So before silence is put in, as much audio is
looked at as the silence would last. Timestamps that go back, and leaps that are none of the recording
(`is_pause`), move the clock only.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

TOLERANCE_SECONDS = 0.1
"""Containers round their timestamps; less than this is no gap."""

LOOK_AHEAD_SECONDS = 30.0
"""No network holds packets back for longer."""

LOOK_AHEAD_MARGIN_SECONDS = 2.0

MOST_HELD_BYTES = 32 * 2**20

MOST_SILENCE_SECONDS = 6 * 3600.0
"""All gaps of a file together: a small file must not become days of silence."""

Item = TypeVar("Item")


class Timed(NamedTuple, Generic[Item]):
    """Some audio: its timestamp, in seconds from the start of the file, where there is one, and how long it
    is."""

    timestamp: float | None
    seconds: float
    item: Item


def any_gap_is_a_pause(_gap_seconds: float, _before: object, _after: object) -> bool:
    """Take every gap for a time in which nothing was recorded."""
    return True


@dataclass
class Timeline(Generic[Item]):
    """Where in the file the next audio belongs, in seconds."""

    is_pause: Callable[[float, Item | None, Item], bool] = any_gap_is_a_pause
    """Given a gap of some seconds and what is before and after it: whether time passed, or the clock leaped.
    """
    size_bytes: Callable[[Item], int] = lambda _item: 0
    position: float = 0.0
    """How much audio and silence was given."""
    _shift: float = 0.0
    _silence: float = 0.0
    _held: deque[Timed[Item]] = field(default_factory=deque)
    _held_seconds: float = 0.0
    _held_bytes: int = 0
    _last: Item | None = None

    def add(self, audio: Timed[Item]) -> Iterator[tuple[float, Item]]:
        """Yield what is certain once ``audio`` is known: seconds of silence, and the audio after them."""
        if not self._held and self._offset(audio, self.position) < TOLERANCE_SECONDS:
            yield self._release(audio, 0.0)
            return
        self._held.append(audio)
        self._held_seconds += audio.seconds
        self._held_bytes += self.size_bytes(audio.item)
        yield from self._certain(is_all=False)

    def flush(self) -> Iterator[tuple[float, Item]]:
        """Yield what is held: there is no more."""
        yield from self._certain(is_all=True)

    def skip(self, seconds: float) -> None:
        """Note that ``seconds`` of audio are missing of which the file's timestamps know nothing."""
        self._shift += seconds

    def position_of(self, timestamp: float | None) -> float:
        """Return where in the file something of ``timestamp`` belongs that follows all audio so far."""
        end = self.position + self._held_seconds
        return end if timestamp is None else max(end, timestamp + self._shift)

    def _offset(self, audio: Timed[Item], position: float) -> float:
        """Return how far the clock of ``audio`` is ahead of its place if nothing is missing."""
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
        """Return how far all audio held, of the next ``seconds``, is ahead of its place at least."""
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
