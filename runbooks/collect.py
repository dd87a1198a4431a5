"""Turn uploads that wait in a queue into jobs with lists of recordings. A function of AWS Lambda.

A message is deleted when Batch has the job, and not before. So no upload is lost, and the worker skips what
was submitted twice. A list job only writes transcripts. If it fails, the event of its end comes to the same
queue, and its recordings without a transcript are submitted again: in smaller lists, and at last alone.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from runbooks.collector_settings import CollectorSettings
from runbooks.manifests import Upload, manifest, read_manifest, split
from transcriber.outcomes import SOURCE_ETAG_METADATA, ExitCode, result_name

SMALL_LIST_FILES = 25
"""The rest of a list that ended too early comes in lists of this size, and their rest in single jobs. It is
about the root of the most files of a list, so a fault of the service makes 4 % more jobs than recordings."""

MOST_MESSAGES = 20_000  # They fit into the memory of the function.
SUBMIT_SECONDS = 1 / 25  # Batch accepts twice as many jobs from an account.
CONNECTIONS = 16
NO_RESULT = {"404", "NoSuchKey", "NotFound", "400", "KeyTooLongError"}
"""The codes of S3 for a result that does not exist, or whose key would be too long."""

NOT_DONE = (BotoCoreError, ClientError, KeyError, TypeError, ValueError)
"""AWS refuses, or a message is strange. The message comes back, and is a dead letter at last."""


class Collector:
    """Submits jobs for the messages of the queue, and counts what it does."""

    def __init__(self, settings: CollectorSettings) -> None:
        config = Config(max_pool_connections=CONNECTIONS, retries={"mode": "standard"})
        self.settings = settings
        self.sqs = boto3.client("sqs", config=config)
        self.s3 = boto3.client("s3", config=config)
        self.batch = boto3.client("batch", config=config)
        self.counts = {"messages": 0, "lists": 0, "singles": 0, "ended_lists": 0, "errors": 0}

    def run(self, deadline: float) -> dict[str, int]:
        """Submit jobs for the messages that are read before ``deadline``. Return the counts."""
        receipts: dict[Upload, list[str]] = {}
        for message in self.messages(deadline):
            try:
                detail = json.loads(message["Body"])["detail"]
                if "jobId" in detail:
                    self.submit_rest(detail)
                    self.delete([message["ReceiptHandle"]])
                else:
                    receipts.setdefault(Upload.of_event(detail), []).append(message["ReceiptHandle"])
            except NOT_DONE as error:
                self.report(error, message_id=message["MessageId"])
        # Sorted by size, so that jobs take about the same time.
        for uploads in self.lists(sorted(receipts, key=lambda each: each.size), self.settings.list_files):
            try:
                self.submit(uploads)
                self.delete([receipt for each in uploads for receipt in receipts[each]])
            except NOT_DONE as error:
                self.report(error, files=len(uploads))
        print(json.dumps({"level": "info", "message": "collected", **self.counts}))
        return self.counts

    def messages(self, deadline: float) -> Iterator[Any]:
        """Yield messages until the queue is empty. Long polling asks all servers of SQS."""
        while self.counts["messages"] < MOST_MESSAGES:
            answer = self.sqs.receive_message(
                QueueUrl=self.settings.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for message in answer.get("Messages", []):
                if time.time() > deadline:
                    return
                self.counts["messages"] += 1
                yield message
            if not answer.get("Messages"):
                return

    def delete(self, receipts: list[str]) -> None:
        """Delete messages. If one stays, it comes back, and the worker then skips its recording."""
        for start in range(0, len(receipts), 10):
            handles = enumerate(receipts[start : start + 10])
            self.sqs.delete_message_batch(
                QueueUrl=self.settings.queue_url,
                Entries=[{"Id": str(number), "ReceiptHandle": handle} for number, handle in handles],
            )

    def lists(self, uploads: list[Upload], most_files: int) -> Iterator[list[Upload]]:
        """Yield ``uploads`` in lists that each fit one job."""
        return split(uploads, most_files, self.settings.list_bytes)

    def submit(self, uploads: list[Upload]) -> None:
        """Submit a single job for one recording, and a list job with a manifest for several."""
        known, is_list = self.settings, len(uploads) > 1
        parameters = {"bucket": uploads[0].bucket, "key": uploads[0].key, "etag": uploads[0].etag}
        if is_list:
            key, body = manifest(uploads)
            self.s3.put_object(Bucket=known.output_bucket, Key=key, Body=body)
            parameters = {"manifest": f"s3://{known.output_bucket}/{key}"}
        self.batch.submit_job(
            jobName=f"{known.job_name}-list" if is_list else known.job_name,
            jobQueue=known.job_queue,
            jobDefinition=known.list_definition if is_list else known.job_definition,
            parameters=parameters,
        )
        self.counts["lists" if is_list else "singles"] += 1
        time.sleep(SUBMIT_SECONDS)

    def submit_rest(self, job: dict[str, Any]) -> None:
        """Submit the recordings that a failed list job left without a transcript."""
        bucket, _, key = job["parameters"]["manifest"].removeprefix("s3://").partition("/")
        uploads = read_manifest(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            done = list(pool.map(self.has_transcript, uploads))
        # After the whole list, each of the rest needs a job that says why it has no transcript.
        went_through = job.get("container", {}).get("exitCode") == ExitCode.LEFT_OVER
        most_files = 1 if went_through or len(uploads) <= SMALL_LIST_FILES else SMALL_LIST_FILES
        rest = [upload for upload, is_done in zip(uploads, done, strict=True) if not is_done]
        for group in self.lists(rest, most_files):
            self.submit(group)
        self.counts["ended_lists"] += 1

    def has_transcript(self, upload: Upload) -> bool:
        """Tell whether there is a transcript of this version of a recording."""
        key = self.settings.output_prefix + result_name(upload.key)
        try:
            head = self.s3.head_object(Bucket=self.settings.output_bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in NO_RESULT:
                raise
            return False
        return bool(head["Metadata"].get(SOURCE_ETAG_METADATA) == upload.etag)

    def report(self, error: Exception, **about: Any) -> None:
        """Log why messages stay in the queue."""
        self.counts["errors"] += 1
        print(json.dumps({"level": "error", "message": repr(error), **about}))


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Read messages for half of the time that the function may take, and submit jobs for them."""
    half_seconds = context.get_remaining_time_in_millis() / 1000 / 2
    return Collector(CollectorSettings.of_environment(os.environ)).run(time.time() + half_seconds)
