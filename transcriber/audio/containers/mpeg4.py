"""Read the boxes of MPEG-4 files and QuickTime movies."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from transcriber.audio.containers.file_view import FileView, read_at

MPEG_4 = "mov,mp4,m4a,3gp,3g2,mj2"
"""FFmpeg's name of the format."""

MOST_TOP_BOXES = 64
"""Movies without fragments have a handful of boxes. Each box costs a read."""

SEARCH_BYTES = 2**20


@dataclass(frozen=True)
class Box:
    """A box of MPEG-4: its kind, and the start and end of its content."""

    kind: bytes
    start: int
    end: int


def boxes(file: BinaryIO | FileView, position: int, end: int) -> Iterator[Box]:
    """Yield the boxes from ``position`` on, until one is invalid."""
    while position + 8 <= end:
        head = read_at(file, position, 16)
        size, kind = struct.unpack_from(">I4s", head)
        header = 8
        if size == 1 and len(head) == 16:
            (size,), header = struct.unpack_from(">Q", head, 8), 16
        if size == 0:
            size = end - position
        if size < header or position + size > end:
            return
        yield Box(kind, position + header, position + size)
        position += size


def box_inside(file: FileView, box: Box, *path: bytes) -> Box | None:
    """Return the first box at ``path`` within ``box``; None if there is none."""
    for kind in path:
        found = next((each for each in boxes(file, box.start, box.end) if each.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def end_of_movie(file: BinaryIO, start: int, end: int) -> int:
    """Return the end of the movie that begins at ``start``: the start of the next movie, or ``end``."""
    for number, box in enumerate(boxes(file, start, end)):
        if box.kind == b"moof" or number > MOST_TOP_BOXES:
            return end
        if box.kind == b"ftyp" and number:
            return box.start - 8
    return end


def fragments_after(file: FileView, position: int) -> list[tuple[int, int]]:
    """Return the two ranges to read for the fragments after ``position``: the header, and the rest.

    The list is empty if the movie has no fragments, or no more of them.
    """
    header_end = None
    for box in boxes(file, 0, file.size):
        if box.kind == b"moof":
            header_end = box.start - 8
            break
        if box.kind == b"mdat":
            break
    if header_end is None:
        return []
    found = _find_fragment(file, max(position, header_end + 8))
    return [] if found is None else [(0, header_end), (found, file.size)]


def _find_fragment(file: FileView, position: int) -> int | None:
    while position < file.size:
        data = read_at(file, position, SEARCH_BYTES)
        at = data.find(b"moof")
        while at >= 0:
            start = position + at - 4
            head = read_at(file, start, 16)
            if len(head) == 16 and head[12:] == b"mfhd":
                (size,) = struct.unpack_from(">I", head)
                if 24 <= size <= file.size - start:
                    return start
            at = data.find(b"moof", at + 1)
        position += max(1, len(data) - 16)
        if len(data) < SEARCH_BYTES:
            break
    return None
