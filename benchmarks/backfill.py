"""What a backfill takes: ``python -m benchmarks.backfill`` submits an inventory on emulated S3 and Batch.

It runs the command as operators do, once for a tenth of the recordings and once for all. So its memory shows
whether it grows with their number. The jobs do nothing.
"""

import argparse
import csv
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from emulator.aws import Emulator
from emulator.batch.runtime import LocalImage
from emulator.batch.service import BatchService
from emulator.cloud import LocalCloud

INPUT, OUTPUT = "recordings", "results"
IMAGE = "local/nothing:1"
ROWS_OF_FILE = 50_000
COLUMNS = ("Bucket", "Key", "Size", "LastModifiedDate", "ETag")
ENVIRONMENT = {"FAILURES": f"s3://{OUTPUT}/failures/", "FORMATS": "json", "MODE": "auto"}


def put_inventory(cloud: LocalCloud, name: str, recordings: int) -> str:
    """Write an inventory of so many recordings. Return the URI of its manifest."""
    s3, files = cloud.client("s3"), []
    for start in range(0, recordings, ROWS_OF_FILE):
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
            (INPUT, f"calls/{number:09}.mp3", 250_000, "2025-01-01T00:00:00.000Z", f"{number:032x}")
            for number in range(start, min(start + ROWS_OF_FILE, recordings))
        )
        files.append({"key": f"{name}/{start}.csv.gz"})
        s3.put_object(Bucket=INPUT, Key=files[-1]["key"], Body=gzip.compress(text.getvalue().encode()))
    manifest = {
        "sourceBucket": INPUT,
        "destinationBucket": f"arn:aws:s3:::{INPUT}",
        "fileFormat": "CSV",
        "fileSchema": ", ".join(COLUMNS),
        "files": files,
    }
    s3.put_object(Bucket=INPUT, Key=f"{name}/manifest.json", Body=json.dumps(manifest).encode())
    return f"s3://{INPUT}/{name}/manifest.json"


def create_stack(cloud: LocalCloud) -> dict[str, str]:
    """Create buckets, a queue and two job definitions. Return the outputs of the stack."""
    batch = cloud.client("batch")
    for bucket in (INPUT, OUTPUT):
        cloud.client("s3").create_bucket(Bucket=bucket)
    batch.create_compute_environment(
        computeEnvironmentName="gpu",
        type="MANAGED",
        computeResources={
            "type": "EC2",
            "allocationStrategy": "BEST_FIT_PROGRESSIVE",
            "minvCpus": 0,
            "maxvCpus": 4_000,
            "instanceTypes": ["g6.xlarge"],
            "instanceRole": "arn:aws:iam::000000000000:instance-profile/workers",
            "subnets": ["subnet-1"],
            "securityGroupIds": ["sg-1"],
        },
    )
    order = [{"order": 1, "computeEnvironment": "gpu"}]
    batch.create_job_queue(jobQueueName="jobs", priority=1, computeEnvironmentOrder=order)
    definitions = [
        batch.register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={
                "image": IMAGE,
                "command": ["true", f"s3://{OUTPUT}/transcripts/"],
                "environment": [
                    {"name": f"TRANSCRIBER_{key}", "value": value} for key, value in ENVIRONMENT.items()
                ],
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
            },
        )["jobDefinitionArn"]
        for name in ("single", "list")
    ]
    return {
        "deadLetterQueue": "none",
        "inputBucket": INPUT,
        "jobQueue": "jobs",
        "jobDefinition": definitions[0],
        "listJobDefinition": definitions[1],
    }


def backfill(cloud: LocalCloud, outputs: dict[str, str], uri: str) -> tuple[float, float]:
    """Run the command. Return its seconds and its peak memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "operations.backfill", "--inventory", uri, "--rate", "50"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **cloud.client_environment()},
    )
    assert process.stdin
    process.stdin.write(json.dumps(outputs).encode())
    process.stdin.close()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"operations.backfill ended with {process.returncode}.")
    return time.monotonic() - began, usage.ru_maxrss / 1000


def main() -> None:
    """Print seconds, recordings a second and memory for a tenth and for all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backfill", description=__doc__)
    parser.add_argument("--recordings", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images = {IMAGE: LocalImage(working_directory=Path(folder))}
        with (
            Emulator(log_file=Path(folder) / "ministack.log") as emulator,
            BatchService(emulator.endpoint, emulator.credentials, images) as service,
        ):
            outputs = create_stack(service.cloud)
            for count in (options.recordings // 10, options.recordings):
                uri = put_inventory(service.cloud, f"inventory-{count}", count)
                seconds, megabytes = backfill(service.cloud, outputs, uri)
                print(
                    f"{count:>9,} recordings {seconds:7.1f} s {count / seconds:8,.0f} a second"
                    f" {megabytes:6.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
