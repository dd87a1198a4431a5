"""Read the sound of one section of a file, and find what is lost at its end."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import av
from av.audio.stream import AudioStream

from transcriber.audio.channel_outputs import Sound
from transcriber.audio.containers import transport_stream
from transcriber.audio.containers.mpeg4 import MPEG_4, boxes
from transcriber.audio.containers.ogg import OggLink
from transcriber.audio.damage import DamageReport
from transcriber.audio.sections import Section
from transcriber.audio.track_decoder import DecodedFrame, TrackDecoder
from transcriber.audio.track_join import TrackJoin
from transcriber.audio.unread_bytes import UnreadBytes

EXACT_CONTAINERS = frozenset({"wav", "w64", "aiff", "flac", MPEG_4})
"""Formats whose header has the exact duration of each track, so that a missing end can be found."""

DECLARING_CONTAINERS = frozenset({"matroska,webm", "avi", "asf", "flv"})
"""Formats whose header has the duration of the longest track."""

CHUNKED_CONTAINERS = frozenset({"wav", "w64", "aiff", "caf"})
"""Formats in which other data may follow the sound. FFmpeg does not read such data."""

EXACT_SECONDS = 0.25
ABOUT_SECONDS = 1.0
UNREAD_SECONDS = 0.1

MISSING = "missing from the file"
UNREAD = "can't be read"


class SectionReader:
    """Reads one section of a recording: decodes its tracks and joins them."""

    def __init__(
        self,
        section: Section,
        streams: Sequence[AudioStream],
        uri: str,
        start_seconds: float,
        origin_seconds: float,
        damage: DamageReport,
        widths: Mapping[int, int | None],
    ) -> None:
        """Read ``streams`` of ``section``.

        Args:
            section: what to read.
            streams: the tracks to use.
            uri: the name of the file in messages.
            start_seconds: where in the recording this begins.
            origin_seconds: the timestamp of the start of the recording.
            damage: gets the losses.
            widths: by the index of a stream, how many of its channels to keep apart; None mixes them.
        """
        self.section = section
        self.read_to = 0
        """The end of the last packet of any track, in bytes of the section."""
        self.is_broken = False
        """Whether FFmpeg stopped reading because of an error."""
        self._damage = damage
        self._start = start_seconds
        self._widths = {stream.index: widths[stream.index] for stream in streams}
        self._origin = origin_seconds
        self._clock = start_seconds
        self._decoders = {
            stream.index: TrackDecoder(
                stream,
                uri,
                origin_seconds,
                start_seconds,
                damage,
                UnreadBytes(section.container, section.view),
                self._is_pause,
                widths[stream.index],
            )
            for stream in streams
        }

        if section.keeps_clock:
            for decoder in self._decoders.values():
                decoder.note_loss()

    @property
    def position(self) -> float:
        """How far the recording is read, in seconds."""
        return max(decoder.timeline.position for decoder in self._decoders.values())

    @property
    def packet_count(self) -> int:
        """The number of packets of sound so far."""
        return sum(decoder.packet_count for decoder in self._decoders.values())

    def blocks(self) -> Iterator[Sound]:
        """Yield the sound of the section.

        Raises:
            UnusableInputError: it can't be recorded sound.
            TranscriberError: the file can't be read.
        """
        if len(self._decoders) == 1:
            (decoder,) = self._decoders.values()
            for packet in self._packets():
                yield from decoder.decode(packet)
            yield from decoder.flush()
            return
        join = TrackJoin(self._widths, self._start, self._damage)
        for packet in self._packets():
            index = packet.stream.index
            for block in self._decoders[index].decode(packet):
                yield from join.add(index, block)
        for index, decoder in self._decoders.items():
            for block in decoder.flush():
                yield from join.add(index, block)
        yield from join.flush()

    def report_missing_end(self) -> None:
        """Add to the damage report what is lost at the end of the last section."""
        end = self.position
        if end == self._start and not self.is_broken:
            return
        share = self.section.declared_share
        if share > 1:
            self._report_missing(end, self._start + share * (end - self._start), EXACT_SECONDS)
        name = self.section.container.format.name
        if name in EXACT_CONTAINERS and not self.section.keeps_clock:
            for decoder in self._decoders.values():
                stream = decoder.stream
                if stream.duration and stream.time_base:
                    first = (stream.start_time or 0) * stream.time_base
                    end_seconds = float(first + stream.duration * stream.time_base) - self._origin
                    self._report_missing(decoder.timeline.position, end_seconds, EXACT_SECONDS)
        declared = self.section.container.duration
        if declared is not None and (self.is_broken or name in DECLARING_CONTAINERS):
            declared_end = self.section.start_seconds - self._origin + declared / av.time_base
            self._report_missing(max(end, self._clock), declared_end, ABOUT_SECONDS)
        if isinstance(self.section.view, OggLink):
            self._report_unread(end, self.section.view.unfinished_bytes)
        self._report_unread(end, self.section.view.end - max(self.section.view.read_end, self.read_to))

    def _report_missing(self, end: float, declared_end: float, tolerance: float) -> None:
        if declared_end - end > tolerance:
            self._damage.add(end, declared_end, MISSING)

    def _report_unread(self, end: float, unread: int) -> None:
        """Report the sound that ``unread`` bytes at the end would have been."""
        if unread <= 0 or not self.read_to or self._is_known_trailer():
            return
        seconds = unread * (end - self._start) / self.read_to
        if seconds >= UNREAD_SECONDS:
            self._damage.add(end, end + seconds, UNREAD)

    def _is_known_trailer(self) -> bool:
        name = self.section.container.format.name
        if name == MPEG_4:
            view = self.section.look
            following = list(boxes(view, self.read_to, view.end))
            ends_there = bool(following) and following[-1].end == view.end
            return ends_there and not any(box.kind in (b"moof", b"mdat") for box in following)
        return name in CHUNKED_CONTAINERS

    def _packets(self) -> Iterator["av.Packet[AudioStream]"]:
        """Yield the packets of the used tracks, and note positions and times of all packets."""
        try:
            for packet in self.section.container.demux():
                if packet.pos is not None and packet.size:
                    if packet.pos < self.section.sound_start:
                        continue
                    self.read_to = max(self.read_to, packet.pos + packet.size)
                if packet.stream.index in self._decoders:
                    yield cast("av.Packet[AudioStream]", packet)
                elif packet.pts is not None and packet.time_base is not None:
                    self._clock = max(self._clock, float(packet.pts * packet.time_base) - self._origin)
        except IndexError:
            # Damage can make FFmpeg find streams that do not exist. PyAV flushes them last, and fails.
            return
        except av.FFmpegError:
            self.is_broken = True

    def _is_pause(self, gap_seconds: float, before: DecodedFrame | None, after: DecodedFrame) -> bool:
        """Return whether a gap is a pause of the recording, or else a jump of its clock."""
        if self.section.container.format.name != transport_stream.NAME:
            return True
        if before is None or before.position is None or after.position is None:
            return True
        return transport_stream.is_pause(self.section.look, gap_seconds, before.position, after.position)
