"""Streams of frames without a container: AAC in ADTS, AC-3, E-AC-3. Their only clock is the count of frames.

FFmpeg leaves out what is no frame and counts on, so that all that follows a scratch would be early. Here the
frames are counted beside it, and what lies between them unread.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from transcriber.file_view import FileView, Span
from transcriber.mpeg_tags import tag_bytes

HEADER_BYTES = 7
AC3_KILOBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
LAST_AC3_VERSION = 10
NEAR_FRAMES = 2000
"""By the size of so many frames at most the lost ones are estimated."""


@dataclass(frozen=True)
class Loss:
    """Bytes between frames that are none."""

    frames_before: int
    frames: float
    """How many were lost, by the size of those around."""


def adts_frame_bytes(header: bytes) -> int | None:
    """Return the size of the frame of AAC that begins with ``header``, None if none does."""
    if header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0xF > 12:
        return None
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > HEADER_BYTES else None


def ac3_frame_bytes(header: bytes) -> int | None:
    """Return the size of the frame of AC-3 or E-AC-3 that begins with ``header``, None if none does."""
    if header[:2] != b"\x0b\x77":
        return None
    if header[5] >> 3 > LAST_AC3_VERSION:
        return 2 * ((header[2] & 7) << 8 | header[3]) + 2
    rate, code = header[4] >> 6, header[4] & 0x3F
    if rate == 3 or code // 2 >= len(AC3_KILOBITS):
        return None
    kilobits = AC3_KILOBITS[code // 2]
    return (4 * kilobits, 2 * (kilobits * 320 // 147 + code % 2), 6 * kilobits)[rate]


FRAME_FORMATS = frozenset({"aac", "ac3", "eac3"})
"""FFmpeg's names of these formats."""


def frames_of(head: bytes) -> Callable[[bytes], int | None] | None:
    """Return what tells the size of frames in a stream that begins with ``head``, None if it is none."""
    at = tag_bytes(head)
    for frame_bytes in (adts_frame_bytes, ac3_frame_bytes):
        first = head[at : at + HEADER_BYTES].ljust(HEADER_BYTES, b"\0")
        if size := frame_bytes(first):
            second = head[at + size : at + size + HEADER_BYTES].ljust(HEADER_BYTES, b"\0")
            if frame_bytes(second):
                return frame_bytes
    return None


class FrameView(FileView):
    """A file whose frames are counted as it is read."""

    def __init__(
        self, file: BinaryIO, spans: Sequence[Span], frame_bytes: Callable[[bytes], int | None]
    ) -> None:
        """Show ``spans`` of ``file``; ``frame_bytes`` tells the size of a frame by its header."""
        super().__init__(file, spans)
        self.losses: deque[Loss] = deque()
        """What was found between frames and not yet taken from here."""
        self._frame_bytes = frame_bytes
        self._rest = b""
        self._seen = 0
        self._frames = 0
        self._lost_bytes = 0
        self._sizes: deque[int] = deque(maxlen=NEAR_FRAMES)

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes, ``size`` at most."""
        start = self.tell()
        data = super().read(size)
        if start <= self._seen < start + len(data):
            self._rest += data[self._seen - start :]
            self._seen = start + len(data)
            self._walk(self._frame_bytes)
        return data

    def _walk(self, frame_bytes: Callable[[bytes], int | None]) -> None:
        """Count the whole frames in what was read; a frame is one that another one follows."""
        data, at = self._rest, 0
        while at + HEADER_BYTES <= len(data):
            size = frame_bytes(data[at : at + HEADER_BYTES])
            if size is None:
                at += 1
                self._lost_bytes += bool(self._frames)
                continue
            if at + size + HEADER_BYTES > len(data):
                break
            if frame_bytes(data[at + size : at + size + HEADER_BYTES]) is None and self._lost_bytes:
                at += 1
                self._lost_bytes += 1
                continue
            if self._lost_bytes:
                self._note_loss()
            self._sizes.append(size)
            self._frames += 1
            at += size
        self._rest = data[at:]

    def _note_loss(self) -> None:
        total, frames = 0, 0
        for size in reversed(self._sizes):
            total, frames = total + size, frames + 1
            if total > 2 * self._lost_bytes:
                break
        if frames:
            self.losses.append(Loss(self._frames, self._lost_bytes * frames / total))
        self._lost_bytes = 0
