"""Bodies of requests: in pieces as they come, or kept until their signature is checked."""

import hashlib
import mmap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

from emulator.access.errors import AccessError
from emulator.ministack.request_context import Message

MEMORY_BYTES = 1 << 20
"""Longer bodies are kept in a temporary file."""

PIECE_BYTES = 1 << 16

Receive = Callable[[], Awaitable[Message]]


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the pieces of a request's body as they come.

    Raises:
        AccessError: the client went away before its request was complete.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise AccessError("RequestTimeout", "The client went away before its request was complete.")
        yield message.get("body", b"")
        more = message.get("more_body", False)


class SpooledBody:
    """A body that takes no more memory than ``MEMORY_BYTES``, however long it is."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - closed by __exit__
        self._hash = hashlib.sha256()
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        """The hash of what was read, in hexadecimal digits."""
        return self._hash.hexdigest()

    async def read(self, receive: Receive) -> None:
        """Read all that ``receive`` gives.

        Raises:
            AccessError: the client went away before its request was complete.
        """
        async for piece in pieces(receive):
            self._file.write(piece)
            self._hash.update(piece)
            self._bytes += len(piece)

    @contextmanager
    def content(self) -> Iterator[bytes | mmap.mmap]:
        """Give what was read, as a map of the file where it is long."""
        if self._bytes <= MEMORY_BYTES:
            self._file.seek(0)
            yield self._file.read()
            return
        self._file.flush()
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped

    def repeated(self, receive: Receive) -> Receive:
        """Return what gives the body from its start, in pieces, and then what ``receive`` still gives."""
        self._file.seek(0)
        rest = self._bytes
        is_given = False

        async def receive_again() -> Message:
            nonlocal rest, is_given
            if is_given:
                return await receive()
            piece = self._file.read(PIECE_BYTES)
            rest -= len(piece)
            is_given = not rest
            return {"type": "http.request", "body": piece, "more_body": not is_given}

        return receive_again
