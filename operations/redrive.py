"""``python -m operations.redrive``: submit the jobs that uploads lost, or that failed for no fault of a file.

It reads the stack's outputs as `pulumi stack output --json` prints them.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from components.upload_trigger import INPUT_PATHS, JOB_NAME
from operations.terminal import printable

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_sqs import SQSClient

OUTPUTS = ("deadLetterQueue", "jobQueue", "jobDefinition")
FAULTS_OF_THE_FILE = (2, 65)
"""Exit codes of the worker that the same file would end with again."""

STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")
UNKNOWN = "no reason given"
DESCRIBED_AT_ONCE = 100
HIDDEN_SECONDS = 300
WAIT_SECONDS = 2
"""Long polling asks all of SQS's servers, so that nothing found means nothing left."""


class RedriveError(Exception):
    """Why nothing, or not everything, was submitted again."""


@dataclass(frozen=True)
class Stack:
    """Where jobs are submitted and lost events wait."""

    dead_letter_queue: str
    job_queue: str
    job_definition: str

    @staticmethod
    def from_json(text: str) -> "Stack":
        """Read the stack's outputs.

        Raises:
            RedriveError: they are not those of a deployed stack.
        """
        try:
            outputs = json.loads(text)
            return Stack(*(str(outputs[name]) for name in OUTPUTS))
        except (json.JSONDecodeError, KeyError, TypeError):
            raise RedriveError(
                f"No outputs with {', '.join(OUTPUTS)} on standard input;"
                " use: pulumi stack output --json | python -m operations.redrive"
            ) from None

    @property
    def region(self) -> str:
        """The region of the stack, which need not be the shell's."""
        return self.job_definition.split(":")[3]


@dataclass(frozen=True)
class Recording:
    """One version of a file, as the job's parameters name it."""

    bucket: str
    key: str
    etag: str

    @staticmethod
    def from_event(event: dict[str, Any]) -> "Recording":
        """Take from an event what the upload rule's transformer takes.

        Raises:
            KeyError, TypeError: it is not about an upload.
        """
        return Recording(**{name: _at(event, path) for name, path in INPUT_PATHS.items()})

    @property
    def parameters(self) -> dict[str, str]:
        """The job's parameters."""
        return {"bucket": self.bucket, "key": self.key, "etag": self.etag}

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def redrive_dead_letters(sqs: "SQSClient", batch: "BatchClient", stack: Stack, *, dry_run: bool) -> int:
    """Submit a job for each undelivered upload and then delete its message; return how many.

    A message whose job can't be submitted, or that is only looked at, comes back to the queue.

    Raises:
        RedriveError: a message is not about an upload; all others are submitted.
    """
    count, strange = 0, []
    held: set[str] = set()
    try:
        for message in _messages(sqs, stack.dead_letter_queue, held):
            try:
                recording = Recording.from_event(json.loads(message["Body"]))
            except (json.JSONDecodeError, KeyError, TypeError):
                strange.append(message["MessageId"])
                continue
            why = message.get("MessageAttributes", {}).get("ERROR_MESSAGE", {}).get("StringValue", UNKNOWN)
            count += 1
            if dry_run:
                print(printable(f"{recording}: {why}"))
                continue
            print(printable(f"{recording}: {_submit(batch, stack, recording)}; was: {why}"))
            receipt = message["ReceiptHandle"]
            sqs.delete_message(QueueUrl=stack.dead_letter_queue, ReceiptHandle=receipt)
            held.remove(receipt)
    finally:
        for receipt in held:
            sqs.change_message_visibility(
                QueueUrl=stack.dead_letter_queue, ReceiptHandle=receipt, VisibilityTimeout=0
            )
    if strange:
        raise RedriveError(f"Not about an upload, and left in the queue: messages {', '.join(strange)}.")
    return count


def redrive_failed(batch: "BatchClient", stack: Stack, *, dry_run: bool) -> int:
    """Submit a job for each file whose newest job failed for no fault of the file; return how many.

    Batch remembers jobs that ended for seven days at least.
    """
    newest: dict[Recording, dict[str, Any]] = {}
    for job in _jobs(batch, stack.job_queue):
        if not job["parameters"].keys() >= INPUT_PATHS.keys():
            continue
        recording = Recording(**{name: job["parameters"][name] for name in INPUT_PATHS})
        if recording not in newest or job["createdAt"] > newest[recording]["createdAt"]:
            newest[recording] = job
    failed = {
        recording: job
        for recording, job in newest.items()
        if job["status"] == "FAILED" and job["container"].get("exitCode") not in FAULTS_OF_THE_FILE
    }
    for recording, job in failed.items():
        why = job.get("statusReason", UNKNOWN)
        if dry_run:
            print(printable(f"{recording}: {why}"))
        else:
            print(printable(f"{recording}: {_submit(batch, stack, recording)}; was: {why}"))
    return len(failed)


def _submit(batch: "BatchClient", stack: Stack, recording: Recording) -> str:
    job = batch.submit_job(
        jobName=JOB_NAME,
        jobQueue=stack.job_queue,
        jobDefinition=stack.job_definition,
        parameters=recording.parameters,
    )
    return f"job {job['jobId']}"


def _messages(sqs: "SQSClient", queue_url: str, held: set[str]) -> Iterator[Any]:
    """Take all messages there are; ``held`` gets the receipts of those that nobody else sees now."""
    while messages := sqs.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=WAIT_SECONDS,
    ).get("Messages"):
        held.update(message["ReceiptHandle"] for message in messages)
        yield from messages


def _jobs(batch: "BatchClient", job_queue: str) -> Iterator[Any]:
    pages = batch.get_paginator("list_jobs")
    ids = [
        job["jobId"]
        for state in STATES
        for page in pages.paginate(jobQueue=job_queue, jobStatus=state)  # type: ignore[arg-type]
        for job in page["jobSummaryList"]
    ]
    for start in range(0, len(ids), DESCRIBED_AT_ONCE):
        yield from batch.describe_jobs(jobs=ids[start : start + DESCRIBED_AT_ONCE])["jobs"]


def _at(event: dict[str, Any], path: str) -> str:
    value: Any = event
    for name in path.removeprefix("$.").split("."):
        value = value[name]
    return str(value)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m operations.redrive", description=__doc__)
    parser.add_argument("--failed", action="store_true", help="failed jobs instead of undelivered uploads")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be submitted")
    options = parser.parse_args(arguments)
    try:
        stack = Stack.from_json("" if sys.stdin.isatty() else sys.stdin.read())
        batch = boto3.client("batch", region_name=stack.region)
        if options.failed:
            count = redrive_failed(batch, stack, dry_run=options.dry_run)
        else:
            sqs = boto3.client("sqs", region_name=stack.region)
            count = redrive_dead_letters(sqs, batch, stack, dry_run=options.dry_run)
    except (RedriveError, BotoCoreError, ClientError) as error:
        print(printable(error), file=sys.stderr)
        return 1
    print(f"{count} {'to submit' if options.dry_run else 'submitted'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
