"""Work that was lost is done after all, by the command of docs/operations.md."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.recordings import list_jobs
from tests.emulator.batch_account import BatchAccount, python
from tests.emulator.waiting import wait_for
from tests.pipeline.service import SAMPLES, TEXTS, Service

SAMPLE = "reminder.mp3"
ROOT = Path(__file__).resolve().parents[2]


def redrive(service: Service, *options: str, exit_code: int = 0, **outputs: str) -> str:
    """Run the command against the local services and return what it printed."""
    cloud = service.pipeline.cloud
    environment = {**os.environ, **cloud.client_environment()}
    ended = subprocess.run(
        [sys.executable, "-m", "operations.redrive", *options],
        cwd=ROOT,
        env=environment,
        input=json.dumps({**service.pipeline.outputs, **outputs}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == exit_code, ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture
def closed_queue(service: Service) -> Iterator[str]:
    """A job queue that takes no jobs until it is told to."""
    batch, queue = service.pipeline.cloud.client("batch"), service.pipeline.outputs["jobQueue"]
    batch.update_job_queue(jobQueue=queue, state="DISABLED")
    yield queue
    batch.update_job_queue(jobQueue=queue, state="ENABLED")


def test_uploads_that_became_no_job_are_transcribed_after_a_redrive(
    service: Service, closed_queue: str
) -> None:
    key = 'lost/it\'s "a" \x1b[2J b.mp3'
    cloud, outputs = service.pipeline.cloud, service.pipeline.outputs
    cloud.client("s3").upload_file(str(SAMPLES / SAMPLE), outputs["inputBucket"], key)
    wait_for(lambda: waiting_messages(service) == 1)
    listed = redrive(service, "--dry-run")
    assert f"s3://{outputs['inputBucket']}/{key}: ".replace("\x1b", r"\x1b") in listed
    assert listed.endswith("1 to submit\n")
    assert "is not in ENABLED state" in redrive(service, exit_code=1)
    assert waiting_messages(service) == 1

    cloud.client("batch").update_job_queue(jobQueue=closed_queue, state="ENABLED")
    assert redrive(service).endswith("1 submitted\n")
    assert waiting_messages(service) == 0
    (job,) = (each for each in list_jobs(cloud, outputs["jobQueue"]) if each["parameters"]["key"] == key)
    done = BatchAccount(cloud).finished(job["jobId"])
    assert done["status"] == "SUCCEEDED"
    transcript = cloud.client("s3").get_object(Bucket=outputs["outputBucket"], Key=f"transcripts/{key}.json")
    assert json.loads(transcript["Body"].read())["text"] == TEXTS[SAMPLE]
    assert redrive(service).endswith("0 submitted\n")


def waiting_messages(service: Service) -> int:
    name = "ApproximateNumberOfMessages"
    answer = service.pipeline.cloud.client("sqs").get_queue_attributes(
        QueueUrl=service.pipeline.outputs["deadLetterQueue"], AttributeNames=[name]
    )
    return int(answer["Attributes"][name])


def test_only_files_whose_last_job_failed_for_no_fault_of_theirs_are_submitted_again(
    service: Service,
) -> None:
    account = BatchAccount(service.pipeline.cloud)
    queue, image = account.queue(), service.pipeline.outputs["imageUri"]

    def run(exit_code: int, key: str) -> dict[str, Any]:
        definition = account.definition(python(f"raise SystemExit({exit_code})"), image=image)
        parameters = {"bucket": "in", "key": key, "etag": "0a"}
        return account.finished(account.submit(queue, definition, parameters=parameters))

    for exit_code, key in ((1, "ours.mp3"), (65, "theirs.mp3"), (1, "mended.mp3"), (0, "mended.mp3")):
        run(exit_code, key)
    well = account.definition(python("pass"), image=image)
    outputs = {"jobQueue": queue, "jobDefinition": well}
    assert redrive(service, "--failed", "--dry-run", **outputs).endswith("1 to submit\n")
    printed = redrive(service, "--failed", **outputs)
    assert "s3://in/ours.mp3: job " in printed
    assert printed.endswith("1 submitted\n")
    jobs = [job for job in list_jobs(service.pipeline.cloud, queue) if job["parameters"]["key"] == "ours.mp3"]
    assert account.finished(jobs[-1]["jobId"])["status"] == "SUCCEEDED"
    assert redrive(service, "--failed", **outputs).endswith("0 submitted\n")
