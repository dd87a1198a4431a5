"""Log and count what a job has done."""

from dataclasses import dataclass

from transcriber.reporting import log, metrics
from transcriber.transcript.document import TranscriptHead


@dataclass(frozen=True)
class TranscriptSummary:
    """A transcript that was written."""

    head: TranscriptHead
    uri: str
    segment_count: int
    word_count: int

    def log(self, stack: str | None) -> None:
        """Log it, and count it among the metrics of ``stack`` if there is one."""
        log.event(
            "transcript written" if self.segment_count else "no speech: empty transcript written",
            uri=self.uri,
            words=self.word_count,
            language=self.head.language.code,
            audio_seconds=self.head.source.duration_seconds,
            **self.head.processing.model_dump(exclude={"job_id", "attempt"}),
        )
        if stack:
            log.event("transcript counted", **metrics.transcribed(stack, self.head))
