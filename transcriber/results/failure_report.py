"""The entry that says why an input can never be transcribed."""

import io
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from transcriber.reporting.printable import printable_json
from transcriber.results.conditional_write import Placing

CONTENT_TYPE = "application/json"


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
        body = printable_json(self.model_dump_json(indent=1)) + "\n"
        placing.write_while_current(entry, io.BytesIO(body.encode()), CONTENT_TYPE)
