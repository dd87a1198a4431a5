"""Transcripts for tests."""

from transcriber.transcript import Language, ModelInfo, Processing, SourceInfo, Transcript
from transcriber.words import Word


def transcript_of(*words: Word, duration_seconds: float = 60.0) -> Transcript:
    return Transcript.from_words(
        words,
        source=SourceInfo(
            uri="s3://bucket/talk.mp3",
            etag="abc",
            size_bytes=1000,
            duration_seconds=duration_seconds,
            container="mp3",
            codec="mp3",
            sample_rate=44_100,
            channels=2,
        ),
        model=ModelInfo(name="some/model", revision="1", mode="full", precision="fp32", licence=None),
        language=Language(code=None, confidence=None),
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


def words_of(text: str, start: float = 0.0, word_seconds: float = 0.5) -> list[Word]:
    """Words that follow one another without pauses."""
    return [
        Word(word, start + number * word_seconds, start + (number + 1) * word_seconds, 0.9)
        for number, word in enumerate(text.split())
    ]
