"""From words to segments: what one would print as a sentence or show at a time."""

from collections.abc import Iterable, Iterator

from transcriber.words import Word

PAUSE_SECONDS = 1.0
"""A silence that a listener takes for the end of what was said, punctuation or not."""

MAX_SEGMENT_SECONDS = 20.0
"""A speaker without pause or full stop is cut here, so that a segment stays readable."""

SENTENCE_ENDS = (".", "?", "!", "…")
CLOSING_MARKS = "\"'\u201d\u2019\u00bb)]"


def segments_from_words(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Yield the words of each segment: it ends with a sentence, before a pause or before it gets too long.

    Args:
        words: in the order of their times.
    """
    segment: list[Word] = []
    for word in words:
        if segment and _ends_before(word, segment):
            yield segment
            segment = []
        segment.append(word)
    if segment:
        yield segment


def _ends_before(word: Word, segment: list[Word]) -> bool:
    return (
        segment[-1].text.rstrip(CLOSING_MARKS).endswith(SENTENCE_ENDS)
        or word.start - segment[-1].end >= PAUSE_SECONDS
        or word.end - segment[0].start > MAX_SEGMENT_SECONDS
    )
