"""Decide whether a word ends a sentence, by its marks, its neighbours and the pause after it.

A dot after "Mr.", "z. B." or "15." does not end a sentence; a dot after "etc." or "U.S." may. If the text
does not decide, the pause does: speakers pause after a sentence, and not after an abbreviation.
"""

import re
from dataclasses import dataclass

from transcriber.transcript.language_words import LanguageWords, bare

CLOSING_MARKS = "\"'\u201d\u2019\u201c\u2018\u00bb\u00ab)]"
OPENING_MARKS = "\"'\u201e\u201c\u201a\u2018\u00ab\u00bb([\u00a1\u00bf\u2013\u2014-"

ELLIPSES = ("\u2026", "..")

SHORT_PAUSE_SECONDS = 0.25
"""A sentence ends at a pause of this length about as often as not. Within a phrase, pauses are shorter."""

CLEAR_PAUSE_SECONDS = 0.5
"""The pause that ends a sentence where one seldom ends.

After an initial or an ellipsis, before a small letter.
"""

NUMBER = re.compile(r"\d+")
ROMAN_NUMBER = re.compile(r"[IVX]+|[IVXLC]{2,}")
DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,3}")
"""Letters with dots between them: "U.S", "z.B", "\u03ba.\u03bb\u03c0"."""

PREFIX = re.compile(r"^.*[-'\u2019](?=\w)")
"""A prefix that is joined to its word: "l'", "Is-"."""

VOWELS = "aeiouyáàâäãåăąéèêëěęėíìîïīįóòôöõőøúùûüůűūųýæœаеєиіїоуыэюяёαεηιουωάέήίόύώϊϋ"  # noqa: RUF001


GREEK = re.compile("[\u0370-\u03ff]")
GREEK_QUESTION_MARKS = (";", "\u037e")


@dataclass(frozen=True)
class WordBoundary:
    """The boundary after a word: the word, its neighbours, and the pause between it and the next word."""

    before: str | None
    word: str
    following: str
    pause_seconds: float

    @property
    def core(self) -> str:
        """The word without quotation marks and brackets around it."""
        return self.word.lstrip(OPENING_MARKS).rstrip(CLOSING_MARKS)

    @property
    def stem(self) -> str:
        """The core without its dot and without a prefix such as "l'"."""
        return PREFIX.sub("", self.core.removesuffix("."))

    def precedes_small_letter(self) -> bool:
        """Whether the next word begins with a small letter."""
        return self.following.lstrip(OPENING_MARKS)[:1].islower()

    def precedes_start(self, words: LanguageWords) -> bool:
        """Whether the next word is one that has a capital mostly at the start of a sentence."""
        following = bare(self.following)
        is_initial = len(following) == 1 and self.following.endswith(".")
        return following in words.starters and not is_initial

    def precedes_number(self) -> bool:
        """Whether the next word is a number in digits or a Roman number."""
        core = self.following.lstrip(OPENING_MARKS)
        return core[:1].isdigit() or ROMAN_NUMBER.fullmatch(core.rstrip(".,;:")) is not None


def may_end_sentence(word: str) -> bool:
    """Whether ``word`` has a mark that can end a sentence."""
    core = word.rstrip(CLOSING_MARKS)
    return core.endswith((".", "?", "!", *ELLIPSES)) or _is_greek_question(core)


def ends_sentence(boundary: WordBoundary, words: LanguageWords) -> bool:
    """Whether a sentence ends at ``boundary``.

    Args:
        boundary: the boundary after a word for which `may_end_sentence` holds.
        words: the words of the language, or of all likely languages.
    """
    core = boundary.core
    if core.endswith(ELLIPSES):
        return not boundary.precedes_small_letter() and _after_ellipsis(boundary, words)
    if not core.endswith("."):
        return not boundary.precedes_small_letter() or boundary.pause_seconds >= CLEAR_PAUSE_SECONDS
    if boundary.precedes_small_letter():
        return boundary.pause_seconds >= CLEAR_PAUSE_SECONDS and not _is_shortened(boundary, words)
    return _after_dot(boundary, words)


def is_open(word: str, words: LanguageWords) -> bool:
    """Whether ``word`` is an abbreviation that must be followed by something, such as a title."""
    stem = WordBoundary(None, word, "", 0.0).stem.lower()
    return word.endswith(".") and (stem in words.open or _has_open_suffix(stem, words))


def _after_dot(boundary: WordBoundary, words: LanguageWords) -> bool:
    stem = boundary.stem.lower()
    starts_anew = boundary.precedes_start(words)
    if _is_number(boundary.stem, words):
        return not words.ordinals or _after_ordinal(boundary, words, starts_anew)
    if stem in words.numbered and boundary.precedes_number():
        return False
    if is_open(boundary.core, words):
        return starts_anew and boundary.pause_seconds >= SHORT_PAUSE_SECONDS
    if stem in words.closing or DOTTED.fullmatch(stem):
        return starts_anew or boundary.pause_seconds >= SHORT_PAUSE_SECONDS
    if len(stem) == 1 and stem.isalpha():
        return starts_anew or boundary.pause_seconds >= CLEAR_PAUSE_SECONDS
    if stem.isalpha() and not _has_vowel(stem):
        return starts_anew or boundary.pause_seconds >= SHORT_PAUSE_SECONDS
    return True


def _after_ordinal(boundary: WordBoundary, words: LanguageWords, starts_anew: bool) -> bool:
    if bare(boundary.following) in words.months:
        return False
    follows_article = (
        boundary.before is not None and bare(boundary.before) in words.articles | words.prepositions
    )
    if follows_article:
        return boundary.pause_seconds >= CLEAR_PAUSE_SECONDS
    return starts_anew or boundary.pause_seconds >= SHORT_PAUSE_SECONDS


def _after_ellipsis(boundary: WordBoundary, words: LanguageWords) -> bool:
    starts_anew = boundary.precedes_start(words) and bare(boundary.following) != "i"
    return starts_anew or boundary.pause_seconds >= CLEAR_PAUSE_SECONDS


def _is_shortened(boundary: WordBoundary, words: LanguageWords) -> bool:
    """Whether the dot is that of an abbreviation or of a number."""
    stem = boundary.stem.lower()
    return (
        is_open(boundary.core, words)
        or stem in words.closing | words.numbered
        or len(stem) == 1
        or DOTTED.fullmatch(stem) is not None
        or (words.ordinals and _is_number(boundary.stem, words))
    )


def _is_number(stem: str, words: LanguageWords) -> bool:
    return NUMBER.fullmatch(stem) is not None or (words.ordinals and ROMAN_NUMBER.fullmatch(stem) is not None)


def _has_vowel(stem: str) -> bool:
    return any(letter in VOWELS for letter in stem)


def _has_open_suffix(stem: str, words: LanguageWords) -> bool:
    return any(stem.endswith(suffix) for suffix in words.suffixes)


def _is_greek_question(core: str) -> bool:
    return core.endswith(GREEK_QUESTION_MARKS) and GREEK.search(core) is not None
