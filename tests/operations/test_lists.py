"""The commands count recordings that share a job, and leave their jobs to the collector."""

import json
from dataclasses import replace
from typing import Any

import pytest

from operations.errors import OperationError
from operations.jobs import Recording, list_unfinished
from operations.redrive import redrive_dead_letters, redrive_failed
from operations.stack import Stack
from runbooks.manifests import Upload, manifest
from tests.emulator.batch_account import python, unique
from tests.operations.account import Account

ENDLESS = python("import signal; signal.pause()")


class Lists:
    """A stack whose recordings share jobs, and one endless list job in it."""

    def __init__(self, account: Account) -> None:
        self.batch = account.account.client
        self.s3, self.sqs = account.cloud.client("s3"), account.cloud.client("sqs")
        self.bucket = unique("output")
        self.s3.create_bucket(Bucket=self.bucket)
        letters, collected = (
            self.sqs.create_queue(QueueName=unique(name))["QueueUrl"] for name in ("letters", "collected")
        )
        self.stack = replace(
            Stack.from_outputs({**account.outputs, "deadLetterQueue": letters}), collection_queue=collected
        )
        key, body = manifest([Upload("in", "a b+&.mp3", "1", 5), Upload("in", "ü.mp3", "2", 5)])
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        self.manifest = f"s3://{self.bucket}/{key}"
        self.definition = account.account.definition([*ENDLESS, "Ref::manifest"])
        self.job = self.submit(self.manifest)

    def submit(self, uri: str) -> str:
        answer = self.batch.submit_job(
            jobName="transcribe-list",
            jobQueue=self.stack.job_queue,
            jobDefinition=self.definition,
            parameters={"manifest": uri},
        )
        return str(answer["jobId"])

    def bodies(self, queue: str | None) -> list[dict[str, Any]]:
        messages = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(each["Body"]) for each in messages]


@pytest.fixture
def lists(account: Account) -> Lists:
    return Lists(account)


def test_the_recordings_of_unfinished_lists_are_under_way(lists: Lists) -> None:
    lists.submit(f"s3://{lists.bucket}/manifests/expired.jsonl")
    found = list_unfinished(lists.batch, lists.s3, lists.stack.job_queue)
    assert found == {Recording("in", "a b+&.mp3", "1"), Recording("in", "ü.mp3", "2")}
    lists.batch.terminate_job(jobId=lists.job, reason="enough")


def test_the_end_of_a_list_goes_back_to_the_collector(
    lists: Lists, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"detail": {"jobId": lists.job, "parameters": {"manifest": lists.manifest}}}
    lists.sqs.send_message(QueueUrl=lists.stack.dead_letter_queue, MessageBody=json.dumps(event))
    assert redrive_dead_letters(lists.sqs, lists.batch, lists.stack, dry_run=False) == 1
    assert f"{lists.manifest}: given back to the collector" in capsys.readouterr().out
    assert lists.bodies(lists.stack.collection_queue) == [event]
    assert lists.bodies(lists.stack.dead_letter_queue) == []


def test_without_a_collector_the_end_of_a_list_stays_where_it_is(lists: Lists) -> None:
    event = {"detail": {"jobId": lists.job, "parameters": {"manifest": lists.manifest}}}
    lists.sqs.send_message(QueueUrl=lists.stack.dead_letter_queue, MessageBody=json.dumps(event))
    with pytest.raises(OperationError, match="recordings share no jobs in this stack"):
        redrive_dead_letters(
            lists.sqs, lists.batch, replace(lists.stack, collection_queue=None), dry_run=False
        )
    assert lists.bodies(lists.stack.dead_letter_queue) == [event]


def test_failed_lists_are_left_to_the_collector(lists: Lists) -> None:
    lists.batch.terminate_job(jobId=lists.job, reason="enough")
    assert redrive_failed(lists.batch, lists.stack, dry_run=True) == 0
