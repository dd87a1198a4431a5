"""Decode any audio or video file to 16 kHz mono as it is read, in constant memory."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from types import TracebackType
from typing import BinaryIO, Self

import av
import numpy as np
from av.audio.stream import AudioStream

from transcriber.byte_trail import ByteTrail
from transcriber.damage import DamageReport
from transcriber.errors import UnusableInputError
from transcriber.opening import open_container
from transcriber.resampling import BLOCK_SAMPLES, SAMPLE_RATE, Block, create_resampler, resample, sliced
from transcriber.timeline import TOLERANCE_SECONDS, Timeline
from transcriber.tracks import rank_tracks

SOUND_RATES = range(2_000, 800_000)
"""Sample rates of real recordings; a made-up one makes hours of audio out of a few bytes."""

MOST_AUDIO_SECONDS = 48 * 3600.0
"""A small file can decode to years of silence; no recording of people speaking is longer than two days."""

MOST_PACKET_BYTES = 64 * 2**20
"""Packets of real files have kilobytes, of raw sound a second at most; decoding takes nine times that."""

EXACT_CONTAINERS = frozenset({"wav", "w64", "aiff", "flac", "mov,mp4,m4a,3gp,3g2,mj2"})
"""Formats whose header tells the duration exactly, so that a missing end can be told."""

MISSING_END_SECONDS = 1.0

UNREAD_SHARE = 0.25
"""A gap is damage where this share of its bytes is in the file; a pause of the recorder has none."""

UNDECODABLE = "can't be decoded"
MISSING = "missing from the file"

__all__ = ["SAMPLE_RATE", "AudioProperties", "AudioReader", "Block"]


@dataclass(frozen=True)
class AudioProperties:
    """What the file says about its audio, by FFmpeg's names; its duration may be wrong, or None."""

    duration_seconds: float | None
    container: str
    codec: str
    sample_rate: int
    channels: int


