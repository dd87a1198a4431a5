"""Find bytes of a file that no decoder reads: the remains of damaged packets."""

from bisect import bisect_right
from typing import cast

import av
from av.audio.stream import AudioStream

from transcriber.audio.containers.elementary import FRAME_FORMATS, FrameView
from transcriber.audio.containers.file_view import FileView
from transcriber.audio.containers.mpeg_tags import TAG_STARTS, tag_bytes

MPEG_AUDIO = "mp3"
AVI = "avi"
CHUNK_HEADER_BYTES = 8
LEAST_SECONDS = 0.02
LEAST_FRAMES = 0.5
INDEX_STEP = 16
"""The index is looked up once in this number of packets."""

COUNTING = frozenset({AVI, *FRAME_FORMATS})
"""Formats, by FFmpeg's names, whose timestamps count packets. Lost packets leave no gap in them."""


class UnreadBytes:
    """Follows the packets of one track through the file, and measures the unread audio between them."""

    def __init__(self, container: av.container.InputContainer, view: FileView) -> None:
        """Follow packets of ``container``, which FFmpeg reads from ``view``."""
        self._name = container.format.name
        # With other tracks, the bytes between two packets of this one are packets of the others.
        self._alone = len(container.streams) == 1
        self.counts_packets = self._name in COUNTING
        """Whether unread bytes leave no gap in the timestamps."""
        self._view = view
        self._end: int | None = None
        self._bytes = 0
        self._ticks = 0
        self._packets = 0
        self._first_frame: float | None = None
        self._frames_per_packet = 1
        self._lost_frames = 0.0
        self._tag_bytes = 0
        self._index_seconds = 0.0

    def unread_seconds(self, packet: "av.Packet[AudioStream]") -> float:
        """Return the seconds of unread audio before ``packet`` ends, estimated from the bit rate so far."""
        self._packets += bool(packet.size)
        if isinstance(self._view, FrameView) and self._name in FRAME_FORMATS:
            return self._lost_seconds(self._view, packet)
        if self._name == AVI:
            return self._off_index(packet)
        unread_bytes = 0
        if self._alone and packet.pos is not None and packet.size:
            if self._end is not None:
                unread_bytes = max(0, packet.pos - self._end)
            self._end = packet.pos + packet.size
        if self._alone and packet.duration:
            self._bytes += packet.size
            self._ticks += packet.duration
        if not unread_bytes or not self._bytes or packet.time_base is None:
            return 0.0
        return unread_bytes * self._ticks / self._bytes * float(packet.time_base)

    def without_tags(self, packet: "av.Packet[AudioStream]") -> "av.Packet[AudioStream] | None":
        """Return ``packet`` without the tags before its sound; None if it has nothing but tags."""
        if self._name != MPEG_AUDIO or not packet.size:
            return packet
        tags = min(self._tag_bytes, packet.size)
        content = memoryview(packet)
        if bytes(content[tags : tags + 3]) in TAG_STARTS:
            tags += tag_bytes(bytes(content[tags:]))
        if not tags:
            return packet
        self._tag_bytes = max(0, max(tags, self._tag_bytes) - packet.size)
        if packet.pos is not None:
            self._end = packet.pos + packet.size
        if tags >= packet.size:
            return None
        sound = av.Packet(bytes(content[tags:]))
        sound.pts, sound.dts, sound.time_base = packet.pts, packet.dts, packet.time_base
        sound.duration, sound.stream = packet.duration, packet.stream
        return cast("av.Packet[AudioStream]", sound)

    def _lost_seconds(self, view: FrameView, packet: "av.Packet[AudioStream]") -> float:
        """Return the seconds of audio lost before ``packet``.

        Its frame number minus the number of packets.
        """
        if not packet.size or not packet.duration or packet.time_base is None:
            return 0.0
        number = view.frame_number(memoryview(packet))
        if number is None:
            return 0.0
        if self._first_frame is None:
            self._first_frame = number - self._packets
        frames = number - self._first_frame
        if view.first_lost is None or number < view.first_lost:
            # All parts of one frame of E-AC-3 come in one packet.
            self._frames_per_packet = max(1, round(frames / self._packets))
            return 0.0
        lost = frames - self._packets * self._frames_per_packet - self._lost_frames
        if lost < LEAST_FRAMES:
            return 0.0
        self._lost_frames += lost
        return lost / self._frames_per_packet * float(packet.duration * packet.time_base)

    def _off_index(self, packet: "av.Packet[AudioStream]") -> float:
        """Return how many seconds the file's index moved ahead of the timestamps since the last call."""
        entries = packet.stream.index_entries
        if self._packets % INDEX_STEP or packet.pos is None or packet.pts is None or not len(entries):
            return 0.0
        at = bisect_right(entries, packet.pos, key=lambda entry: entry.pos) - 1
        if at < 0 or packet.time_base is None:
            return 0.0
        entry, first = entries[at], entries[0]
        expected = float(entry.timestamp)
        if len(entries) > 1 and packet.size and entries[1].timestamp - first.timestamp == first.size:
            # The index of raw sound counts bytes, and a chunk is several packets.
            into = packet.pos - entry.pos - CHUNK_HEADER_BYTES
            expected = (entry.timestamp + into) * (packet.duration or 0) / packet.size
        ahead = (expected - packet.pts) * float(packet.time_base)
        if ahead - self._index_seconds < LEAST_SECONDS:
            return 0.0
        ahead, self._index_seconds = ahead - self._index_seconds, ahead
        return ahead
