"""Read from a worker's log how much of a recording is transcribed."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from emulator.cloud import LocalCloud

LOOK_SECONDS = 1.0
"""A log is read at most this often."""


@dataclass
class _Reading:
    percent: float | None = None
    position: dict[str, str] = field(default_factory=dict)
    looked_at: float = 0.0


class JobProgress:
    """Reads the logs of running jobs, each at most once in ``LOOK_SECONDS``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._logs = cloud.client("logs")
        self._readings: dict[str, _Reading] = {}

    def percent(self, job: dict[str, Any]) -> float | None:
        """Return how many percent of its audio a job has read; None if its log does not say.

        Args:
            job: the job, as in DescribeJobs.
        """
        stream = job.get("container", {}).get("logStreamName")
        if job["status"] != "RUNNING" or not stream:
            return None
        reading = self._readings.setdefault(stream, _Reading())
        if time.monotonic() - reading.looked_at >= LOOK_SECONDS:
            self._read_on(job["container"]["logConfiguration"]["options"]["awslogs-group"], stream, reading)
        return reading.percent

    def _read_on(self, group: str, stream: str, reading: _Reading) -> None:
        reading.looked_at = time.monotonic()
        try:
            answer = self._logs.get_log_events(
                logGroupName=group, logStreamName=stream, startFromHead=True, **reading.position
            )
        except ClientError:
            # The log stream does not exist before the first line.
            return
        reading.position = {"nextToken": answer["nextForwardToken"]}
        for event in answer["events"]:
            reading.percent = _percent(event["message"]) or reading.percent


def _percent(line: str) -> float | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if (
        isinstance(said, dict)
        and said.get("message") == "progress"
        and isinstance(said.get("percent"), float)
    ):
        return float(said["percent"])
    return None
