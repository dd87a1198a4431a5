"""The transcript document, schema version 1. ``schema/transcript.schema.json`` is generated from this."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from transcriber.transcript.words import Word

SCHEMA_FILE = Path(__file__).parent / "schema" / "transcript.schema.json"

Confidence = Field(ge=0, le=1, description="from 0 (guessed) to 1 (certain)")
Seconds = Field(ge=0, description="seconds from the start of the file")


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
        json_schema_serialization_defaults_required=True,
    )


class LostPart(_Part):
    """A part of the recording that could not be read."""

    start: float = Seconds
    end: float = Seconds
    reason: str


class ChannelInfo(_Part):
    """A channel that was transcribed by itself."""

    index: int = Field(ge=0, description="counts from 0 through the channels of all tracks that were used")
    name: str | None = Field(description="as asked for")
    copied_seconds: float = Field(ge=0, description="how much of it repeats another channel, and is left out")


class TrackInfo(_Part):
    """An audio track of the recording."""

    index: int = Field(ge=0, description="among all tracks of the file, from 0")
    title: str | None
    language: str | None = Field(description="as the file names it")
    role: str | None = Field(description="such as commentary or dub; null for the programme itself")
    used: bool = Field(description="whether it was listened to")
    reason: str = Field(description="why it was used or not")


class SourceInfo(_Part):
    """The recording."""

    uri: str = Field(description="an s3:// URI or a path")
    etag: str = Field(description="identifies the bytes: S3's ETag, or time and size of a local file")
    size_bytes: int = Field(ge=0)
    duration_seconds: float = Field(ge=0, description="of the audio as decoded")
    container: str = Field(description="FFmpeg's name of the file format")
    codec: str = Field(description="FFmpeg's name of the audio format")
    sample_rate: int = Field(ge=0, description="of the audio in the file, in Hz")
    channels: int = Field(ge=0)
    damage: list[LostPart] = Field(description="parts of the audio that are damaged or missing, as silence")
    tracks: list[TrackInfo] = Field(default=[], description="all audio tracks of the file")
    split_channels: list[ChannelInfo] = Field(
        default=[], description="the channels that were transcribed by themselves; empty for a mix"
    )


class ModelInfo(_Part):
    """What recognised the speech."""

    name: str
    revision: str | None = Field(description="commit of the model's repository; null for a file")
    mode: str = Field(description="how the audio was cut for the model")
    precision: Literal["fp32", "bf16", "fp16"]
    licence: str | None = Field(description="SPDX name of the model's licence, where known")


class Language(_Part):
    """The language of a text; null where it is not clear, as in a few words."""

    code: str | None = Field(description="ISO 639-1")
    confidence: float | None = Confidence


class TranscriptWord(_Part):
    """A word with its punctuation."""

    start: float = Seconds
    end: float = Seconds
    word: str
    confidence: float = Confidence
    channel: int | None = Field(
        default=None, ge=0, description="which channel it was said on; absent in a mix"
    )


class Segment(_Part):
    """Words that belong together: a sentence, or what was said up to a pause."""

    id: int = Field(ge=0, description="counts from 0")
    start: float = Seconds
    end: float = Seconds
    text: str
    confidence: float = Field(ge=0, le=1, description="mean of its words'")
    language: Language
    channel: int | None = Field(
        default=None, ge=0, description="which channel it was said on; absent in a mix"
    )
    words: list[TranscriptWord] = Field(min_length=1)

    @classmethod
    def from_words(
        cls, number: int, words: Sequence[Word], language: Language, channel: int | None = None
    ) -> Self:
        """Build segment ``number`` of ``words``, at least one, in the order of their times."""
        return cls(
            id=number,
            start=words[0].start,
            end=words[-1].end,
            text=text_of(words),
            confidence=mean_confidence(words),
            language=language,
            channel=channel,
            words=[
                TranscriptWord(
                    start=word.start,
                    end=word.end,
                    word=word.text,
                    confidence=word.confidence,
                    channel=channel,
                )
                for word in words
            ],
        )


class LeftOutSegment(_Part):
    """What was recognised with too little confidence to be in the transcript: music or noise, most often."""

    start: float = Seconds
    end: float = Seconds
    text: str
    confidence: float = Field(ge=0, le=1, description="mean of its words'")
    channel: int | None = Field(
        default=None, ge=0, description="which channel it was said on; absent in a mix"
    )

    @classmethod
    def from_words(cls, words: Sequence[Word], channel: int | None = None) -> Self:
        """Build it of ``words``, at least one, in the order of their times."""
        return cls(
            start=words[0].start,
            end=words[-1].end,
            text=text_of(words),
            confidence=mean_confidence(words),
            channel=channel,
        )


class Processing(_Part):
    """What the job took and where it ran."""

    load_seconds: float = Field(ge=0, description="importing libraries and loading the model")
    decode_seconds: float = Field(ge=0, description="reading and decoding the audio")
    inference_seconds: float = Field(ge=0, description="recognising speech")
    total_seconds: float = Field(ge=0, description="from the start of the job to this transcript")
    real_time_factor: float = Field(ge=0, description="total_seconds per second of audio")
    device: str
    instance_type: str | None
    job_id: str | None
    attempt: int | None


class TranscriptHead(_Part):
    """What a transcript says besides what was said."""

    schema_version: Literal[1] = 1
    source: SourceInfo
    model: ModelInfo
    language: Language
    processing: Processing
    left_out: list[LeftOutSegment] = Field(
        default=[], description="segments less certain than the settings ask for, in the order of their times"
    )


class Transcript(TranscriptHead):
    """All that a job found out about one recording."""

    text: str = Field(description="the segments' texts, joined by spaces")
    segments: list[Segment]


def text_of(words: Sequence[Word]) -> str:
    """Return ``words`` as text."""
    return " ".join(word.text for word in words)


def mean_confidence(words: Sequence[Word]) -> float:
    """Return the confidence of ``words`` together, at least one."""
    return round(sum(word.confidence for word in words) / len(words), 3)


def schema_text() -> str:
    """Return the JSON Schema of a transcript, as `SCHEMA_FILE` holds it."""
    body = Transcript.model_json_schema(mode="serialization")
    for each in body["$defs"].values():
        # A mix has no channels, and says nothing about them.
        each["required"] = [name for name in each["required"] if name != "channel"]
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}
    return json.dumps(schema, indent=2) + "\n"
