"""The interface of storage: recordings to read, and folders of results to write."""

from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class SourceVersion:
    """One version of a recording. Another upload under the same name is another version."""

    etag: str
    size_bytes: int


@dataclass(frozen=True)
class StoredState:
    """What was stored under a result's name when somebody looked: its ETag and the ETag of its recording.

    An ETag of None means that nothing was stored.
    """

    etag: str | None
    source_etag: str | None


NOTHING = StoredState(None, None)


class ConditionFailedError(Exception):
    """A result was not written or removed, because something else is stored there than what was seen."""


class Source(Protocol):
    """One recording."""

    @property
    def uri(self) -> str:
        """The URI or path of the recording, as the transcript names it."""
        ...

    @property
    def name(self) -> str:
        """What results are named after: the key in S3, the file name on this machine."""
        ...

    def version(self) -> SourceVersion:
        """Return the version that is stored now.

        Raises:
            UnusableInputError: nothing is there, or not a file.
            FaultError: reading is not allowed.
            TemporaryFailureError: storage can't be reached.
        """
        ...

    def open(self, version: SourceVersion) -> BinaryIO:
        """Open this version as a seekable file. Reading it raises the same errors as `version`.

        Raises:
            TemporaryFailureError: the recording was replaced since.
        """
        ...


class Destination(Protocol):
    """A folder of results. Each result has a relative name, which may contain ``/``."""

    def uri(self, name: str) -> str:
        """Return the URI of the result ``name``."""
        ...

    def canonical_uri(self, name: str) -> str:
        """Return a URI that is the same for every spelling of ``name``, so that URIs can be compared.

        An empty name gives what all of these URIs begin with.
        """
        ...

    def fits(self, name: str) -> bool:
        """Whether storage takes a name this long."""
        ...

    def prepare(self) -> None:
        """Check that results can be written, as far as this is known before the first one.

        Raises:
            UsageError: there is no such folder or bucket.
            FaultError: access is denied.
            TemporaryFailureError: storage can't be reached.
        """
        ...

    def look(self, name: str) -> StoredState:
        """Return what is stored under ``name``.

        Raises:
            FaultError: reading is not allowed.
            TemporaryFailureError: storage can't be reached.
        """
        ...

    def write(
        self, name: str, body: BinaryIO, content_type: str, source_etag: str, over: StoredState, /
    ) -> None:
        """Write a result in one step: readers see all of ``body``, or what was there before.

        Raises:
            ConditionFailedError: something else than ``over`` is stored there now.
            FaultError: writing is not allowed.
            TemporaryFailureError: storage can't be reached or is full.
        """
        ...

    def remove(self, name: str, seen: StoredState, /) -> None:
        """Remove a result.

        Raises:
            ConditionFailedError: something else than ``seen`` is stored there now.
            FaultError: deleting is not allowed.
            TemporaryFailureError: storage can't be reached.
        """
        ...