class AudioReader(AbstractContextManager["AudioReader"]):
    """The audio of one file: its best audio track; pictures and video are passed over.

    What is damaged or missing is silence in `blocks` and stands in `damage`. Opening it decodes the first
    audio, so what opens has audio that decodes.
    """

    def __init__(self, file: BinaryIO, uri: str) -> None:
        """Open ``file``, which is seekable and stays open as long as this; messages call it ``uri``.

        Raises:
            UnusableInputError: not audio or video, no audio track, nothing in it that decodes.
            TranscriberError: what reading the file raises.
        """
        self.read_seconds = 0.0
        """How much of the audio `blocks` has given so far."""
        self.damage = DamageReport()
        """What is lost of the audio so far."""
        self._uri = uri
        self._timeline = Timeline()
        self._packets = 0
        self._unread_seconds = 0.0
        self._container = open_container(file, uri)
        self._trail = ByteTrail(self._container)
        try:
            self._stream = self._choose_track()
            self._origin = self._find_origin()
            self.properties = self._read_properties()
            decoded = self._decode()
            first = next(decoded, None)
            if first is None:
                raise UnusableInputError(f"{uri}: {self._why_empty()}.")
        except BaseException:
            self._container.close()
            raise
        self._blocks = chain([first], decoded)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def blocks(self) -> Iterator[Block]:
        """Yield the file's audio from its start, a second a block at most; can be read once.

        Where the audio track begins later than the file, silence comes first: times are those of the file.

        Raises:
            UnusableInputError: there is no end of it.
            TranscriberError: what reading the file raises.
        """
        for block in self._blocks:
            self.read_seconds += len(block) / SAMPLE_RATE
            if self.read_seconds > MOST_AUDIO_SECONDS:
                raise UnusableInputError(
                    f"{self._uri}: over {MOST_AUDIO_SECONDS / 3600:.0f} hours of audio, the most allowed."
                )
            yield block

    def _choose_track(self) -> AudioStream:
        if not self._container.streams.audio:
            raise UnusableInputError(
                f"{self._uri}: no audio track in it, a {self._container.format.name} file."
            )
        tracks = rank_tracks(self._container.streams.audio)
        if not tracks:
            raise UnusableInputError(f"{self._uri}: no decoder knows the format of the audio track.")
        return tracks[0]

    def _find_origin(self) -> float:
        """Return the timestamp of the start of the file, in seconds."""
        start = self._container.start_time
        return 0.0 if start is None else start / av.time_base

    def _read_properties(self) -> AudioProperties:
        context = self._stream.codec_context
        duration = self._container.duration
        return AudioProperties(
            duration_seconds=None if duration is None or duration < 0 else duration / av.time_base,
            container=self._container.format.name,
            codec=context.codec.canonical_name,
            sample_rate=context.sample_rate,
            channels=context.channels,
        )

    def _why_empty(self) -> str:
        if self.damage.entries:
            return f"damaged, none of its {self._packets} audio packets can be decoded"
        return "the audio track is empty"

    def _decode(self) -> Iterator[Block]:
        resampler: av.AudioResampler | None = None
        resampled_format: tuple[str, str, int] | None = None
        for frame in self._frames():
            gap = self._timeline.gap_before(self._seconds(frame.pts, frame.time_base))
            frame_format = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or gap or frame_format != resampled_format:
                if resampler is not None:
                    yield from resample(resampler, None)
                resampler, resampled_format = create_resampler(), frame_format
            yield from self._silence(gap)
            self._timeline.advance(frame.samples / frame.sample_rate)
            frame.pts = None
            for piece in sliced(frame):
                try:
                    blocks = list(resample(resampler, piece))
                except av.FFmpegError as error:
                    channels = frame.layout.nb_channels
                    raise UnusableInputError(
                        f"{self._uri}: audio of {channels} channels can't be mixed."
                    ) from error
                yield from blocks
        if resampler is not None:
            yield from resample(resampler, None)
            self._report_missing_end()

    def _frames(self) -> Iterator[av.AudioFrame]:
        for packet in self._demux():
            self._packets += 1
            if packet.size > MOST_PACKET_BYTES:
                raise UnusableInputError(
                    f"{self._uri}: a packet of {packet.size} bytes; allowed are {MOST_PACKET_BYTES}."
                )
            self._note_unread(packet)
            try:
                frames = packet.decode()
            except av.FFmpegError:
                start = self._timeline.place(self._seconds(packet.pts, packet.time_base))
                self.damage.add(start, start + _duration(packet), UNDECODABLE)
                continue
            for frame in frames:
                if frame.sample_rate not in SOUND_RATES:
                    raise UnusableInputError(
                        f"{self._uri}: a sample rate of {frame.sample_rate} Hz;"
                        f" allowed are {SOUND_RATES.start} to {SOUND_RATES.stop}."
                    )
                if frame.is_corrupt:
                    start = self._timeline.place(self._seconds(frame.pts, frame.time_base))
                    self.damage.add(start, start + frame.samples / frame.sample_rate, UNDECODABLE)
                yield frame

    def _note_unread(self, packet: "av.Packet[AudioStream]") -> None:
        self._unread_seconds += self._trail.unread_seconds(packet)
        if self._trail.counts_packets and self._unread_seconds >= TOLERANCE_SECONDS:
            start = self._timeline.position
            self.damage.add(start, start + self._unread_seconds, UNDECODABLE)
            self._timeline.skip(self._unread_seconds)
            self._unread_seconds = 0.0

    def _silence(self, gap_seconds: float) -> Iterator[Block]:
        """Yield ``gap_seconds`` of silence; they are damage where bytes for them are in the file."""
        if gap_seconds and self._unread_seconds > UNREAD_SHARE * gap_seconds:
            end = self._timeline.position
            self.damage.add(end - gap_seconds, end, UNDECODABLE)
        self._unread_seconds = 0.0
        samples = round(gap_seconds * SAMPLE_RATE)
        for start in range(0, samples, BLOCK_SAMPLES):
            yield np.zeros(min(BLOCK_SAMPLES, samples - start), dtype=np.float32)

    def _demux(self) -> Iterator["av.Packet[AudioStream]"]:
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError:
            start = self._timeline.position
            self.damage.add(start, max(start, self.properties.duration_seconds or start), MISSING)

    def _report_missing_end(self) -> None:
        stream = self._stream
        if self._container.format.name in EXACT_CONTAINERS and stream.duration and stream.time_base:
            start = self._timeline.position
            end = float(stream.duration * stream.time_base)
            if end - start > MISSING_END_SECONDS:
                self.damage.add(start, end, MISSING)

    def _seconds(self, timestamp: int | None, time_base: Fraction | None) -> float | None:
        """Return ``timestamp`` in seconds from the start of the file."""
        if timestamp is None or time_base is None:
            return None
        return float(timestamp * time_base) - self._origin


def _duration(packet: "av.Packet[AudioStream]") -> float:
    return float(packet.duration * packet.time_base) if packet.duration and packet.time_base else 0.0
