"""Group words into segments. A segment is a sentence, or the words up to a pause."""

from collections import deque
from collections.abc import Iterable, Iterator

from transcriber.transcript.language_words import likely_words
from transcriber.transcript.sentences import WordBoundary, ends_sentence, is_open, may_end_sentence
from transcriber.transcript.words import Word

PAUSE_SECONDS = 1.0
"""A pause of this length ends a segment, with or without punctuation."""

HESITATION_SECONDS = 2.0
"""The same after an abbreviation that must be followed by something, such as "Mr." by a name."""

MAX_SEGMENT_SECONDS = 20.0
"""The longest segment, so that it stays readable if the speaker makes no pause."""

SURROUNDING_WORDS = 60
"""How many words decide the language, which decides what a dot means."""


def segments_from_words(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Yield the words of each segment. It ends with a sentence, before a pause, or before it gets too long.

    A segment is yielded when the next word is known. Besides it, ``SURROUNDING_WORDS`` words are held.

    Args:
        words: in the order of their times.
    """
    segment: list[Word] = []
    said: deque[str] = deque(maxlen=SURROUNDING_WORDS)
    for word in words:
        if segment and _ends_before(word, segment, said):
            yield segment
            segment = []
        segment.append(word)
        said.append(word.text)
    if segment:
        yield segment


def _ends_before(word: Word, segment: list[Word], said: Iterable[str]) -> bool:
    last = segment[-1]
    pause_seconds = word.start - last.end
    if word.end - segment[0].start > MAX_SEGMENT_SECONDS or pause_seconds >= HESITATION_SECONDS:
        return True
    if not may_end_sentence(last.text):
        return pause_seconds >= PAUSE_SECONDS
    language = likely_words([*said, word.text])
    before = segment[-2].text if len(segment) > 1 else None
    if ends_sentence(WordBoundary(before, last.text, word.text, pause_seconds), language):
        return True
    return pause_seconds >= PAUSE_SECONDS and not is_open(last.text, language)
