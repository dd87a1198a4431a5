"""What the rest of the worker sees of storage."""

from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class SourceVersion:
    """What distinguishes the bytes that a job transcribes from others under the same name."""

    etag: str
    size_bytes: int


@dataclass(frozen=True)
class Seen:
    """What was at a result's place when somebody looked: its own ETag, and that of its recording.

    No ETag means nothing was there.
    """

    etag: str | None
    source_etag: str | None


NOTHING = Seen(None, None)


class OvertakenError(Exception):
    """Something else came to a result's place since somebody looked."""


class Source(Protocol):
    """One recording."""

    @property
    def uri(self) -> str:
        """The recording's place, as it stands in the transcript."""
        ...

    @property
    def name(self) -> str:
        """What results are named after: the key in S3, the file name on this machine."""
        ...

    def version(self) -> SourceVersion:
        """Look at what is there now.

        Raises:
            UnusableInputError: nothing is there, or not a file.
            FaultError: reading is not allowed.
            TemporaryFailureError: storage can't be reached.
        """
        ...

    def open(self, version: SourceVersion) -> BinaryIO:
        """Open these very bytes as a seekable file, whose reads raise what `version` raises.

        Raises:
            TemporaryFailureError: the recording was replaced since.
        """
        ...


class Destination(Protocol):
    """Where results of recordings go, each under a relative name with ``/`` between its parts."""

    def uri(self, name: str) -> str:
        """The place of the result ``name``."""
        ...

    def place(self, name: str) -> str:
        """The same for comparing: one place has one spelling. No name gives what all places begin with."""
        ...

    def fits(self, name: str) -> bool:
        """Whether storage takes a name this long."""
        ...

    def prepare(self) -> None:
        """Find out that results can be written, as far as it shows before there are any.

        Raises:
            UsageError: there is no such place.
            FaultError: access is denied.
            TemporaryFailureError: storage can't be reached.
        """
        ...

    def look(self, name: str) -> Seen:
        """Return what is at the place of the result ``name``.

        Raises:
            FaultError: reading is not allowed.
            TemporaryFailureError: storage can't be reached.
        """
        ...

    def write(self, name: str, body: BinaryIO, content_type: str, source_etag: str, over: Seen, /) -> None:
        """Put a result in place in one step: whoever looks sees all of ``body`` or what was there before.

        Raises:
            OvertakenError: ``over`` is not what is there.
            FaultError: writing is not allowed.
            TemporaryFailureError: storage can't be reached or is full.
        """
        ...

    def remove(self, name: str, seen: Seen, /) -> None:
        """Take a result away.

        Raises:
            OvertakenError: ``seen`` is not what is there.
            FaultError: deleting is not allowed.
            TemporaryFailureError: storage can't be reached.
        """
        ...
