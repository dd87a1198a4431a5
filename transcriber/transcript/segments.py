"""From words to segments: what one would print as a sentence or show at a time."""

from collections import deque
from collections.abc import Iterable, Iterator

from transcriber.transcript.language_words import likely_words
from transcriber.transcript.sentences import WordBoundary, ends_sentence, is_open, may_end_sentence
from transcriber.transcript.words import Word

PAUSE_SECONDS = 1.0
"""A silence that a listener takes for the end of what was said, punctuation or not."""

HESITATION_SECONDS = 2.0
"""The same after an abbreviation that something has to follow: "Mr." and its name."""

MAX_SEGMENT_SECONDS = 20.0
"""A speaker without pause or full stop is cut here, so that a segment stays readable."""

SURROUNDING_WORDS = 60
"""What tells the language in which a dot is judged."""


def segments_from_words(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Yield the words of each segment: it ends with a sentence, before a pause or before it gets too long.

    A segment is yielded when the word after it is known; that and ``SURROUNDING_WORDS`` are all that is held
    besides it.

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
