"""Cut words into subtitle cues that a broadcaster accepts.

The limits come from the usual guides: Netflix's Timed Text Style Guide and the BBC's Subtitle Guidelines.
The best cuts are a shortest path over the words. The cost of a cue says how much it would disturb a reader,
so a cut at a clause a few words away is better than a cut in mid-phrase.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from transcriber.results.formats.caption_cut_costs import BOUND_COST, SENTENCE_COST, cut_costs
from transcriber.transcript.sentences import may_end_sentence
from transcriber.transcript.word_times import SHORTEST_SECONDS, in_sequence

LINE_CHARACTERS = 42
LINES = 2
MIN_SECONDS = 1.0
MAX_SECONDS = 7.0
MAX_CHARACTERS_PER_SECOND = 20.0
GAP_SECONDS = 0.08
"""Two frames at 25 frames a second. The gap shows that the text changed."""

PAUSE_SECONDS = 1.5
"""No cue contains a pause of this length: its text would be read before it is said."""

RUN_WORDS = 400
"""The most words that are cut together. This limits memory in speech without a pause."""

CANDIDATE_WORDS = LINES * LINE_CHARACTERS
"""A cue can't have more words than characters."""

# What a reader minds besides cuts, in the unit of `transcriber.results.formats.caption_cut_costs`.
CUE_COST = 0.3
ORPHAN_COST = 2.0
RUSH_COST_PER_SECOND = 1.0
INNER_SENTENCE_COST = 0.3


class TimedWord(Protocol):
    """A word with its times in seconds from the start of the file."""

    @property
    def start(self) -> float:
        """When it begins."""

    @property
    def end(self) -> float:
        """When it ends."""

    @property
    def word(self) -> str:
        """Its text with punctuation."""


@dataclass(frozen=True)
class Cue:
    """A subtitle: its lines, and its times in seconds from the start of the file."""

    start: float
    end: float
    lines: tuple[str, ...]


def cut_cues(words: Iterable[TimedWord], audio_seconds: float) -> Iterator[Cue]:
    """Yield the cues of ``words`` in order; holds ``RUN_WORDS`` of them at a time.

    A word longer than a line is broken. Cues never overlap. A cue shows for at least ``MIN_SECONDS``, and
    long enough to be read at ``MAX_CHARACTERS_PER_SECOND``, where the next one and the file's end allow it.

    Args:
        words: of one channel, in the order of their times.
        audio_seconds: the duration of the file.
    """
    held: Cue | None = None
    for run in _runs(in_sequence(_fitting(words), lambda: audio_seconds)):
        for cue in _cut(run):
            if held is not None:
                yield _timed(held, cue.start)
            held = cue
    if held is not None:
        yield _timed(held, audio_seconds + GAP_SECONDS)


@dataclass(frozen=True)
class _Break:
    """The word at which the second line begins, 0 if there is none, and the cost of this break."""

    cut: int
    cost: float


def _line_break(lengths: Sequence[int], line_costs: Sequence[float]) -> _Break | None:
    """Return the best line break for words of these ``lengths``; None if they do not fit."""
    total = sum(lengths) + len(lengths) - 1
    if total <= LINE_CHARACTERS:
        return _Break(0, 0.0)
    best: _Break | None = None
    best_cost = float("inf")
    first = -1
    for cut in range(1, len(lengths)):
        first += lengths[cut - 1] + 1
        second = total - first - 1
        if first > LINE_CHARACTERS or second > LINE_CHARACTERS:
            continue
        orphan = ORPHAN_COST if cut == 1 or cut == len(lengths) - 1 else 0.0
        cost = line_costs[cut - 1] + abs(first - second) / LINE_CHARACTERS + orphan
        if cost < best_cost:
            best, best_cost = _Break(cut, line_costs[cut - 1]), cost
    return best


def _lines(words: Sequence[str], cut: int) -> tuple[str, ...]:
    return (" ".join(words[:cut]), " ".join(words[cut:])) if cut else (" ".join(words),)


@dataclass(frozen=True)
class _Word:
    start: float
    end: float
    word: str


