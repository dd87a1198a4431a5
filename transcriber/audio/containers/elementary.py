"""Count the frames of streams without a container: MPEG audio, AAC, AC-3. The count is their only clock.

FFmpeg counts packets. After damage, a packet may hold many frames or none, so all later times would be too
early. This module counts the frames, the lost ones too, and finds each packet among the frames by its first
bytes.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import and_
from typing import BinaryIO

from transcriber.audio.containers.file_view import FileView, Span
from transcriber.audio.containers.mpeg_tags import TAG_STARTS, tag_bytes

HEADER_BYTES = 7
AC3_KILOBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
LAST_AC3_VERSION = 10
MPEG_RATES = (44_100, 48_000, 32_000)
MPEG_KILOBITS = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by (whether it is MPEG-1, layer)."""

MOST_TAG_HEADER_BYTES = 64
NEAR_FRAMES = 2000
"""The number of last frames whose sizes estimate how many frames were lost."""


KEY_BYTES = 32
"""The number of first bytes by which a frame differs from its neighbours."""

MOST_KEPT_FRAMES = 100_000
"""Enough, as FFmpeg reads 5 MB ahead of its packets at the start, and less later."""


@dataclass(frozen=True)
class Frame:
    """The first bytes of a frame, and its number. Lost frames before it are counted too."""

    start: bytes
    number: float


def adts_frame_bytes(header: bytes) -> int | None:
    """Return the size of the frame of AAC that begins with ``header``; None if none does."""
    if header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0xF > 12:
        return None
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > HEADER_BYTES else None


