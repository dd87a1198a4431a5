"""Decode any audio or video file to 16 kHz mono as it is read, in constant memory."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import BinaryIO, Self, cast

import av
from av.audio.stream import AudioStream

from transcriber.byte_trail import ByteTrail
from transcriber.damage import DamageReport
from transcriber.errors import UnusableInputError
from transcriber.joining import TrackMix
from transcriber.opening import open_container
from transcriber.resampling import SAMPLE_RATE, Block
from transcriber.timeline import any_gap_is_a_pause
from transcriber.track_decoder import MOST_PACKET_BYTES, TrackDecoder
from transcriber.tracks import Track, choose, ranked_streams

MOST_AUDIO_SECONDS = 48 * 3600.0
"""A small file can decode to years of silence; no recording of people speaking is longer than two days."""

EXACT_CONTAINERS = frozenset({"wav", "w64", "aiff", "flac", "mov,mp4,m4a,3gp,3g2,mj2"})
"""Formats whose header tells the duration exactly, so that a missing end can be told."""

MISSING_END_SECONDS = 1.0

MISSING = "missing from the file"

__all__ = ["MOST_PACKET_BYTES", "SAMPLE_RATE", "AudioProperties", "AudioReader", "Block"]


@dataclass(frozen=True)
class AudioProperties:
    """What the file says about its audio, by FFmpeg's names; its duration may be wrong, or None."""

    duration_seconds: float | None
    container: str
    codec: str
    sample_rate: int
    channels: int


class AudioReader(AbstractContextManager["AudioReader"]):
    """The audio of one file: all tracks that are parts of it, mixed; pictures and video are passed over.

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
        self._container = open_container(file, uri)
        try:
            self.tracks = self._choose_tracks()
            """All audio tracks of the file."""
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

    def _choose_tracks(self) -> list[Track]:
        streams = self._container.streams.audio
        if not streams:
            raise UnusableInputError(
                f"{self._uri}: no audio track in it, a {self._container.format.name} file."
            )
        tracks = choose(streams)
        if not any(track.used for track in tracks):
            raise UnusableInputError(f"{self._uri}: no decoder knows the format of the audio track.")
        return tracks

    def _read_properties(self) -> AudioProperties:
        context = self._heard_streams()[0].codec_context
        duration = self._container.duration
        return AudioProperties(
            duration_seconds=None if duration is None or duration < 0 else duration / av.time_base,
            container=self._container.format.name,
            codec=context.codec.canonical_name,
            sample_rate=context.sample_rate,
            channels=context.channels,
        )

    def _heard_streams(self) -> list[AudioStream]:
        """Return the tracks that are heard, best first."""
        used = {track.index for track in self.tracks if track.used}
        return ranked_streams([stream for stream in self._container.streams.audio if stream.index in used])

    def _why_empty(self) -> str:
        if self.damage.entries:
            packets = sum(decoder.packet_count for decoder in self._decoders.values())
            return f"damaged, none of its {packets} audio packets can be decoded"
        return "the audio track is empty"

    def _decode(self) -> Iterator[Block]:
        start = self._container.start_time
        origin = 0.0 if start is None else start / av.time_base
        trail = ByteTrail(self._container)
        self._decoders = decoders = {
            stream.index: TrackDecoder(stream, self._uri, origin, self.damage, trail, any_gap_is_a_pause)
            for stream in self._heard_streams()
        }
        if len(decoders) == 1:
            ((_index, decoder),) = decoders.items()
            for packet in self._demux():
                yield from decoder.decode(packet)
            yield from decoder.rest()
        else:
            mix = TrackMix(list(decoders), self.damage)
            for packet in self._demux():
                index = packet.stream.index
                for block in decoders[index].decode(packet):
                    yield from mix.add(index, block)
            for index, decoder in decoders.items():
                for block in decoder.rest():
                    yield from mix.add(index, block)
            yield from mix.rest()
        self._report_missing_end()

    def _demux(self) -> Iterator["av.Packet[AudioStream]"]:
        try:
            for packet in self._container.demux(*(decoder.stream for decoder in self._decoders.values())):
                yield cast("av.Packet[AudioStream]", packet)
        except av.FFmpegError:
            start = self._position
            self.damage.add(start, max(start, self.properties.duration_seconds or start), MISSING)

    @property
    def _position(self) -> float:
        return max(decoder.timeline.position for decoder in self._decoders.values())

    def _report_missing_end(self) -> None:
        if self._container.format.name not in EXACT_CONTAINERS or not self._position:
            return
        for decoder in self._decoders.values():
            stream, start = decoder.stream, decoder.timeline.position
            if stream.duration and stream.time_base:
                end = float(stream.duration * stream.time_base)
                if end - start > MISSING_END_SECONDS:
                    self.damage.add(start, end, MISSING)
