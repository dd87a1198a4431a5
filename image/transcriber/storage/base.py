"""What the rest of the worker sees of storage."""

from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class SourceVersion:
    """What distinguishes the bytes that a job transcribes from others under the same name."""

    etag: str
    size_bytes: int


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

    def source_etag(self, name: str) -> str | None:
        """Return the ETag of the recording that the result ``name`` was made from, None where there is none.

        Raises:
            FaultError: reading is not allowed.
            TemporaryFailureError: storage can't be reached.
        """
        ...

    def write(self, name: str, body: BinaryIO, content_type: str, source_etag: str, /) -> None:
        """Put a result in place in one step: whoever looks sees all of ``body`` or nothing.

        Raises:
            FaultError: writing is not allowed.
            TemporaryFailureError: storage can't be reached or is full.
        """
        ...
