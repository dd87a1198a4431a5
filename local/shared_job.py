"""Show that short recordings share a job."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.pipeline import Pipeline
from local.recordings import ENDED, POLL_SECONDS, list_jobs
from operations.dead_letters import count_messages

CONFIG = ["collectSeconds=60", "collectMaxMegabytes=1"]
"""The configuration of a stack whose short recordings share jobs."""

DEADLINE_SECONDS = 120


@dataclass(frozen=True)
class SharedJob:
    """The job of several recordings."""

    recordings: int
    transcripts: int
    seconds: float
    """From the job's start to its end."""

    def __str__(self) -> str:
        each = self.seconds / self.recordings
        return (
            f"{self.recordings} recordings shared a job of {self.seconds:.1f} s, {each:.2f} s for each:"
            f" {self.transcripts} transcripts"
        )


def share_job(pipeline: Pipeline, path: Path, count: int) -> SharedJob:
    """Upload a recording ``count`` times, and wait for the job that the uploads share.

    The function that makes lists is called at once, and not by its schedule.

    Raises:
        LocalError: there is no such job in time.
    """
    cloud, outputs = pipeline.cloud, pipeline.outputs
    s3 = cloud.client("s3")
    keys = [f"notes/{number:02}{path.suffix}" for number in range(1, count + 1)]
    for key in keys:
        s3.upload_file(str(path), outputs["inputBucket"], key)
    sqs, functions = cloud.client("sqs"), cloud.client("lambda")
    _wait_for(lambda: count_messages(sqs, outputs["collectionQueue"]) == count)
    (function,) = functions.list_functions()["Functions"]
    answer = functions.invoke(FunctionName=function["FunctionName"], Payload=b"{}")["Payload"].read()
    if not json.loads(answer).get("lists"):
        raise LocalError(f"No list was made of {count} recordings: {answer.decode()}")

    def ended() -> list[dict[str, Any]]:
        return [job for job in list_jobs(cloud, outputs["jobQueue"]) if job["status"] in ENDED]

    _wait_for(lambda: bool(ended()))
    (job,) = ended()
    found = s3.list_objects_v2(Bucket=outputs["outputBucket"], Prefix="transcripts/notes/")
    wanted = {f"transcripts/{key}.json" for key in keys}
    transcripts = sum(each["Key"] in wanted for each in found.get("Contents", []))
    return SharedJob(count, transcripts, (job["stoppedAt"] - job["startedAt"]) / 1000)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise LocalError(f"Recordings did not share a job within {DEADLINE_SECONDS} s.")
        time.sleep(POLL_SECONDS)
