"""Words that show where text can be cut, by language: abbreviations, months, function words."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self

WORDS_FILE = Path(__file__).parent / "language_words.toml"

AS_LIKELY = 0.6
"""A language is likely if it has this share of the words of the likeliest language."""

DOUBT = 0.5
"""This count is added for every language, so that one or two words decide little."""

SURROUNDING_MARKS = (
    "\"'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb()[]{}\u00a1\u00bf\u2013\u2014-.,;:?!\u2026"
)


@dataclass(frozen=True)
class LanguageWords:
    """The entry of one or several languages in `WORDS_FILE`, which explains the fields.

    All are lower case.
    """

    open: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()
    starters: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    joiners: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    ordinals: bool = False

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Build it from a table of the file."""
        groups = {key: frozenset[str](text.split()) for key, text in table.items() if key != "ordinals"}
        return cls(ordinals=table.get("ordinals", False), **groups)

    @classmethod
    def union(cls, languages: Iterable[Self]) -> Self:
        """Return the words of all of ``languages``."""
        of_all = list(languages)
        names = [field.name for field in fields(cls) if field.name != "ordinals"]
        groups = {name: frozenset[str]().union(*(getattr(each, name) for each in of_all)) for name in names}
        return cls(ordinals=any(each.ordinals for each in of_all), **groups)


@cache
def language_words() -> Mapping[str, LanguageWords]:
    """Return the words of each language under its ISO 639-1 code."""
    tables = tomllib.loads(WORDS_FILE.read_text())
    return {code: LanguageWords.from_table(table) for code, table in tables.items()}


def likely_words(texts: Iterable[str]) -> LanguageWords:
    """Return the words of the languages that ``texts`` may be in: of all where nothing tells.

    A function word or abbreviation speaks for the languages that have it, the more the fewer they are. This
    is quick, and good enough to choose abbreviations; `transcriber.recognition.language` tells a transcript's
    language.

    Args:
        texts: words with their punctuation.
    """
    return _union(_likely_codes(texts))


def bare(word: str) -> str:
    """Return ``word`` in lower case, without the marks around it."""
    return word.strip(SURROUNDING_MARKS).lower()


def _likely_codes(texts: Iterable[str]) -> tuple[str, ...]:
    telling = _telling_words()
    votes: Counter[str] = Counter()
    for text in texts:
        codes = telling.get(bare(text) + "." * text.endswith("."), ()) or telling.get(bare(text), ())
        for code in codes:
            votes[code] += 1 / len(codes)  # type: ignore[assignment]
    most = max(votes.values(), default=0.0)
    return tuple(code for code in language_words() if votes[code] + DOUBT >= AS_LIKELY * (most + DOUBT))


@cache
def _telling_words() -> Mapping[str, tuple[str, ...]]:
    """Return the languages of each function word, and of each abbreviation with its dot."""
    found: dict[str, list[str]] = {}
    for code, words in language_words().items():
        groups = (
            words.starters,
            words.articles,
            words.prepositions,
            words.joiners,
            words.units,
            words.months,
        )
        abbreviations = (f"{each}." for each in words.open | words.numbered | words.closing)
        for word in frozenset[str]().union(*groups, abbreviations):
            found.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in found.items()}


@lru_cache(maxsize=64)
def _union(codes: tuple[str, ...]) -> LanguageWords:
    words = language_words()
    return LanguageWords.union(words[code] for code in codes)
