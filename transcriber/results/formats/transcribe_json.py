"""Write the document format of Amazon Transcribe, for programs that can read it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from transcriber.outcomes import ResultFormat
from transcriber.results.formats.json_text import json_array, json_string, json_value
from transcriber.transcript.document import Language, Segment, TranscriptHead, TranscriptWord

PUNCTUATION = re.compile(r"(?<=.)[.,?!;:…]+$")
"""Marks after a word, which are separate items in Amazon Transcribe."""

REGIONS = {"en": "US", "cs": "CZ", "da": "DK", "el": "GR", "et": "EE", "sl": "SI", "sv": "SE", "uk": "UA"}
"""Amazon Transcribe's language codes name a region; these differ from the language's own letters."""


class TranscribeJson:
    """``.transcribe.json``: transcripts, items of words and punctuation, and audio segments."""

    name: ClassVar[str] = ResultFormat.TRANSCRIBE_JSON
    suffix: ClassVar[str] = ResultFormat.TRANSCRIBE_JSON.suffix
    content_type: ClassVar[str] = "application/json"

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the JSON text. The worker does not know the account, so ``accountId`` is empty."""
        job_name = head.processing.job_id or head.source.uri.rsplit("/", 1)[-1]
        yield f'{{"jobName": {json_value(job_name)}, "accountId": "", "status": "COMPLETED",\n "results": {{'
        yield from _language(head.language)
        yield '\n  "transcripts": [{"transcript": '
        yield from json_string(segment.text for segment in segments)
        yield "}],"
        yield from _channel_labels(head, segments)
        yield '\n  "items": '
        yield from json_array(map(json_value, _items(segments)), indent="   ")
        yield ',\n  "audio_segments": '
        yield from json_array(map(json_value, _audio_segments(segments)), indent="   ")
        yield "\n }\n}\n"


def _language(language: Language) -> Iterator[str]:
    if language.code is not None:
        code = f"{language.code}-{REGIONS.get(language.code, language.code.upper())}"
        score = {"score": str(language.confidence), "code": code}
        yield f'\n  "language_code": {json_value(code)}, "language_identification": {json_value([score])},'


def _channel_labels(head: TranscriptHead, segments: Iterable[Segment]) -> Iterator[str]:
    """Yield the text of each channel, if the channels were split."""
    channels = [each.index for each in head.source.split_channels]
    if not channels:
        return
    yield '\n  "channel_labels": {"channels": ['
    for number, channel in enumerate(channels):
        items = (json_value(item) for item in _items(segments) if item["channel_label"] == _label(channel))
        yield f'{"," if number else ""}\n   {{"channel_label": {json_value(_label(channel))}, "items": '
        yield from json_array(items, indent="    ")
        yield "}"
    yield f'], "number_of_channels": {len(channels)}}},'


def _label(channel: int) -> str:
    return f"ch_{channel}"


def _labelled(segment: Segment) -> dict[str, str]:
    return {} if segment.channel is None else {"channel_label": _label(segment.channel)}


def _items(segments: Iterable[Segment]) -> Iterator[dict[str, Any]]:
    number = 0
    for segment in segments:
        for word in segment.words:
            for item in _items_of(word):
                yield {"id": number, **_labelled(segment), **item}
                number += 1


def _items_of(word: TranscriptWord) -> Iterator[dict[str, Any]]:
    spoken, marks = _split(word)
    yield {
        "type": "pronunciation",
        "alternatives": [{"confidence": str(word.confidence), "content": spoken}],
        "start_time": str(word.start),
        "end_time": str(word.end),
    }
    for mark in marks:
        yield {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": mark}]}


def _split(word: TranscriptWord) -> tuple[str, str]:
    spoken = PUNCTUATION.sub("", word.word)
    return spoken, word.word[len(spoken) :]


def _audio_segments(segments: Iterable[Segment]) -> Iterator[dict[str, Any]]:
    first = 0
    for segment in segments:
        count = sum(1 + len(_split(word)[1]) for word in segment.words)
        yield {
            "id": segment.id,
            "transcript": segment.text,
            "start_time": str(segment.start),
            "end_time": str(segment.end),
            **_labelled(segment),
            "items": list(range(first, first + count)),
        }
        first += count
