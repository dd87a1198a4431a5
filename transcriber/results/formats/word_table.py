"""Write the words as a table."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from transcriber.outcomes import ResultFormat
from transcriber.reporting.printable import readable
from transcriber.results.formats.channel_names import channel_name
from transcriber.transcript.document import Segment, TranscriptHead

COLUMNS = ("segment", "start", "end", "word", "confidence", "language")
CHANNEL_COLUMN = "channel"
"""The last column, if the channels were split."""

BYTE_ORDER_MARK = "\ufeff"

FORMULA_START = re.compile(r"(?:^|(?<=[;|\t\r\n]))(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
"""Positions where a formula could begin, also with full-width marks.

At the start, or where programs split cells.
"""

NUMBER = re.compile(r"[+-]\d+([.,]\d+)*[.,%]?")


class WordTable:
    """``.csv`` by RFC 4180, with one word in each row."""

    name: ClassVar[str] = ResultFormat.CSV
    suffix: ClassVar[str] = ResultFormat.CSV.suffix
    content_type: ClassVar[str] = "text/csv; charset=utf-8"

    def __init__(self, for_excel: bool = False) -> None:
        """Begin with a byte order mark if ``for_excel``. Without it, Excel reads each byte as a letter."""
        self._for_excel = for_excel

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the row of column names, then the rows of words."""
        if self._for_excel:
            yield BYTE_ORDER_MARK
        is_split = bool(head.source.split_channels)
        yield _rows([(*COLUMNS, CHANNEL_COLUMN) if is_split else COLUMNS])
        for segment in segments:
            yield _rows(
                (
                    segment.id,
                    word.start,
                    word.end,
                    _inert(readable(word.word)),
                    word.confidence,
                    segment.language.code,
                    *((_inert(channel_name(head, segment.channel or 0)),) if is_split else ()),
                )
                for word in segment.words
            )


def _rows(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _inert(word: str) -> str:
    """Put an apostrophe before text that a spreadsheet reads as a formula (OWASP: CSV injection)."""
    return word if NUMBER.fullmatch(word) else FORMULA_START.sub("'", word)
