"""Transcripts for tests."""

from dataclasses import dataclass

from transcriber.results.formats import FORMATS
from transcriber.transcript.document import (
    Language,
    ModelInfo,
    Processing,
    Segment,
    SourceInfo,
    TranscriptHead,
)
from transcriber.transcript.segments import segments_from_words
from transcriber.transcript.words import Word

ENGLISH = Language(code="en", confidence=0.99)


@dataclass(frozen=True)
class Given:
    """A transcript as formats get it."""

    head: TranscriptHead
    segments: list[Segment]

    def render(self, format_name: str) -> str:
        return "".join(FORMATS[format_name].render(self.head, self.segments))


def head_of(duration_seconds: float = 60.0, language: Language = ENGLISH) -> TranscriptHead:
    return TranscriptHead(
        source=SourceInfo(
            uri="s3://bucket/talk.mp3",
            etag="abc",
            size_bytes=1000,
            duration_seconds=duration_seconds,
            container="mp3",
            codec="mp3",
            sample_rate=44_100,
            channels=2,
            damage=[],
        ),
        model=ModelInfo(name="some/model", revision="1", mode="full", precision="fp32", licence=None),
        language=language,
        processing=Processing(
            load_seconds=1,
            decode_seconds=1,
            inference_seconds=1,
            total_seconds=3,
            real_time_factor=0.05,
            device="cpu",
            instance_type=None,
            job_id=None,
            attempt=None,
        ),
    )


def transcript_of(*words: Word, duration_seconds: float = 60.0, language: Language = ENGLISH) -> Given:
    segments = [
        Segment.from_words(number, group, language) for number, group in enumerate(segments_from_words(words))
    ]
    return Given(head_of(duration_seconds, language), segments)


def words_of(text: str, start: float = 0.0, word_seconds: float = 0.5) -> list[Word]:
    """Words that follow one another without pauses."""
    return [
        Word(word, start + number * word_seconds, start + (number + 1) * word_seconds, 0.9)
        for number, word in enumerate(text.split())
    ]


def said(text: str, *, start: float = 0.0, characters_per_second: float = 15.0) -> list[Word]:
    """Words as they are spoken: longer ones take longer, commas and full stops are heard."""
    words: list[Word] = []
    clock = start
    for word in text.split():
        seconds = (len(word) + 1) / characters_per_second
        words.append(Word(word, round(clock, 3), round(clock + seconds * 0.9, 3), 0.9))
        clock += seconds + {",": 0.2, ";": 0.2, ".": 0.4, "?": 0.4}.get(word[-1], 0.0)
    return words
