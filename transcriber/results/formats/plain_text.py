"""Write plain text for readers."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from transcriber.outcomes import ResultFormat
from transcriber.reporting.printable import readable
from transcriber.results.formats.channel_names import channel_name
from transcriber.transcript.document import Segment, TranscriptHead

PARAGRAPH_PAUSE_SECONDS = 2.0
"""A pause of this length begins a new paragraph."""

PARAGRAPH_CHARACTERS = 1000
"""Without a pause, a paragraph ends with the segment that makes it this long."""


class PlainText:
    """``.txt``: the text in paragraphs, with an empty line between them. Split channels give a dialogue."""

    name: ClassVar[str] = ResultFormat.TXT
    suffix: ClassVar[str] = ResultFormat.TXT.suffix
    content_type: ClassVar[str] = "text/plain; charset=utf-8"

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the paragraphs. Without speech the file is empty."""
        characters = 0
        end = 0.0
        channel: int | None = None
        for segment in segments:
            turns = segment.channel != channel
            if characters:
                paused = segment.start - end >= PARAGRAPH_PAUSE_SECONDS
                ended = turns or paused or characters >= PARAGRAPH_CHARACTERS
                yield "\n\n" if ended else " "
                characters = 0 if ended else characters
            if segment.channel is not None and not characters:
                yield f"{channel_name(head, segment.channel)}: "
            channel = segment.channel
            yield readable(segment.text)
            characters += len(segment.text)
            end = segment.end
        if characters:
            yield "\n"
