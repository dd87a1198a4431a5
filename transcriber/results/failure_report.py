"""The failure report: why a recording has no transcript. Worker and runbook write the same one."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from transcriber.reporting.printable import printable_json

CONTENT_TYPE = "application/json"


@dataclass(frozen=True, kw_only=True)
class FailureReport:
    """Why there is no transcript of one version of a recording."""

    schema_version: int = 1
    source_uri: str
    source_etag: str | None
    reason: str
    exit_code: int | None
    job_id: str | None
    attempt: int | None
    time: datetime
    """When the report was made, in UTC."""

    def to_json(self) -> bytes:
        """Return the report as it is stored: JSON with escapes for everything that does not print."""
        content = asdict(self) | {"time": self.time.isoformat().replace("+00:00", "Z")}
        return (printable_json(json.dumps(content, indent=1, ensure_ascii=False)) + "\n").encode()
