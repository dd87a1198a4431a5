"""Rate how much it disturbs readers if a caption or a line ends between two words. 1 is in mid-phrase."""

import re
from collections.abc import Sequence
from itertools import pairwise

from transcriber.transcript.language_words import LanguageWords, bare, likely_words
from transcriber.transcript.sentences import WordBoundary, ends_sentence, is_open, may_end_sentence

SENTENCE_COST = 0.0
CLAUSE_COST = 0.25
PAUSE_COST = 0.35
JOINER_COST = 0.5
PHRASE_COST = 0.6
WORD_COST = 1.0
PREPOSITION_COST = 1.5

BOUND_COST = 10.0
"""The cost between words that belong together. It is so high that any other cut is better."""

CLAUSE_END = (",", ";", ":", "\u2013", "\u2014")

BREATH_SECONDS = 0.3
"""A gap between words from which listeners hear a pause."""

NUMBER = re.compile(r"[^\w\s]?\d[\d.,:/]*(?<![.,:])")
"""Digits without punctuation after them, with or without a currency sign before them."""

INITIAL = re.compile(r"[^\W\d_]\.")
ORDINAL = re.compile(r"(?:\d+|[IVXLC]+)\.")


def cut_costs(texts: Sequence[str], pauses_seconds: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the costs of a cut after each of ``texts`` but the last: for a caption, and for a line.

    A pause makes a cut better for a caption. A line is read with the next one, so there it does not count.

    Args:
        texts: words with their punctuation, in the order of their times.
        pauses_seconds: the silence after each of them but the last.
    """
    words = likely_words(texts)
    line_costs = []
    befores = [None, *texts]
    for before, (text, following), pause in zip(befores, pairwise(texts), pauses_seconds, strict=False):
        line_costs.append(_cost(WordBoundary(before, text, following, pause), words))
    caption_costs = [
        min(cost, PAUSE_COST) if pause >= BREATH_SECONDS and cost < BOUND_COST else cost
        for cost, pause in zip(line_costs, pauses_seconds, strict=True)
    ]
    return caption_costs, line_costs


def _cost(boundary: WordBoundary, words: LanguageWords) -> float:
    if may_end_sentence(boundary.word) and ends_sentence(boundary, words):
        return SENTENCE_COST
    if boundary.word.endswith(CLAUSE_END):
        return CLAUSE_COST
    if _belong_together(boundary, words):
        return BOUND_COST
    if bare(boundary.word) in words.prepositions:
        return PREPOSITION_COST
    following = bare(boundary.following)
    if following in words.joiners:
        return JOINER_COST
    return PHRASE_COST if following in words.prepositions else WORD_COST


def _belong_together(boundary: WordBoundary, words: LanguageWords) -> bool:
    core, following = boundary.core, bare(boundary.following)
    if is_open(core, words) or ORDINAL.fullmatch(core):
        return True
    if INITIAL.fullmatch(core) and not boundary.precedes_small_letter():
        return True
    if core.endswith(".") and boundary.stem.lower() in words.numbered and boundary.precedes_number():
        return True
    if following in words.units:
        return True
    if NUMBER.fullmatch(core):
        return bool(following) and following not in words.joiners | words.prepositions | words.articles
    return bare(core) in words.articles