def ac3_frame_bytes(header: bytes) -> int | None:
    """Return the size of the frame of AC-3 or E-AC-3 that begins with ``header``; None if none does."""
    if header[:2] != b"\x0b\x77":
        return None
    if header[5] >> 3 > LAST_AC3_VERSION:
        return 2 * ((header[2] & 7) << 8 | header[3]) + 2
    rate, code = header[4] >> 6, header[4] & 0x3F
    if rate == 3 or code // 2 >= len(AC3_KILOBITS):
        return None
    kilobits = AC3_KILOBITS[code // 2]
    return (4 * kilobits, 2 * (kilobits * 320 // 147 + code % 2), 6 * kilobits)[rate]


def mpeg_frame_bytes(header: bytes) -> int | None:
    """Return the size of the frame of MPEG audio (mp3) that begins with ``header``; None if none does."""
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate, bits = header[2] >> 2 & 3, header[2] >> 4
    is_frame = header[0] == 0xFF and header[1] & 0xE0 == 0xE0
    if not is_frame or version == 1 or layer == 4 or rate == 3 or bits in (0, 15):
        return None
    is_first = version == 3
    kilobits = MPEG_KILOBITS[is_first, layer if is_first or layer == 1 else 2][bits - 1]
    sample_rate = MPEG_RATES[rate] // (1 if is_first else 2 if version == 2 else 4)
    padding = header[2] >> 1 & 1
    if layer == 1:
        return 4 * (12_000 * kilobits // sample_rate + padding)
    return (144_000 if is_first or layer == 2 else 72_000) * kilobits // sample_rate + padding


@dataclass(frozen=True)
class FrameFormat:
    """How to recognise the frames of a format."""

    frame_bytes: Callable[[bytes], int | None]
    fixed: bytes
    """A mask of the header bits that are the same in all frames of a file."""


FRAME_FORMATS = {
    "aac": FrameFormat(adts_frame_bytes, b"\xff\xff\xfc\xc0"),
    "ac3": FrameFormat(ac3_frame_bytes, b"\xff\xff\x00\x00"),
    "mp3": FrameFormat(mpeg_frame_bytes, b"\xff\xfe\x0c\x00"),
}
FRAME_FORMATS["eac3"] = FRAME_FORMATS["ac3"]
"""By FFmpeg's names."""


def frames_of(head: bytes) -> FrameFormat | None:
    """Return the format of the stream of frames that begins with ``head``; None if it is not one."""
    at = tag_bytes(head)
    for each in FRAME_FORMATS.values():
        first = head[at : at + HEADER_BYTES].ljust(HEADER_BYTES, b"\0")
        if size := each.frame_bytes(first):
            second = head[at + size : at + size + HEADER_BYTES].ljust(HEADER_BYTES, b"\0")
            if each.frame_bytes(second):
                return each
    return None


class FrameView(FileView):
    """A file whose frames are counted as it is read."""

    def __init__(self, file: BinaryIO, spans: Sequence[Span], form: FrameFormat) -> None:
        """Show ``spans`` of ``file``, which has frames of ``form``."""
        super().__init__(file, spans)
        self.first_lost: float | None = None
        """The number of the first frame that was lost, if any was."""
        self._format = form
        self._like: bytes | None = None
        """The fixed bits of the headers of this file."""
        self._tag_bytes = 0
        self._rest = b""
        self._seen = 0
        self._number = 0.0
        self._lost_bytes = 0
        self._sizes: deque[int] = deque(maxlen=NEAR_FRAMES)
        self._frames: deque[Frame] = deque(maxlen=MOST_KEPT_FRAMES)

    def frame_number(self, packet: bytes | memoryview) -> float | None:
        """Return the number of the frame at the start of ``packet``; None if there is no frame.

        Packets come in the order of the frames. FFmpeg's packet positions are wrong after damage.
        """
        start = bytes(packet[:KEY_BYTES])
        for passed, frame in enumerate(self._frames):
            if start.startswith(frame.start):
                for _ in range(passed + 1):
                    self._frames.popleft()
                return frame.number
        return None

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes, ``size`` at most."""
        start = self.tell()
        data = super().read(size)
        if start <= self._seen < start + len(data):
            self._rest += data[self._seen - start :]
            self._seen = start + len(data)
            self._walk()
        return data

    def _walk(self) -> None:
        """Count the complete frames in the bytes read so far.

        After a loss, a frame counts if another follows it.
        """
        data, at = self._rest, 0
        while at + HEADER_BYTES <= len(data):
            if self._tag_bytes:
                skipped = min(self._tag_bytes, len(data) - at)
                self._tag_bytes -= skipped
                at += skipped
                continue
            size = self._size_at(data, at)
            if size is None and data[at : at + 3] in TAG_STARTS:
                if len(data) - at < MOST_TAG_HEADER_BYTES and self._seen < self.size:
                    break
                self._tag_bytes = tag_bytes(data[at : at + MOST_TAG_HEADER_BYTES])
            if size is None:
                at += 0 if self._tag_bytes else 1
                self._lost_bytes += bool(self._number) and not self._tag_bytes
                continue
            if at + size + HEADER_BYTES > len(data):
                break
            if self._lost_bytes and self._size_at(data, at + size) is None:
                at += 1
                self._lost_bytes += 1
                continue
            if self._lost_bytes:
                self._note_loss()
            self._like = self._like or self._fixed(data, at)
            self._sizes.append(size)
            self._frames.append(Frame(data[at : at + min(size, KEY_BYTES)], self._number))
            self._number += 1
            at += size
        self._rest = data[at:]

    def _size_at(self, data: bytes, at: int) -> int | None:
        if self._like is not None and self._fixed(data, at) != self._like:
            return None
        return self._format.frame_bytes(data[at : at + HEADER_BYTES])

    def _fixed(self, data: bytes, at: int) -> bytes:
        return bytes(map(and_, data[at : at + 4], self._format.fixed))

    def _note_loss(self) -> None:
        total, frames = 0, 0
        for size in reversed(self._sizes):
            total, frames = total + size, frames + 1
            if total > 2 * self._lost_bytes:
                break
        if self.first_lost is None:
            self.first_lost = self._number
        self._number += self._lost_bytes * frames / total
        self._lost_bytes = 0
