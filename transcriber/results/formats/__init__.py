"""The formats of transcripts. A new format is a class like `TranscriptFormat`, and is listed here."""

from collections.abc import Iterable

from transcriber.results.formats.base import TranscriptFormat
from transcriber.results.formats.plain_text import PlainText
from transcriber.results.formats.subtitles import SubRip, WebVtt
from transcriber.results.formats.transcribe_json import TranscribeJson
from transcriber.results.formats.transcript_json import TranscriptJson
from transcriber.results.formats.word_table import WordTable

__all__ = ["FORMATS", "JSON", "TranscriptFormat", "formats_named"]

JSON: TranscriptFormat = TranscriptJson()
"""Every transcript is written in this format, after all other formats."""

FORMATS: dict[str, TranscriptFormat] = {
    each.name: each for each in (JSON, SubRip(), WebVtt(), PlainText(), WordTable(), TranscribeJson())
}


def formats_named(names: Iterable[str], csv_for_excel: bool = False) -> list[TranscriptFormat]:
    """Return the formats to write. JSON is always included and last, so if it exists, all others do.

    Args:
        names: of `FORMATS`.
        csv_for_excel: whether csv begins with a byte order mark.
    """
    formats = {**FORMATS, WordTable.name: WordTable(csv_for_excel)}
    return [*(formats[name] for name in names if name != JSON.name), JSON]
