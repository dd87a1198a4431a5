"""Decode a recording in the background while its audio is recognised."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from transcriber.audio.prefetch import prefetched
from transcriber.audio.reader import AudioReader, Block
from transcriber.reporting.stopwatch import JobStopwatches
from transcriber.storage import Source, SourceVersion

MOST_PREFETCHED_BLOCKS = 300
"""Five minutes of audio, 19 MB: the decoder makes them while the model loads or the device is busy."""

MOST_PREFETCHED_SECONDS = float(MOST_PREFETCHED_BLOCKS)
"""A block has at most a second."""


@dataclass(frozen=True)
class OpenRecording:
    """A recording whose audio is being decoded. Close it."""

    audio: AudioReader
    blocks: Iterator[Block]
    """All blocks of the audio, which are prefetched. They can be read once."""

    size_bytes: int
    """The size of the file."""

    resources: ExitStack

    @property
    def prefetched_seconds(self) -> float:
        """How much audio waits, or will wait, until somebody reads `blocks`."""
        declared = self.audio.properties.duration_seconds
        if declared is None:
            return MOST_PREFETCHED_SECONDS
        return min(max(declared, self.audio.read_seconds), MOST_PREFETCHED_SECONDS)

    def close(self) -> None:
        """End decoding and close the file."""
        self.resources.close()


@dataclass(frozen=True)
class Decoding:
    """One version of a recording, which can be decoded more than once."""

    source: Source
    version: SourceVersion
    split: bool
    """Whether the channels stay separate."""

    stopwatches: JobStopwatches

    def open(self) -> OpenRecording:
        """Open the recording and start to decode it.

        Raises:
            UnusableInputError: not audio or video, no audio track, damaged.
            TranscriberError: it can't be read.
        """
        stopwatches = self.stopwatches
        with ExitStack() as stack:
            file = stack.enter_context(self.source.open(self.version))
            audio = stack.enter_context(AudioReader(file, self.source.uri, split=self.split))
            blocks = stack.enter_context(
                prefetched(stopwatches.decoding.within(audio.blocks()), MOST_PREFETCHED_BLOCKS)
            )
            return OpenRecording(
                audio, stopwatches.waiting.within(blocks), self.version.size_bytes, stack.pop_all()
            )
