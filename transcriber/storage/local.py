"""Files of this machine."""

import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from transcriber.errors import FaultError, TemporaryFailureError, UnusableInputError, UsageError
from transcriber.storage.base import NOTHING, ConditionFailedError, SourceVersion, StoredState

NAME_LIMIT_BYTES = 255
"""The longest part of a path in common file systems."""

UNSAFE_PARTS = {"": "%2F", ".": "%2E", "..": "%2E%2E"}
"""Parts of S3 keys that have another meaning in a path, and what stands for them."""


class LocalSource:
    """A file of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def uri(self) -> str:
        """The path as given, with a replacement character for bytes that are not UTF-8."""
        return os.fsencode(self._path).decode(errors="replace")

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def version(self) -> SourceVersion:
        """Return the version of the file. Its ETag is made of its modification time and size.

        Raises:
            UnusableInputError: there is no such file, or it is no regular file.
            FaultError: reading is not allowed.
        """
        try:
            status = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise UnusableInputError(f"{self.uri}: there is no such file.") from None
        except OSError as error:
            raise FaultError(f"{self.uri}: can't be read ({error.strerror}).") from error
        if not stat.S_ISREG(status.st_mode):
            raise UnusableInputError(f"{self.uri}: not a file; name one recording.")
        if not os.access(self._path, os.R_OK):
            raise FaultError(f"{self.uri}: can't be read (no permission).")
        return SourceVersion(etag=f"{status.st_mtime_ns:x}-{status.st_size:x}", size_bytes=status.st_size)

    def open(self, version: SourceVersion) -> BinaryIO:
        """Open the file.

        Raises:
            TemporaryFailureError: it changed since ``version`` was read.
        """
        if self.version() != version:
            raise TemporaryFailureError(f"{self.uri}: changed while it was being looked at.")
        return self._path.open("rb")


class LocalDestination:
    """A folder of this machine. Results stay inside the folder, whatever their names are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def uri(self, name: str) -> str:
        """The path of the result ``name``."""
        return os.fsencode(self._path(name)).decode(errors="replace")

    def canonical_uri(self, name: str) -> str:
        """Return the path of the result ``name`` with all links resolved; without a name, the folder's."""
        path = self._path(name).resolve() if name else f"{str(self._folder.resolve()).rstrip('/')}/"
        return str(path)

    def fits(self, name: str) -> bool:
        """Whether each part of the name is short enough for a file system."""
        return all(len(os.fsencode(part)) <= NAME_LIMIT_BYTES for part in self._path(name).parts)

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            UsageError: it can't be made or written to.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self._folder}: no folder for results ({error.strerror}).") from error
        if not os.access(self._folder, os.W_OK):
            raise UsageError(f"{self._folder}: results can't be written there (no permission).")

    def look(self, name: str) -> StoredState:
        """Return what is stored there. The recording's ETag is known for results in JSON only."""
        path = self._path(name)
        etag = _etag(path)
        return NOTHING if etag is None else StoredState(etag, _source_etag(path))

    def write(
        self, name: str, body: BinaryIO, _content_type: str, _source_etag: str, over: StoredState, /
    ) -> None:
        """Write beside the final path and rename.

        Raises:
            ConditionFailedError: something else than ``over`` is stored there now.
            TemporaryFailureError: the file system refuses (full, read-only, gone).
        """
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".transcriber-", delete=False) as file:
                try:
                    shutil.copyfileobj(body, file)
                    file.flush()
                    os.fsync(file.fileno())
                    # A temporary file is private to its user; a result is like any other new file.
                    os.fchmod(file.fileno(), 0o666 & ~_umask())
                    with _unchanged(path, over):
                        os.replace(file.name, path)  # noqa: PTH105
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise TemporaryFailureError(f"{path}: can't be written ({error.strerror}).") from error

    def remove(self, name: str, seen: StoredState, /) -> None:
        """Delete the file.

        Raises:
            ConditionFailedError: something else than ``seen`` is stored there now.
            TemporaryFailureError: the file system refuses.
        """
        path = self._path(name)
        try:
            with _unchanged(path, seen):
                path.unlink()
        except OSError as error:
            raise TemporaryFailureError(f"{path}: can't be deleted ({error.strerror}).") from error

    def _path(self, name: str) -> Path:
        parts = [UNSAFE_PARTS.get(part, part).replace("\0", "%00") for part in name.split("/")]
        return self._folder.joinpath(*parts)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _etag(path: Path) -> str | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"


def _source_etag(path: Path) -> str | None:
    """Return the ETag of the recording that a transcript or a failure report names."""
    try:
        content = json.loads(path.read_bytes())
        etag = content["source"]["etag"] if "source" in content else content["source_etag"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(etag)


@contextmanager
def _unchanged(path: Path, seen: StoredState) -> Iterator[None]:
    """Lock the folder of ``path`` for other jobs, and check that the file is the one that was ``seen``.

    Raises:
        ConditionFailedError: it is not.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if _etag(path) != seen.etag:
            raise ConditionFailedError
        yield
    finally:
        os.close(folder)
