"""``python -m operations.redrive``: submit lost uploads, or failed jobs whose file is not the cause.

It reads the stack's outputs as `pulumi stack output --json` prints them.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.clients import client
from operations.errors import OperationError
from operations.jobs import FINISHED, MANIFEST_PARAMETER, NO_REASON, UNFINISHED, Recording, list_jobs, submit
from operations.program import start
from operations.stack import Stack
from operations.terminal import printable
from transcriber.outcomes import FINAL_EXIT_CODES

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_sqs import SQSClient

COMMAND = "operations.redrive"
LIST_EVENT = "jobId"
"""In the detail of an event about the end of a list job."""

HIDDEN_SECONDS = 300
WAIT_SECONDS = 2
"""Long polling asks all servers of SQS. So if it finds nothing, nothing is left."""


@dataclass(frozen=True)
class Undelivered:
    """An event in the dead-letter queue: about a recording, or about the end of a list job."""

    body: str
    recording: Recording | None
    name: str

    @staticmethod
    def from_body(body: str) -> "Undelivered":
        """Read the event.

        Raises:
            json.JSONDecodeError, KeyError, TypeError: it is neither of them.
        """
        event = json.loads(body)
        if LIST_EVENT in event["detail"]:
            return Undelivered(body, None, str(event["detail"]["parameters"][MANIFEST_PARAMETER]))
        recording = Recording.from_event(event)
        return Undelivered(body, recording, str(recording))

    def __str__(self) -> str:
        return self.name


def redrive_dead_letters(sqs: "SQSClient", batch: "BatchClient", stack: Stack, *, dry_run: bool) -> int:
    """Submit a job for each undelivered upload, and then delete its message. Return how many.

    The event of the end of a list job goes back to the collector.

    A message goes back to the queue if its job cannot be submitted, or if it is only shown.

    Raises:
        OperationError: a message is not about an upload, and all others have been submitted; or a message is
            about a list job, and the stack has no lists any more.
    """
    count, strange = 0, []
    held: set[str] = set()
    try:
        for message in _messages(sqs, stack.dead_letter_queue, held):
            why = message.get("MessageAttributes", {}).get("ERROR_MESSAGE", {}).get("StringValue", NO_REASON)
            try:
                undelivered = Undelivered.from_body(message["Body"])
            except (json.JSONDecodeError, KeyError, TypeError):
                strange.append(message["MessageId"])
                continue
            count += 1
            if dry_run:
                print(printable(f"{undelivered}: {why}"))
                continue
            again = _send_again(sqs, batch, stack, undelivered)
            print(printable(f"{undelivered}: {again}; was: {why}"))
            receipt = message["ReceiptHandle"]
            sqs.delete_message(QueueUrl=stack.dead_letter_queue, ReceiptHandle=receipt)
            held.remove(receipt)
    finally:
        for receipt in held:
            sqs.change_message_visibility(
                QueueUrl=stack.dead_letter_queue, ReceiptHandle=receipt, VisibilityTimeout=0
            )
    if strange:
        raise OperationError(f"Not about an upload, and left in the queue: messages {', '.join(strange)}.")
    return count


def _send_again(sqs: "SQSClient", batch: "BatchClient", stack: Stack, undelivered: Undelivered) -> str:
    """Submit a job for a recording, or give the end of a list to the collector. Return what was done."""
    if undelivered.recording is not None:
        return submit(batch, stack, undelivered.recording)
    if stack.collection_queue is None:
        raise OperationError(f"{undelivered}: recordings share no jobs in this stack; reconcile finds them.")
    sqs.send_message(QueueUrl=stack.collection_queue, MessageBody=undelivered.body)
    return "given back to the collector"


def redrive_failed(batch: "BatchClient", stack: Stack, *, dry_run: bool) -> int:
    """Submit a job for each file whose newest job failed, if the file is not the cause. Return how many.

    Batch keeps ended jobs for at least seven days.
    """
    newest: dict[Recording, dict[str, Any]] = {}
    for job in list_jobs(batch, stack.job_queue, (*UNFINISHED, *FINISHED)):
        recording = Recording.of_job(job)
        if recording is None:
            continue
        if recording not in newest or job["createdAt"] > newest[recording]["createdAt"]:
            newest[recording] = job
    failed = {
        recording: job
        for recording, job in newest.items()
        if job["status"] == "FAILED" and job["container"].get("exitCode") not in FINAL_EXIT_CODES
    }
    for recording, job in failed.items():
        why = job.get("statusReason", NO_REASON)
        if dry_run:
            print(printable(f"{recording}: {why}"))
        else:
            print(printable(f"{recording}: {submit(batch, stack, recording)}; was: {why}"))
    return len(failed)


def _messages(sqs: "SQSClient", queue_url: str, held: set[str]) -> Iterator[Any]:
    """Yield all messages. ``held`` gets the receipts of those that are invisible to others now."""
    while messages := sqs.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=WAIT_SECONDS,
    ).get("Messages"):
        held.update(message["ReceiptHandle"] for message in messages)
        yield from messages


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m {COMMAND}", description=__doc__)
    parser.add_argument("--failed", action="store_true", help="failed jobs instead of undelivered uploads")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be submitted")
    options = parser.parse_args(arguments)
    stack = Stack.read(COMMAND)
    batch = client("batch", stack.region)
    if options.failed:
        count = redrive_failed(batch, stack, dry_run=options.dry_run)
    else:
        sqs = client("sqs", stack.region)
        count = redrive_dead_letters(sqs, batch, stack, dry_run=options.dry_run)
    print(f"{count} {'to submit' if options.dry_run else 'submitted'}")
    return 0


if __name__ == "__main__":
    start(main)
