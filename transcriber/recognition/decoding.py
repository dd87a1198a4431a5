"""Decode a recording in the background while its audio is recognised."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from transcriber.audio.prefetch import prefetched
from transcriber.audio.reader import AudioReader, Block
from transcriber.reporting.stopwatch import JobStopwatches
from transcriber.storage import Source, SourceVersion

MOST_PREFETCHED_BLOCKS = 300
"""Five minutes of audio, 19 MB: the decoder makes them while the model loads or the device is busy."""


@dataclass(frozen=True)
class Decoding:
    """One version of a recording, which can be decoded more than once."""

    source: Source
    version: SourceVersion
    split: bool
    """Whether the channels stay separate."""

    stopwatches: JobStopwatches

    @contextmanager
    def start(self) -> Iterator[tuple[AudioReader, Iterator[Block]]]:
        """Open the recording; give it and its blocks, which are prefetched from now on.

        Raises:
            UnusableInputError: not audio or video, no audio track, damaged.
            TranscriberError: it can't be read.
        """
        stopwatches = self.stopwatches
        with (
            self.source.open(self.version) as file,
            AudioReader(file, self.source.uri, split=self.split) as audio,
            prefetched(stopwatches.decoding.within(audio.blocks()), MOST_PREFETCHED_BLOCKS) as blocks,
        ):
            yield audio, stopwatches.waiting.within(blocks)
