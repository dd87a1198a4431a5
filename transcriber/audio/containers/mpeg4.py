"""Read the boxes of MPEG-4 files and QuickTime movies."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from transcriber.audio.containers.file_view import FileView, Span, read_at

MPEG_4 = "mov,mp4,m4a,3gp,3g2,mj2"
"""FFmpeg's name of the format."""

MOST_TOP_BOXES = 128
"""Movies without fragments have a handful of boxes, others two for each fragment. Each box costs a read."""

SEARCH_BYTES = 2**20

FRAGMENT_BOXES = frozenset(
    {b"moof", b"mdat", b"sidx", b"ssix", b"styp", b"emsg", b"prft", b"free", b"skip", b"uuid", b"mfra"}
)
"""What the fragments of a movie consist of, and what stands between them."""

_SKIPPED = struct.pack(">I4s", 1, b"free")
"""How a box begins that nobody reads; its size follows."""


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
        if number > MOST_TOP_BOXES:
            return end
        if box.kind == b"ftyp" and number:
            return box.start - 8
    return end


def without_fragments_before(file: FileView, position: int) -> list[Span]:
    """Return ``file`` without the fragments before the first whole one that begins at ``position`` or later.

    A box that readers skip covers them. The file has tables of the places of its fragments, so the others
    must stay at their places. The list is empty if the movie has no fragments, or no more of them.
    """
    header_end = _end_of_header(file)
    if header_end is None:
        return []
    # The first one was tried, even if nothing of it could be read.
    found = _find_fragment(file, max(position, end_of_cover(file) + len(_SKIPPED)))
    if found is None:
        return []
    return [Span(0, header_end), *_covered(header_end, found), Span(found, file.size)]


def without_broken_fragments(file: FileView) -> list[Span]:
    """Return ``file`` with a box that readers skip over each broken fragment, all others at their places.

    Empty where the movie is not fragmented, or its boxes are whole.
    """
    spans: list[Span] = []
    start, position = 0, _end_of_header(file)
    while position is not None and position < file.size:
        good = end = position
        for box in boxes(file, position, file.size):
            if box.kind not in FRAGMENT_BOXES:
                break
            end = box.end
            good = end if box.kind in (b"mdat", b"mfra") else good
        if end == file.size:
            break
        position = _find_fragment(file, end)
        spans.append(Span(start, good))
        start = position or file.size
        spans += _covered(good, start) if position else []
    return [*spans, Span(start, file.size)] if spans and start < file.size else spans


def _covered(start: int, end: int) -> list[Span]:
    """Return a box that readers skip, over the bytes from ``start`` to ``end``."""
    cover = _SKIPPED + struct.pack(">Q", end - start)
    return [Span(start, start + len(cover), cover), Span(start + len(cover), end)]


def end_of_cover(file: FileView) -> int:
    """Return where the fragments begin in what `without_fragments_before` gave: after the box that covers."""
    header_end = _end_of_header(file) or 0
    following = next(boxes(file, header_end, file.size), None)
    return following.end if following and following.kind == b"free" else header_end


def _end_of_header(file: FileView) -> int | None:
    """Return where the header of a fragmented movie ends and fragments may begin, None for other movies."""
    for box in boxes(file, 0, file.size):
        if box.kind == b"moov":
            return box.end if box_inside(file, box, b"mvex") else None
        if box.kind == b"mdat":
            return None
    return None


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
