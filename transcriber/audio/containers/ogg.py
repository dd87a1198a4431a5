"""Read one link of a chained Ogg file. Each link has its own streams, perhaps with another rate."""

from collections.abc import Sequence
from typing import BinaryIO

from transcriber.audio.containers.file_view import FileView, Span, read_at

PAGE = b"OggS"
FLAGS_AT = 5
FIRST_PAGE = 2
HEADER_BYTES = 27
MOST_SEGMENTS = 255


class OggLink(FileView):
    """One link of a chain. Its end, which is the start of the next link, is found while it is read."""

    def __init__(self, file: BinaryIO, spans: Sequence[Span]) -> None:
        """Show the link at the start of ``spans`` of ``file``."""
        super().__init__(file, spans)
        self._seen = 0
        self._rest = b""
        self._has_begun = False
        self._last_page = 0

    @property
    def unfinished_bytes(self) -> int:
        """The size of an incomplete page at the end of the file, once everything was read."""
        look = FileView(self._file, self._spans)
        head = read_at(look, self._last_page, HEADER_BYTES + MOST_SEGMENTS)
        if self.end < self.size or len(head) < HEADER_BYTES:
            return 0
        segments = head[HEADER_BYTES : HEADER_BYTES + head[HEADER_BYTES - 1]]
        page_end = self._last_page + HEADER_BYTES + len(segments) + sum(segments)
        return self.size - self._last_page if page_end > self.size else 0

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes, ``size`` at most; none at the end of the link."""
        start = self.tell()
        data = super().read(size)
        if start <= self._seen < start + len(data):
            self._look(data[self._seen - start :])
            self._seen = start + len(data)
        if start + len(data) > self.end:
            data = data[: max(0, self.end - start)]
            self.seek(start + len(data))
        return data

    def _look(self, data: bytes) -> None:
        """Find the first page of a new stream after pages that are not first pages."""
        base = self._seen - len(self._rest)
        data = self._rest + data
        at = data.find(PAGE)
        while 0 <= at < len(data) - FLAGS_AT:
            is_first = bool(data[at + FLAGS_AT] & FIRST_PAGE) and data[at + 4] == 0
            if is_first and self._has_begun:
                self.end = min(self.end, base + at)
                return
            self._has_begun |= not is_first
            self._last_page = base + at
            at = data.find(PAGE, at + 1)
        self._rest = data[-FLAGS_AT:]
