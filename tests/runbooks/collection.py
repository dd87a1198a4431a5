"""What the collector works on: a queue, buckets, and job definitions with a short program for the worker."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.aws import Emulator
from emulator.batch.runtime import LocalImage
from emulator.batch.service import BatchService
from runbooks.collect import Collector
from runbooks.collector_settings import CollectorSettings
from tests.emulator.batch_account import IMAGE, BatchAccount
from tests.emulator.waiting import wait_for

LIST_WORKER = """
import json, os, sys, boto3
s3 = boto3.client("s3")
bucket, _, key = sys.argv[1].removeprefix("s3://").partition("/")
left = 0
for line in map(json.loads, s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()):
    if "crash" in line["key"]:
        os.abort()
    if "bad" in line["key"]:
        left += 1
        continue
    name = f"transcripts/{line['key']}.json"
    s3.put_object(Bucket=bucket, Key=name, Body=b"{}", Metadata={"source-etag": line["etag"]})
sys.exit(66 if left else 0)
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
ANY_OBJECT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}],
}


@contextmanager
def batch_beside(emulator: Emulator, folder: Path) -> Iterator[BatchService]:
    """Serve Batch with jobs that run Python."""
    with BatchService(emulator.endpoint, emulator.credentials, {IMAGE: LocalImage(folder)}) as batch:
        yield batch


class Collection:
    """An empty queue and bucket of their own, and the collector on them."""

    def __init__(self, batch: BatchService, **changes: Any) -> None:
        self.batch, self.cloud = batch, batch.cloud
        self.account = BatchAccount(self.cloud)
        self.sqs, self.s3 = self.cloud.client("sqs"), self.cloud.client("s3")
        name = f"collected-{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=name)
        iam = self.cloud.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="objects", PolicyDocument=json.dumps(ANY_OBJECT))
        url = self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "4"})["QueueUrl"]
        self.settings = CollectorSettings(
            queue_url=url,
            output_bucket=name,
            output_prefix="transcripts/",
            job_name="transcribe",
            job_queue=self.account.queue(),
            job_definition=self.account.definition(["python", "-c", "pass"]),
            list_definition=self.account.definition(
                ["python", "-c", LIST_WORKER, "Ref::manifest"],
                container={"jobRoleArn": role},
                retryStrategy={"attempts": 1},
            ),
            list_files=500,
            list_bytes=500_000_000,
        )._replace(**changes)

    def upload(self, key: str, size: int = 10, etag: str = "e1") -> None:
        """Send the event of an upload."""
        entry = {"key": key, "size": size, "etag": etag}
        self.send(json.dumps({"detail": {"bucket": {"name": "recordings"}, "object": entry}}))

    def send(self, body: str) -> None:
        """Send a message."""
        self.sqs.send_message(QueueUrl=self.settings.queue_url, MessageBody=body)

    def collect(self, **changes: Any) -> dict[str, int]:
        """Run the collector until it finds nothing more."""
        return Collector(self.settings._replace(**changes)).run(float("inf"))

    def waiting(self) -> int:
        """How many messages are in the queue, in view or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.settings.queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs that were submitted."""
        ids = [job["jobId"] for job in self.account.jobs(self.settings.job_queue)]
        return [self.account.job(job_id) for job_id in ids]

    def ended(self) -> list[dict[str, Any]]:
        """All jobs, when they have ended."""
        wait_for(lambda: {job["status"] for job in self.jobs()} <= {"SUCCEEDED", "FAILED"}, 60)
        return self.jobs()

    def names(self) -> Counter[str]:
        """How many jobs there are of each name."""
        return Counter(job["jobName"] for job in self.jobs())

    def singles(self) -> set[str]:
        """The keys of recordings with a job of their own."""
        return {job["parameters"]["key"] for job in self.jobs() if "key" in job["parameters"]}

    def lists(self) -> list[list[dict[str, Any]]]:
        """The lines of the manifest of each list job."""
        return [self.manifest(job) for job in self.jobs() if "manifest" in job["parameters"]]

    def manifest(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """The lines of the manifest of one job."""
        bucket, _, key = job["parameters"]["manifest"].removeprefix("s3://").partition("/")
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    def return_failed_lists(self, told: set[str]) -> int:
        """Send the events of failed list jobs that are not in ``told``, as the rule does. Return how many."""
        failed = [
            job
            for job in self.ended()
            if job["status"] == "FAILED" and "manifest" in job["parameters"] and job["jobId"] not in told
        ]
        for job in failed:
            told.add(job["jobId"])
            parts = ("jobId", "parameters", "container", "status")
            self.send(json.dumps({"detail": {part: job[part] for part in parts}}))
        return len(failed)