def _fitting(words: Iterable[TimedWord]) -> Iterator[_Word]:
    """Break words that are too long for a line. Each part gets its share of the time."""
    for word in words:
        text = " ".join(word.word.split())
        parts = [text[at : at + LINE_CHARACTERS] for at in range(0, len(text), LINE_CHARACTERS)]
        seconds = (word.end - word.start) / max(1, len(parts))
        for index, part in enumerate(parts):
            yield _Word(word.start + index * seconds, word.start + (index + 1) * seconds, part)


def _runs(words: Iterable[_Word]) -> Iterator[list[_Word]]:
    """Group words between pauses. A group without a pause ends at its last sentence, or at its best cut."""
    run: list[_Word] = []
    for word in words:
        if run and word.start - run[-1].end >= PAUSE_SECONDS:
            yield run
            run = []
        elif len(run) >= RUN_WORDS:
            cut = _last_good_cut(run)
            yield run[:cut]
            run = run[cut:]
        run.append(word)
    if run:
        yield run


def _last_good_cut(run: list[_Word]) -> int:
    """Return the number of words before the cheapest cut in the second half of the group."""
    costs, _line_costs = cut_costs([word.word for word in run], _pauses(run))
    return min(range(len(run) - 1, len(run) // 2, -1), key=lambda cut: costs[cut - 1])


def _pauses(words: list[_Word]) -> list[float]:
    return [after.start - before.end for before, after in pairwise(words)]


def _cut(words: list[_Word]) -> Iterator[Cue]:
    """Yield the cues of the cheapest cut of ``words``, found by dynamic programming over end positions."""
    texts = [word.word for word in words]
    lengths = [len(text) for text in texts]
    cut_cost, line_cost = cut_costs(texts, _pauses(words))
    sentence_ends = [cost == SENTENCE_COST for cost in cut_cost] + [may_end_sentence(texts[-1])]
    cost = [0.0] + [float("inf")] * len(words)
    origin = [(0, 0)] * (len(words) + 1)
    for end in range(1, len(words) + 1):
        after = cut_cost[end - 1] if end < len(words) else 0.0
        for start in range(end - 1, max(-1, end - 1 - CANDIDATE_WORDS), -1):
            if end - start > 1 and words[end - 1].end - words[start].start > MAX_SECONDS:
                break
            broken = _line_break(lengths[start:end], line_cost[start : end - 1])
            if broken is None:
                break
            total = cost[start] + after + _cue_cost(words[start:end], sentence_ends[start:end])
            if broken.cost >= BOUND_COST:
                total += broken.cost
            if total < cost[end]:
                cost[end], origin[end] = total, (start, broken.cut)
    yield from reversed(list(_traced(words, origin)))


def _traced(words: list[_Word], origin: Sequence[tuple[int, int]]) -> Iterator[Cue]:
    """Yield the cues from the last to the first."""
    end = len(words)
    while end > 0:
        start, cut = origin[end]
        piece = words[start:end]
        yield Cue(piece[0].start, piece[-1].end, _lines([word.word for word in piece], cut))
        end = start


def _cue_cost(piece: Sequence[_Word], sentence_ends: Sequence[bool]) -> float:
    characters = sum(len(word.word) + 1 for word in piece) - 1
    seconds = piece[-1].end - piece[0].start
    needed = max(MIN_SECONDS, characters / MAX_CHARACTERS_PER_SECOND)
    cost = CUE_COST + RUSH_COST_PER_SECOND * max(0.0, needed - seconds)
    if len(piece) == 1 and not sentence_ends[0]:
        cost += ORPHAN_COST
    return cost + INNER_SENTENCE_COST * sum(sentence_ends[:-1])


def _timed(cue: Cue, next_start: float) -> Cue:
    """Return ``cue`` with enough time for reading, up to the next cue and ``MAX_SECONDS``."""
    characters = sum(len(line) for line in cue.lines)
    wanted = max(cue.end, cue.start + MIN_SECONDS, cue.start + characters / MAX_CHARACTERS_PER_SECOND)
    end = min(wanted, cue.start + MAX_SECONDS, next_start - GAP_SECONDS)
    if end < cue.start + SHORTEST_SECONDS:
        end = min(wanted, next_start)
    return Cue(cue.start, end, cue.lines)
