"""Correct the times of words: every word has a duration, and no word overlaps the next one."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

SHORTEST_SECONDS = 0.02
"""The shortest duration of a word. No sound of speech is shorter."""

UNKNOWN_SECONDS = 0.08
"""The duration of a word for which the model gives none, if there is room: one encoder frame."""

HELD_WORDS = 64
"""How many words can move to make room at the end of the audio."""


class Timed(Protocol):
    """A dataclass with a time span in seconds."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def start(self) -> float:
        """When it begins."""

    @property
    def end(self) -> float:
        """When it ends."""


TimedWord = TypeVar("TimedWord", bound=Timed)


def in_sequence(words: Iterable[TimedWord], audio_seconds: Callable[[], float]) -> Iterator[TimedWord]:
    """Yield ``words`` so that each lasts ``SHORTEST_SECONDS`` or more and ends before the next one begins.

    A word that begins too early moves behind the word before it. Words that pass the end of the audio move
    before the end, and get shorter if there is no room. No other time changes.

    Args:
        words: the words of one speaker or channel, in order. ``HELD_WORDS`` of them are held.
        audio_seconds: returns the duration of the audio, after the last word.
    """
    held: deque[TimedWord] = deque()
    last: TimedWord | None = None
    given_until = 0.0
    for word in words:
        if last is not None:
            held.append(_before(last, word.start))
            word = _behind(word, held[-1].end)
            if len(held) > HELD_WORDS:
                given_until = held[0].end
                yield held.popleft()
        last = word
    if last is not None:
        held.append(_before(last, float("inf")))
        yield from _within(held, given_until, round(audio_seconds(), 3))


def _behind(word: TimedWord, earliest: float) -> TimedWord:
    return word if word.start >= earliest else replace(word, start=earliest)


def _before(word: TimedWord, following_start: float) -> TimedWord:
    """Return ``word`` with an end before the next word begins, but with the shortest duration at least."""
    wanted = word.end if word.end - word.start >= SHORTEST_SECONDS else word.start + UNKNOWN_SECONDS
    end = round(max(min(wanted, following_start), word.start + SHORTEST_SECONDS), 3)
    return word if end == word.end else replace(word, end=end)


def _within(words: Iterable[TimedWord], earliest: float, latest: float) -> list[TimedWord]:
    """Return ``words`` between ``earliest`` and ``latest``. The last ones move back as far as needed."""
    moved: deque[TimedWord] = deque()
    waiting = list(words)
    limit = latest
    while waiting and waiting[-1].end > limit:
        word = waiting.pop()
        shortest = min(SHORTEST_SECONDS, max(0.0, limit - earliest) / (len(waiting) + 1))
        start = round(min(word.start, limit - shortest), 3)
        moved.appendleft(replace(word, start=start, end=limit))
        limit = start
    return [*waiting, *moved]
