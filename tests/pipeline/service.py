"""The pipeline as its users see it, with what the tests look at beside it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.pipeline import Pipeline
from local.recordings import Result, Transcription, Upload, fetch_result, follow, upload
from local.state import RunningPipeline

SAMPLES = Path(__file__).resolve().parents[2] / "local" / "samples"
TEXTS: dict[str, str] = json.loads((SAMPLES / "samples.json").read_text())


@dataclass
class Service:
    """A deployed pipeline, and a folder for its results."""

    pipeline: Pipeline
    folder: Path
    running: RunningPipeline = field(init=False)

    def __post_init__(self) -> None:
        self.running = RunningPipeline(0, self.pipeline.cloud, self.pipeline.outputs)

    def upload(self, path: Path, key: str) -> Upload:
        """Put a file into the input bucket."""
        return upload(self.running, path, key)

    def wait(self, *uploads: Upload) -> list[Transcription]:
        """Wait until the jobs of all uploads have ended."""
        *_, last = follow(self.running, list(uploads))
        return last

    def result(self, transcription: Transcription) -> Result:
        """What the job left behind."""
        return fetch_result(self.running, transcription, self.folder)

    def log(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """The events that the last attempt of ``job`` logged."""
        logs = self.pipeline.cloud.client("logs")
        lines = logs.get_log_events(
            logGroupName=self.pipeline.outputs["logGroup"],
            logStreamName=job["container"]["logStreamName"],
            startFromHead=True,
        )["events"]
        return [json.loads(line["message"]) for line in lines]

    def process_of(self, job: dict[str, Any]) -> int | None:
        """The process that runs ``job`` now, found by what Batch gives it."""
        wanted = f"AWS_BATCH_JOB_ID={job['jobId']}\0".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes():
                    return int(folder.name)
            except OSError:
                # It ended, or belongs to somebody else.
                continue
        return None

    def objects(self, bucket: str) -> set[str]:
        """The keys in the bucket that the export ``bucket`` names."""
        s3 = self.pipeline.cloud.client("s3")
        listed = s3.list_objects_v2(Bucket=self.pipeline.outputs[bucket])
        return {entry["Key"] for entry in listed.get("Contents", [])}
