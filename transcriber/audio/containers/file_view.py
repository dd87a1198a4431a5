"""Show a part of a file as a file, and record how far it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import SEEK_CUR, SEEK_END, SEEK_SET
from typing import BinaryIO


@dataclass(frozen=True)
class Span:
    """The bytes from ``start`` to ``end`` of a file, or other bytes in their place."""

    start: int
    end: int
    instead: bytes | None = None


class FileView:
    """Several spans of a file, one after the other. Reading raises the errors of the file."""

    def __init__(self, file: BinaryIO, spans: Sequence[Span]) -> None:
        """Show ``spans`` of ``file``, which must be seekable. Others may read it in between."""
        self.name = getattr(file, "name", "")
        self.read_end = 0
        """The end of the last byte that was read so far."""
        self._file = file
        self._spans = list(spans)
        self._starts = []
        self.size = 0
        for span in spans:
            self._starts.append(self.size)
            self.size += span.end - span.start
        self.end = self.size
        """The end of the view. Reading may show that it is earlier."""
        self._position = 0

    def in_file(self, position: int) -> int:
        """Return the position in the file of the byte at ``position`` of the view."""
        at = max(number for number, start in enumerate(self._starts) if start <= position)
        return self._spans[at].start + position - self._starts[at]

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes, ``size`` at most; none at the end."""
        for start, span in zip(self._starts, self._spans, strict=True):
            into = self._position - start
            if 0 <= into < span.end - span.start:
                most = span.end - span.start - into
                data = self._read(span, into, most if size < 0 else min(size, most))
                self._position += len(data)
                self.read_end = max(self.read_end, self._position)
                return data
        return b""

    def _read(self, span: Span, into: int, size: int) -> bytes:
        if span.instead is not None:
            return span.instead[into : into + size]
        self._file.seek(span.start + into)
        return self._file.read(size)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Move to ``offset``, as files do."""
        self._position = {SEEK_SET: 0, SEEK_CUR: self._position, SEEK_END: self.size}[whence] + offset
        return self._position

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._position


def size_of(file: BinaryIO) -> int:
    """Return the size of ``file`` in bytes, and move to its start."""
    size = file.seek(0, SEEK_END)
    file.seek(0)
    return size


def read_at(file: BinaryIO | FileView, position: int, size: int) -> bytes:
    """Return up to ``size`` bytes at ``position``."""
    file.seek(position)
    pieces = []
    while size > 0 and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
