"""The failure report: why a recording has no transcript. Worker and runbook write the same one."""

import io
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from transcriber.reporting.printable import printable_json
from transcriber.results.conditional_write import claim_results
from transcriber.storage.base import Destination, Source, SourceVersion

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


def write_failure_report(
    report: FailureReport, name: str, source: Source, version: SourceVersion | None, reports: Destination
) -> None:
    """Write a report, which replaces the report of an older upload.

    Args:
        report: the report.
        name: its name among the ``reports``.
        source: the recording.
        version: the version that the report is about; None if no recording was found.
        reports: the folder of failure reports.

    Raises:
        SupersededError: the recording was replaced; no report of this version stays.
        TranscriberError: the report can't be written.
    """
    claim = claim_results(source, version, reports, [name])
    claim.write_while_current(name, io.BytesIO(report.to_json()), CONTENT_TYPE)


def remove_failure_report(name: str, source: Source, version: SourceVersion, reports: Destination) -> None:
    """Remove the report of an older upload, if there is one.

    Raises:
        SupersededError: the recording was replaced.
        TranscriberError: the report can't be removed.
    """
    claim_results(source, version, reports, [name]).remove(name)
