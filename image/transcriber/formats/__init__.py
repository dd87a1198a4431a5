"""What a transcript is written as. A new format is a class with `TranscriptFormat`'s members, named here."""

from transcriber.formats.base import TranscriptFormat
from transcriber.formats.plain_text import PlainText
from transcriber.formats.subtitles import SubRip, WebVtt
from transcriber.formats.transcribe_json import TranscribeJson
from transcriber.formats.transcript_json import TranscriptJson
from transcriber.formats.word_table import WordTable

__all__ = ["FORMATS", "JSON", "TranscriptFormat"]

JSON: TranscriptFormat = TranscriptJson()
"""The format that every transcript is written in, after all others."""

FORMATS: dict[str, TranscriptFormat] = {
    each.name: each for each in (JSON, SubRip(), WebVtt(), PlainText(), WordTable(), TranscribeJson())
}
