"""Decode the packets of one audio track to sound at 16 kHz, at the right times."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import av
from av.audio.stream import AudioStream

from transcriber.audio.channel_outputs import ChannelOutput, MixedOutput, Sound, SplitOutput
from transcriber.audio.channels import Channels, channels_of, cleaned, is_exact
from transcriber.audio.damage import DamageReport
from transcriber.audio.resampling import SILENCE_AMPLITUDE, silence
from transcriber.audio.timeline import TOLERANCE_SECONDS, Timed, Timeline
from transcriber.audio.unread_bytes import UnreadBytes
from transcriber.errors import UnusableInputError

SOUND_RATES = range(2_000, 800_000)
"""Sample rates of real recordings. An invented rate makes hours of audio out of a few bytes."""

MOST_PACKET_BYTES = 64 * 2**20
"""Packets of real files have kilobytes, or at most a second of raw sound.

Decoding needs nine times as much.
"""

PIECE_SECONDS = 0.5
"""How much sound is mixed and resampled in one call. Shorter pieces need more calls, which cost time."""

UNREAD_SHARE = 0.25
"""A gap is damage if the file has at least this share of the gap's bytes. A pause has no bytes."""

DECODER_FRAMES = 3
"""A decoder may give the frame of an earlier packet."""

UNDECODABLE = "can't be decoded"
NO_SOUND = "samples that are no sound"


class DecodedFrame(NamedTuple):
    """A decoded frame, and the position of its packet in the file in bytes, if known."""

    frame: av.AudioFrame
    position: int | None
    unread_seconds: float = 0.0
    """How much sound lies in the file before it that could not be read."""


class TrackDecoder:
    """Decodes, mixes and resamples one track. Lost parts become silence and go to the damage report."""

    def __init__(
        self,
        stream: AudioStream,
        uri: str,
        origin_seconds: float,
        start_seconds: float,
        damage: DamageReport,
        unread: UnreadBytes,
        is_pause: Callable[[float, "DecodedFrame | None", "DecodedFrame"], bool],
        width: int | None = None,
    ) -> None:
        """Decode the packets of ``stream``.

        Args:
            stream: the track.
            uri: the name of the file in messages.
            origin_seconds: the timestamp at which the recording begins.
            start_seconds: the duration of the recording before this section.
            damage: gets the losses.
            unread: finds bytes that no decoder reads.
            is_pause: says whether a gap is a pause or a jump of the clock.
            width: the number of channels to keep separate; None mixes them.
        """
        self.stream = stream
        self.timeline = Timeline[DecodedFrame](is_pause, _size, start_seconds)
        self.packet_count = 0
        self._width = width
        self._silence_amplitude = 0.0 if stream.codec_context.codec.lossless else SILENCE_AMPLITUDE
        self._tick_seconds = float(stream.time_base or 0)
        self._uri = uri
        self._origin = origin_seconds
        self._damage = damage
        self._unread = unread
        self._unread_seconds = 0.0
        self._recently_unread: deque[float] = deque(maxlen=DECODER_FRAMES)
        self._position: int | None = None
        self._run: _Run | None = None

    def decode(self, packet: "av.Packet[AudioStream]") -> Iterator[Sound]:
        """Yield the sound that is complete with ``packet``.

        Raises:
            UnusableInputError: it can't be recorded sound.
        """
        for frame in self._frames(packet):
            # The timeline keeps the time; the resampler needs frames without timestamps.
            timestamp, frame.pts = self._seconds(frame.pts), None
            decoded = DecodedFrame(frame, self._position, self._unread_seconds)
            self._unread_seconds = 0.0
            timed = Timed(timestamp, frame.samples / frame.sample_rate, decoded)
            for gap, placed in self.timeline.add(timed):
                yield from self._add_frame(gap, placed)

    def note_loss(self) -> None:
        """Note that the file had sound before the next packet that could not be read."""
        self._unread_seconds = math.inf

    def flush(self) -> Iterator[Sound]:
        """Yield the rest of the sound, at the end of the section."""
        for gap, decoded in self.timeline.flush():
            yield from self._add_frame(gap, decoded)
        yield from self._end_run()

    def seconds(self, packet: "av.Packet[AudioStream]") -> float:
        """Return the time of ``packet`` in the file."""
        return self.timeline.position_of(self._seconds(packet.pts))

    def _frames(self, whole: "av.Packet[AudioStream]") -> Iterator[av.AudioFrame]:
        packet = self._unread.without_tags(whole)
        if packet is None:
            # FFmpeg counts tags as sound.
            self.timeline.skip(-duration(whole))
            return
        if packet.size:
            self.packet_count += 1
        if packet.size > MOST_PACKET_BYTES:
            raise UnusableInputError(
                f"{self._uri}: a packet of {packet.size} bytes; allowed are {MOST_PACKET_BYTES}."
            )
        self._note_unread(packet)
        self._position = packet.pos if packet.pos is not None else self._position
        try:
            frames = packet.decode()
        except av.FFmpegError:
            start = self.seconds(packet)
            self._damage.add(start, start + duration(packet), UNDECODABLE)
            return
        for frame in frames:
            if frame.sample_rate not in SOUND_RATES:
                raise UnusableInputError(
                    f"{self._uri}: a sample rate of {frame.sample_rate} Hz;"
                    f" allowed are {SOUND_RATES.start} to {SOUND_RATES.stop}."
                )
            if frame.is_corrupt:
                start = self.timeline.position_of(self._seconds(frame.pts))
                self._damage.add(start, start + frame.samples / frame.sample_rate, UNDECODABLE)
            yield frame

    def _note_unread(self, packet: "av.Packet[AudioStream]") -> None:
        self._unread_seconds += self._unread.unread_seconds(packet)
        if self._unread.counts_packets and self._unread_seconds >= TOLERANCE_SECONDS:
            start = self.timeline.position_of(None)
            self._damage.add(start, start + self._unread_seconds, UNDECODABLE)
            self.timeline.skip(self._unread_seconds)
            self._unread_seconds = 0.0

    def _add_frame(self, gap_seconds: float, decoded: DecodedFrame) -> Iterator[Sound]:
        """Yield the sound that is complete with ``decoded``, which follows a gap of ``gap_seconds``."""
        frame = decoded.frame
        self._recently_unread.append(decoded.unread_seconds)
        kind = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
        if self._run is None or gap_seconds or kind != self._run.kind:
            yield from self._end_run()
            end = self.timeline.position - frame.samples / frame.sample_rate
            if gap_seconds:
                # A gap is damage if the file has bytes for it.
                if sum(self._recently_unread) > UNREAD_SHARE * gap_seconds:
                    self._damage.add(end - gap_seconds, end, UNDECODABLE)
                yield from silence(gap_seconds, self._width)
            self._run = _Run(kind, end, self._damage, self._silence_amplitude, self._width)
        yield from self._run.add(frame)

    def _end_run(self) -> Iterator[Sound]:
        if self._run is not None:
            yield from self._run.flush()
            self._run = None

    def _seconds(self, timestamp: int | None) -> float | None:
        """Return ``timestamp`` in seconds from the start of the file."""
        return None if timestamp is None else timestamp * self._tick_seconds - self._origin


