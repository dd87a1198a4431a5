"""From words to subtitle cues that a broadcaster accepts.

The limits are those of the usual guides: Netflix's Timed Text Style Guide, the BBC's Subtitle Guidelines.
Where to cut is a shortest path over the words: every possible cue costs what its reader would mind, so that
a cut at a clause a few words away wins over one in mid-phrase.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from transcriber.word_times import SHORTEST_SECONDS, in_sequence

LINE_CHARACTERS = 42
LINES = 2
MIN_SECONDS = 1.0
MAX_SECONDS = 7.0
MAX_CHARACTERS_PER_SECOND = 20.0
GAP_SECONDS = 0.08
"""Two frames at 25 a second, so that one text is seen to follow another."""

PAUSE_SECONDS = 1.5
"""Silence that no cue spans: its text would be read before it is said."""

RUN_WORDS = 400
"""Words that are cut together at most, which bounds memory in speech without a pause."""

CANDIDATE_WORDS = LINES * LINE_CHARACTERS
"""No more words than characters fit into a cue."""

# What a reader minds, in one unit: a cut in mid-phrase.
CUT_COST = {"sentence": 0.0, "clause": 0.25, "pause": 0.35, "phrase": 0.6, "word": 1.0}
CUE_COST = 0.3
ORPHAN_COST = 2.0
RUSH_COST_PER_SECOND = 1.0
INNER_SENTENCE_COST = 0.3

SENTENCE_END = (".", "?", "!", "…")
CLAUSE_END = (",", ";", ":", "\u2013", "\u2014")
BREATH_SECONDS = 0.3
"""A gap between words that is heard as a pause."""

PHRASE_OPENERS = frozenset(
    [
        *(
            "and",
            "but",
            "or",
            "so",
            "because",
            "that",
            "which",
            "who",
            "when",
            "where",
            "while",
            "if",
            "than",
        ),
        *("as", "with", "for", "from", "to", "in", "on", "at", "by", "of", "then"),
    ]
)
"""English words that open a phrase; in other languages punctuation and pauses decide alone."""


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
    """One subtitle: when it shows, in seconds from the start of the file, and its lines."""

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
        for piece in _cut(run):
            cue = Cue(piece[0].start, piece[-1].end, break_lines([word.word for word in piece]))
            if held is not None:
                yield _timed(held, cue.start)
            held = cue
    if held is not None:
        yield _timed(held, audio_seconds + GAP_SECONDS)


def break_lines(words: Sequence[str]) -> tuple[str, ...]:
    """Return ``words`` on one line where they fit, else on two: at a clause, a phrase, or near the middle.

    Raises:
        ValueError: they fit on no two lines of ``LINE_CHARACTERS``.
    """
    text = " ".join(words)
    if len(text) <= LINE_CHARACTERS:
        return (text,)
    choices = []
    for cut in range(1, len(words)):
        first, second = " ".join(words[:cut]), " ".join(words[cut:])
        if max(len(first), len(second)) <= LINE_CHARACTERS:
            unbalanced = abs(len(first) - len(second)) / LINE_CHARACTERS
            orphan = ORPHAN_COST if cut == 1 or cut == len(words) - 1 else 0.0
            choices.append((_text_cut_cost(words[cut - 1], words[cut]) + unbalanced + orphan, first, second))
    if not choices:
        raise ValueError(f"{len(text)} characters do not fit on {LINES} lines of {LINE_CHARACTERS}")
    return min(choices)[1:]


@dataclass(frozen=True)
class _Word:
    start: float
    end: float
    word: str


def _fitting(words: Iterable[TimedWord]) -> Iterator[_Word]:
    """Break words that no line can hold, each part with its share of the time."""
    for word in words:
        text = " ".join(word.word.split())
        parts = [text[at : at + LINE_CHARACTERS] for at in range(0, len(text), LINE_CHARACTERS)]
        seconds = (word.end - word.start) / max(1, len(parts))
        for index, part in enumerate(parts):
            yield _Word(word.start + index * seconds, word.start + (index + 1) * seconds, part)


def _runs(words: Iterable[_Word]) -> Iterator[list[_Word]]:
    """Group words between pauses; a run without one ends at its last sentence or where it is full."""
    run: list[_Word] = []
    for word in words:
        if run and word.start - run[-1].end >= PAUSE_SECONDS:
            yield run
            run = []
        elif len(run) >= RUN_WORDS:
            ends = [at for at, each in enumerate(run, start=1) if each.word.endswith(SENTENCE_END)]
            cut = ends[-1] if ends else len(run)
            yield run[:cut]
            run = run[cut:]
        run.append(word)
    if run:
        yield run


def _cut(words: list[_Word]) -> Iterator[list[_Word]]:
    """Yield the pieces of the cheapest cut of ``words`` into cues: dynamic programming over end positions."""
    cost = [0.0] + [float("inf")] * len(words)
    origin = [0] * (len(words) + 1)
    for end in range(1, len(words) + 1):
        for start in range(end - 1, max(-1, end - 1 - CANDIDATE_WORDS), -1):
            piece = words[start:end]
            if len(piece) > 1 and not _fits(piece):
                break
            total = cost[start] + _cue_cost(piece) + (_cut_cost(words, end) if end < len(words) else 0.0)
            if total < cost[end]:
                cost[end], origin[end] = total, start
    cuts = [len(words)]
    while cuts[-1] > 0:
        cuts.append(origin[cuts[-1]])
    cuts.reverse()
    for start, end in pairwise(cuts):
        yield words[start:end]


def _fits(piece: list[_Word]) -> bool:
    if piece[-1].end - piece[0].start > MAX_SECONDS:
        return False
    try:
        break_lines([word.word for word in piece])
    except ValueError:
        return False
    return True


def _cue_cost(piece: list[_Word]) -> float:
    characters = sum(len(word.word) + 1 for word in piece) - 1
    seconds = piece[-1].end - piece[0].start
    needed = max(MIN_SECONDS, characters / MAX_CHARACTERS_PER_SECOND)
    cost = CUE_COST + RUSH_COST_PER_SECOND * max(0.0, needed - seconds)
    if len(piece) == 1 and not piece[0].word.endswith(SENTENCE_END):
        cost += ORPHAN_COST
    return cost + INNER_SENTENCE_COST * sum(word.word.endswith(SENTENCE_END) for word in piece[:-1])


def _cut_cost(words: list[_Word], at: int) -> float:
    before, after = words[at - 1], words[at]
    cost = _text_cut_cost(before.word, after.word)
    return min(cost, CUT_COST["pause"]) if after.start - before.end >= BREATH_SECONDS else cost


def _text_cut_cost(before: str, after: str) -> float:
    if before.endswith(SENTENCE_END):
        return CUT_COST["sentence"]
    if before.endswith(CLAUSE_END):
        return CUT_COST["clause"]
    if after.lower() in PHRASE_OPENERS:
        return CUT_COST["phrase"]
    return CUT_COST["word"]


def _timed(cue: Cue, next_start: float) -> Cue:
    """Give ``cue`` the time to be read, up to the next one and ``MAX_SECONDS``."""
    characters = sum(len(line) for line in cue.lines)
    wanted = max(cue.end, cue.start + MIN_SECONDS, cue.start + characters / MAX_CHARACTERS_PER_SECOND)
    end = min(wanted, cue.start + MAX_SECONDS, next_start - GAP_SECONDS)
    if end < cue.start + SHORTEST_SECONDS:
        end = min(wanted, next_start)
    return Cue(cue.start, end, cue.lines)
