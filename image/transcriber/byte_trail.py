"""Bytes of a file that no decoder gets to see: what a scratch leaves of the packets that it hits."""

import av
from av.audio.stream import AudioStream

from transcriber.file_view import FileView

MOST_FRAME_BYTES = 1792
"""No frame of MPEG audio is larger (layer II, 384 kbit/s, 32 kHz); a larger packet has unreadable bytes."""

MPEG_AUDIO = "mp3"
"""FFmpeg's name of the format in which timestamps count packets, so that lost ones leave no gap in them."""


class ByteTrail:
    """Follows the packets of one track through the file and tells how much audio lies between them unread."""

    def __init__(self, container: av.container.InputContainer, view: FileView) -> None:
        self._view = view
        # Between the packets of audio lie those of other tracks.
        self._alone = len(container.streams) == 1
        self.counts_packets = container.format.name == MPEG_AUDIO
        """Whether unread bytes leave no gap in the timestamps."""
        self._end: int | None = None
        self._bytes = 0
        self._seconds = 0.0

    def unread_seconds(self, packet: "av.Packet[AudioStream]") -> float:
        """Return how much audio, at the bit rate so far, lies unread before the end of ``packet``."""
        unread_bytes = 0
        if self._alone and packet.pos is not None and packet.size:
            if self._end is not None:
                unread_bytes = max(0, packet.pos - self._end)
            self._end = packet.pos + packet.size
        if self.counts_packets and packet.size > MOST_FRAME_BYTES:
            unread_bytes += packet.size
        elif packet.duration and packet.time_base:
            self._bytes += packet.size
            # Not by the Fraction itself, which takes longer than decoding a packet of raw sound.
            self._seconds += packet.duration * packet.time_base.numerator / packet.time_base.denominator
        return unread_bytes * self._seconds / self._bytes if self._bytes else 0.0