class _Run:
    """Sound of one format without a gap. It collects frames to pieces and turns pieces into blocks."""

    def __init__(
        self,
        kind: tuple[str, int, int],
        start_seconds: float,
        damage: DamageReport,
        silence_amplitude: float,
        width: int | None,
    ) -> None:
        self.kind = kind
        _format, channels, self._sample_rate = kind
        self._seconds = start_seconds
        self._damage = damage
        self._piece_samples = round(PIECE_SECONDS * self._sample_rate)
        self._fifo = av.AudioFifo()
        self._output: ChannelOutput = (
            MixedOutput(channels, self._sample_rate, silence_amplitude)
            if width is None
            else SplitOutput(channels, self._sample_rate, silence_amplitude, width)
        )

    def add(self, frame: av.AudioFrame) -> Iterator[Sound]:
        self._fifo.write(frame)
        while self._fifo.samples >= self._piece_samples:
            yield from self._output.add(self._piece())

    def flush(self) -> Iterator[Sound]:
        if self._fifo.samples:
            yield from self._output.add(self._piece())
        yield from self._output.flush()

    def _piece(self) -> Channels:
        # A packet of raw sound can be large, and mixing holds several copies of a piece.
        samples = self._fifo.samples
        frame = self._fifo.read(self._piece_samples if samples > 2 * self._piece_samples else 0)
        assert frame is not None
        start = self._seconds
        self._seconds += frame.samples / self._sample_rate
        piece = channels_of(frame)
        bad = None
        if not is_exact(frame):
            piece, bad = cleaned(piece)
        if bad is not None:
            self._damage.add(
                start + bad.first / self._sample_rate, start + bad.end / self._sample_rate, NO_SOUND
            )
        return piece


def duration(packet: "av.Packet[AudioStream]") -> float:
    """Return the duration of ``packet`` that the container declares, in seconds."""
    if not packet.duration or not packet.time_base:
        return 0.0
    return packet.duration * packet.time_base.numerator / packet.time_base.denominator


def _size(heard: DecodedFrame) -> int:
    frame = heard.frame
    return frame.samples * frame.layout.nb_channels * frame.format.bytes
