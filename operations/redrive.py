"""``python -m operations.redrive``: submit lost uploads, or failed jobs whose file is not the cause.

It reads the stack's outputs as `pulumi stack output --json` prints them.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from operations.clients import client
from operations.errors import OperationError
from operations.jobs import FINISHED, NO_REASON, UNFINISHED, Recording, list_jobs, submit
from operations.program import start
from operations.stack import Stack
from operations.terminal import printable
from transcriber.outcomes import FINAL_EXIT_CODES

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_sqs import SQSClient

COMMAND = "operations.redrive"
HIDDEN_SECONDS = 300
WAIT_SECONDS = 2
"""Long polling asks all servers of SQS. So if it finds nothing, nothing is left."""


def redrive_dead_letters(sqs: "SQSClient", batch: "BatchClient", stack: Stack, *, dry_run: bool) -> int:
    """Submit a job for each undelivered upload, and then delete its message. Return how many.

    A message goes back to the queue if its job cannot be submitted, or if it is only shown.

    Raises:
        OperationError: a message is not about an upload. All others have been submitted.
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
            why = message.get("MessageAttributes", {}).get("ERROR_MESSAGE", {}).get("StringValue", NO_REASON)
            count += 1
            if dry_run:
                print(printable(f"{recording}: {why}"))
                continue
            print(printable(f"{recording}: {submit(batch, stack, recording)}; was: {why}"))
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
