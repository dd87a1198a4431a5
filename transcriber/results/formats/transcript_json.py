"""Write the transcript document as JSON."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from transcriber.outcomes import ResultFormat
from transcriber.reporting.printable import printable_json
from transcriber.results.formats.json_text import json_array, json_string, json_value
from transcriber.transcript.document import Segment, TranscriptHead


class TranscriptJson:
    """``.json``.

    The whole transcript, as in ``schema/transcript.schema.json``, with one word on each line.
    """

    name: ClassVar[str] = ResultFormat.JSON
    suffix: ClassVar[str] = ResultFormat.JSON.suffix
    content_type: ClassVar[str] = "application/json"

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the JSON text."""
        yield printable_json(head.model_dump_json(indent=1)).removesuffix("\n}")
        yield ',\n "text": '
        yield from json_string(segment.text for segment in segments)
        yield ',\n "segments": '
        yield from json_array(map(_segment, segments), indent="  ")
        yield "\n}\n"


def _segment(segment: Segment) -> str:
    # A mix has no channels.
    channel = {"channel"} if segment.channel is None else set()
    opening = json_value(segment.model_dump(exclude={"words"} | channel)).removesuffix("}")
    words = json_array((json_value(word.model_dump(exclude=channel)) for word in segment.words), indent="   ")
    return f'{opening}, "words": {"".join(words)}}}'
