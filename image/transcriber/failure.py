"""The entry that says why an input can never be transcribed."""

import hashlib
import io
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from transcriber.placing import Placing
from transcriber.storage import Destination

SUFFIX = ".json"
CONTENT_TYPE = "application/json"
KEPT_BYTES = 100
"""How much of a name too long for storage its entry keeps, for whoever reads a listing."""


class Failure(BaseModel):
    """Why there is no transcript and never will be one of these bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    source_uri: str
    source_etag: str | None
    reason: str
    exit_code: int
    job_id: str | None
    attempt: int | None
    time: datetime

    def write(self, entry: str, placing: Placing) -> None:
        """Write it at the place ``entry``.

        Raises:
            SupersededError: the recording was replaced.
            TranscriberError: it can't be written.
        """
        body = self.model_dump_json(indent=1) + "\n"
        placing.write(entry, io.BytesIO(body.encode()), CONTENT_TYPE)


def entry_name(name: str, destination: Destination) -> str:
    """Return what the entry of the source ``name`` is called, which ``destination`` takes."""
    entry = name + SUFFIX
    return entry if destination.fits(entry) else _short_name(name) + SUFFIX


def _short_name(name: str) -> str:
    """Return the end of ``name``, where the file's own name is, and a hash that tells it from others."""
    kept = name.rsplit("/", 1)[-1].encode(errors="replace")[-KEPT_BYTES:].decode(errors="ignore")
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:16]
    return f"{kept}-{digest}"
