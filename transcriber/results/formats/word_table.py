"""Words as a table."""

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
"""After the others, where channels were transcribed by themselves."""

BYTE_ORDER_MARK = "\ufeff"

FORMULA_START = re.compile(r"(?:^|(?<=[;|\t\r\n]))(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
"""Before what begins a formula, full-width marks too: at the start, or where some programs split cells."""

NUMBER = re.compile(r"[+-]\d+([.,]\d+)*[.,%]?")


class WordTable:
    """``.csv``: a word a row, as RFC 4180 has it."""

    name: ClassVar[str] = ResultFormat.CSV
    suffix: ClassVar[str] = ResultFormat.CSV.suffix
    content_type: ClassVar[str] = "text/csv; charset=utf-8"

    def __init__(self, for_excel: bool = False) -> None:
        """Begin with a byte order mark ``for_excel``: without it, Excel reads each byte as a letter."""
        self._for_excel = for_excel

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the rows after that of the columns' names."""
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
    """Put an apostrophe before what a spreadsheet takes for a formula, as OWASP advises on CSV injection."""
    return word if NUMBER.fullmatch(word) else FORMULA_START.sub("'", word)
