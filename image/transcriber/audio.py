"""Decode any audio or video file to 16 kHz mono as it is read, in constant memory."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import BinaryIO, Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from numpy.typing import NDArray

from transcriber.errors import UnusableInputError

SAMPLE_RATE = 16_000
BLOCK_SAMPLES = SAMPLE_RATE

SILENCE_AMPLITUDE = 2.0**-16
"""Half a step of 16-bit audio: what lossy codecs make of digital silence is below it, no sound is."""

DAMAGED_SHARE = 0.1
"""Telephony and broadcast lose a packet now and then; with more gone the text would mislead."""

# A file may be a list of other places for FFmpeg to read: files of this machine, internal addresses.
SAFE_OPTIONS = {"protocol_whitelist": "none"}

# FFmpeg's mix of two channels is 1.414 times as loud as their mean, of six 3.4 times; this makes it a mean.
MIX_OPTIONS = {"rematrix_maxval": "1.0"}

Block = NDArray[np.float32]
"""Consecutive samples, shape [samples], at `SAMPLE_RATE`, between -1 and 1."""


@dataclass(frozen=True)
class AudioProperties:
    """What the file says about its audio, by FFmpeg's names; its duration may be wrong, or None."""

    duration_seconds: float | None
    container: str
    codec: str
    sample_rate: int
    channels: int


class AudioReader(AbstractContextManager["AudioReader"]):
    """The audio of one file: its default audio track, else the first; pictures and video are passed over.

    Opening it decodes the first block, so what opens has audio that decodes.
    """

    def __init__(self, file: BinaryIO, uri: str) -> None:
        """Open ``file``, which is seekable and stays open as long as this; messages call it ``uri``.

        Raises:
            UnusableInputError: not audio or video, no audio track, damaged.
            TranscriberError: what reading the file raises.
        """
        self.read_seconds = 0.0
        """How much of the audio `blocks` has given so far."""
        self.damaged_packets = 0
        """How many packets could not be decoded so far and were passed over."""
        self._uri = uri
        self._container = self._open(file)
        try:
            self._stream = self._choose_track()
            self.properties = self._read_properties()
            decoded = self._decode()
            first = next(decoded, None)
            if first is None:
                raise UnusableInputError(f"{uri}: the audio track is empty.")
        except BaseException:
            self._container.close()
            raise
        self._blocks = chain(_silence(self._lead_seconds()), [first], decoded)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def blocks(self) -> Iterator[Block]:
        """Yield the file's audio from its start, one second a block, the last one shorter; can be read once.

        Where the audio track begins later than the file, silence comes first: times are those of the file.

        Raises:
            UnusableInputError: too much of the audio is damaged.
            TranscriberError: what reading the file raises.
        """
        for block in self._blocks:
            self.read_seconds += len(block) / SAMPLE_RATE
            yield block

    def _open(self, file: BinaryIO) -> InputContainer:
        try:
            return av.open(file, "r", options=SAFE_OPTIONS, metadata_errors="replace")
        except av.FFmpegError as error:
            raise UnusableInputError(
                f"{self._uri}: not an audio or video file, or damaged at its start."
            ) from error

    def _choose_track(self) -> AudioStream:
        tracks = self._container.streams.audio
        if not tracks:
            raise UnusableInputError(
                f"{self._uri}: no audio track in it, a {self._container.format.name} file."
            )
        return next((track for track in tracks if track.disposition & Disposition.default), tracks[0])

    def _read_properties(self) -> AudioProperties:
        context = self._stream.codec_context
        if context is None:
            raise UnusableInputError(f"{self._uri}: no decoder knows the format of the audio track.")
        duration = self._container.duration
        return AudioProperties(
            duration_seconds=None if duration is None else duration / av.time_base,
            container=self._container.format.name,
            codec=context.codec.canonical_name,
            sample_rate=context.sample_rate,
            channels=context.channels,
        )

    def _lead_seconds(self) -> float:
        """Return how much later than the file the track begins; 0 where the file's times make no sense."""
        stream, container = self._stream, self._container
        if stream.start_time is None or stream.time_base is None or container.start_time is None:
            return 0.0
        lead = float(stream.start_time * stream.time_base) - container.start_time / av.time_base
        return lead if container.duration and 0 < lead < container.duration / av.time_base else 0.0

    def _decode(self) -> Iterator[Block]:
        resampler: av.AudioResampler | None = None
        resampled_format: tuple[str, str, int] | None = None
        for frame in self._frames():
            frame_format = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or frame_format != resampled_format:
                if resampler is not None:
                    yield from _resample(resampler, None)
                resampler, resampled_format = _create_resampler(), frame_format
            yield from _resample(resampler, frame)
        if resampler is not None:
            yield from _resample(resampler, None)

    def _frames(self) -> Iterator[av.AudioFrame]:
        packets = 0
        for packet in self._packets():
            packets += 1
            try:
                yield from packet.decode()
            except av.FFmpegError:
                self.damaged_packets += 1
        if self.damaged_packets > DAMAGED_SHARE * packets:
            raise UnusableInputError(
                f"{self._uri}: damaged, {self.damaged_packets} of {packets} audio packets can't be decoded."
            )

    def _packets(self) -> Iterator["av.Packet[AudioStream]"]:
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError as error:
            raise UnusableInputError(f"{self._uri}: damaged, it can't be read to its end.") from error


def _silence(seconds: float) -> Iterator[Block]:
    samples = round(seconds * SAMPLE_RATE)
    for start in range(0, samples, BLOCK_SAMPLES):
        yield np.zeros(min(BLOCK_SAMPLES, samples - start), dtype=np.float32)


def _create_resampler() -> av.AudioResampler:
    return av.AudioResampler(
        format="fltp", layout="mono", rate=SAMPLE_RATE, frame_size=BLOCK_SAMPLES, options=MIX_OPTIONS
    )


def _resample(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> Iterator[Block]:
    for resampled in resampler.resample(frame):
        samples = resampled.to_ndarray()[0]
        # Not a number is never audible either; files of floating-point samples may hold it.
        audible = np.abs(samples) >= SILENCE_AMPLITUDE
        yield np.where(audible & np.isfinite(samples), samples, np.float32(0))
