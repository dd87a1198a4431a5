"""Lists of recordings, as the manifest of a list job has them. Pure functions."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from transcriber.outcomes import MANIFESTS_FOLDER

LIST_FILES = 500
"""The most recordings in a list, unless the stack sets another limit."""

LIST_BYTES = 500_000_000
"""The most bytes of the recordings in a list. Their durations are not known here. So many bytes are 17 hours
at 64 kbit/s, and 80 minutes of CD sound."""


class Upload(NamedTuple):
    """One version of a recording, as a line of a manifest."""

    bucket: str
    key: str
    etag: str
    size: int
    """In bytes."""

    @staticmethod
    def of_event(detail: dict[str, Any]) -> "Upload":
        """Read the detail of an event of S3.

        Raises:
            KeyError, TypeError, ValueError: it is not about an upload.
        """
        entry = detail["object"]
        return Upload(detail["bucket"]["name"], entry["key"], entry["etag"], int(entry["size"]))


def split(uploads: Iterable[Upload], most_files: int, most_bytes: int) -> Iterator[list[Upload]]:
    """Yield lists of at most so many files and bytes. A larger file is alone in its list."""
    found: list[Upload] = []
    total_bytes = 0
    for upload in uploads:
        if found and (len(found) >= most_files or total_bytes + upload.size > most_bytes):
            yield found
            found, total_bytes = [], 0
        found.append(upload)
        total_bytes += upload.size
    if found:
        yield found


def manifest(uploads: Iterable[Upload]) -> tuple[str, bytes]:
    """Return key and content of a manifest: a JSON object on each line.

    It is named after its content, so the same list is the same object.
    """
    body = b"".join(json.dumps(each._asdict()).encode() + b"\n" for each in uploads)
    return f"{MANIFESTS_FOLDER}{hashlib.sha256(body).hexdigest()}.jsonl", body


def read_manifest(body: bytes) -> list[Upload]:
    """Return the recordings of a manifest.

    Raises:
        TypeError, ValueError: it is not one.
    """
    return [Upload(**json.loads(line)) for line in body.splitlines()]
