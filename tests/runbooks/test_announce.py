"""Notices of jobs: kept in a queue, mailed together, none lost."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.cloud import LocalCloud
from runbooks import announce
from runbooks.announce import Clients, MailSettings, keep, mail_all, take_turn
from tests.emulator.batch_account import unique
from transcriber.outcomes import failure_report_key

LONG_KEY = "k" * 1010 + ".mp3"


class KnownJobs:
    """DescribeJobs of jobs that are given: the emulator of the other services has no Batch."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        return {"jobs": [self.jobs[each] for each in jobs if each in self.jobs]}


@dataclass
class World:
    """A queue of notices, a topic with a mailbox, a bucket of results."""

    cloud: LocalCloud
    clients: Clients
    settings: MailSettings
    mailbox: str
    batch: KnownJobs = field(default_factory=KnownJobs)

    def fail(self, number: int, key: str = "", **changes: Any) -> dict[str, Any]:
        """Have a job fail and tell of it."""
        job = {
            "jobId": f"{number:036}",
            "status": "FAILED",
            "statusReason": "Essential container in task exited",
            "container": {"exitCode": 137, "reason": "OutOfMemoryError", "logStreamName": "jobs/0a"},
            "attempts": [{"container": {"exitCode": 137}}, {}],
            "parameters": {"bucket": "in", "key": key or f"{number}.mp3", "etag": "1"},
            "jobDefinition": "not told",
            **changes,
        }
        self.batch.jobs[job["jobId"]] = job
        keep(self.clients, self.settings, job["jobId"], "failed")
        return job

    def write_report(self, key: str, reason: str, etag: str = "1") -> str:
        name = failure_report_key(key)
        body = json.dumps({"source_etag": etag, "reason": reason})
        self.clients.s3.put_object(Bucket=self.settings.output_bucket, Key=name, Body=body.encode())
        return name

    def mails(self) -> list[dict[str, Any]]:
        """Take what came into the mailbox."""
        found: list[dict[str, Any]] = []
        while messages := self.clients.sqs.receive_message(QueueUrl=self.mailbox, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.clients.sqs.delete_message(QueueUrl=self.mailbox, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def world(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(announce, "WAIT_SECONDS", 0)
    sqs, sns, s3 = (cloud.client(name) for name in ("sqs", "sns", "s3"))
    bucket, topic = unique("results"), sns.create_topic(Name=unique("topic"))["TopicArn"]
    s3.create_bucket(Bucket=bucket)
    queue, mailbox = (sqs.create_queue(QueueName=unique(name))["QueueUrl"] for name in ("notices", "box"))
    arn = sqs.get_queue_attributes(QueueUrl=mailbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=mailbox, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    turns = f"/{unique('stack')}/turn-"
    settings = MailSettings(
        bucket, "transcripts/", "failures/", queue, topic, turns, "https://c/log=", "https://c/job="
    )
    batch = KnownJobs()
    return World(cloud, Clients(batch, s3, sqs, sns, cloud.client("ssm")), settings, mailbox, batch)


def test_a_failure_is_mailed_with_the_reason_that_is_written_down(world: World) -> None:
    world.fail(1, "calls/text.mp3")
    name = world.write_report("calls/text.mp3", "Not an audio file, see evil.example")
    assert mail_all(world.clients, world.settings) == "1 failed"
    (mail,) = world.mails()
    assert mail["Subject"] == "1 file has no transcript"
    lines = mail["Message"].splitlines()
    assert "1. s3[:]//in/calls/text[.]mp3" in lines
    assert "Reason: Not an audio file, see evil[.]example" in lines
    assert "Exit codes, one a try: 137, none" in lines
    assert f"Failure report: s3[:]//{world.settings.output_bucket}/{name}".replace(".", "[.]") in lines
    assert "Log: https://c/log=jobs/0a" in lines
    assert f"Job: https://c/job={1:036}" in lines
    assert mail_all(world.clients, world.settings) == "nothing"


@pytest.mark.parametrize("etag", ["another", None])
def test_without_a_report_of_this_version_batch_s_reason_is_told(world: World, etag: str | None) -> None:
    world.fail(1, "a.mp3")
    if etag:
        world.write_report("a.mp3", "of an older upload", etag)
    mail_all(world.clients, world.settings)
    (mail,) = world.mails()
    assert "Reason: Essential container in task exited; OutOfMemoryError\n" in mail["Message"]
    assert "Failure report: nothing yet" in mail["Message"]


def test_a_name_too_long_for_a_report_is_found_where_it_is(world: World) -> None:
    world.fail(1, LONG_KEY)
    name = world.write_report(LONG_KEY, "empty")
    assert len(name.encode()) <= 1024
    assert name != f"failures/{LONG_KEY}.json"
    mail_all(world.clients, world.settings)
    (mail,) = world.mails()
    assert f"/{name}".replace(".", "[.]") in mail["Message"]


def test_a_burst_is_one_mail(world: World) -> None:
    for number in range(100):
        world.fail(number)
    assert mail_all(world.clients, world.settings) == "100 failed"
    (mail,) = world.mails()
    assert mail["Subject"] == "100 files have no transcript"
    assert "And 80 more." in mail["Message"]


def test_a_job_that_is_told_twice_is_one(world: World) -> None:
    job = world.fail(1)
    keep(world.clients, world.settings, job["jobId"], "failed")
    assert mail_all(world.clients, world.settings) == "1 failed"
    assert len(world.mails()) == 1


def test_each_kind_has_a_mail_of_its_own(world: World) -> None:
    world.fail(1)
    job = world.fail(2)
    keep(world.clients, world.settings, job["jobId"], "blocked")
    done = {"jobId": "3", "status": "SUCCEEDED", "parameters": {"bucket": "in", "key": "done.mp3"}}
    # As EventBridge puts it there.
    event = json.dumps({"source": "aws.batch", "detail": done})
    world.clients.sqs.send_message(QueueUrl=world.settings.queue_url, MessageBody=event)
    mail_all(world.clients, world.settings)
    mails = {mail["Subject"]: mail["Message"] for mail in world.mails()}
    assert mails.keys() == {
        "2 files have no transcript",
        "No transcription can start",
        "1 file was transcribed",
    }
    assert (
        f"s3[:]//{world.settings.output_bucket}/transcripts/done[.]mp3[.]json"
        in mails["1 file was transcribed"]
    )


def test_what_could_not_be_mailed_is_there_for_the_next_try(world: World) -> None:
    world.fail(1)
    nowhere = world.settings._replace(topic_arn=f"{world.settings.topic_arn}-gone")
    with pytest.raises(ClientError):
        mail_all(world.clients, nowhere)
    assert mail_all(world.clients, world.settings) == "1 failed"
    assert len(world.mails()) == 1


def test_one_execution_of_a_window_takes_its_turn_and_keeps_it_when_tried_again(world: World) -> None:
    ssm, turn = world.clients.ssm, f"{world.settings.turn_prefix}1"
    assert take_turn(ssm, turn, "one")
    assert not take_turn(ssm, turn, "two")
    assert take_turn(ssm, turn, "one")
    assert take_turn(ssm, f"{world.settings.turn_prefix}2", "two")


def test_a_job_that_batch_does_not_know_is_an_error(world: World) -> None:
    with pytest.raises(LookupError, match="no job 0"):
        keep(world.clients, world.settings, "0", "failed")


@pytest.fixture
def clients_of_world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    known = world.clients._asdict()
    monkeypatch.setattr("runbooks.announce.boto3.client", lambda name, **_rest: known[name])
    return world


def test_all_of_a_window_is_mailed_once_at_its_end(
    clients_of_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, clock = clients_of_world, [1_000_000_010.0]
    others: list[dict[str, str]] = []

    def pause(seconds: float) -> None:
        # Meanwhile other jobs fail, and their executions end at once.
        for number in (2, 3):
            world.fail(number)
            others.append(announce.handler(events | {"execution": str(number)}, None))
        clock[0] += seconds

    monkeypatch.setattr("runbooks.announce.time.time", lambda: clock[0])
    monkeypatch.setattr("runbooks.announce.time.sleep", pause)
    job = world.fail(1)
    events = {**world.settings._asdict(), "job_id": job["jobId"], "about": "failed"}
    events |= {"execution": "1", "window_seconds": 300}
    assert announce.handler(events, None) == {"outcome": "3 failed"}
    assert others == [{"outcome": "another execution mails it"}] * 2
    assert clock[0] == 1_000_000_200 + 2
    assert [mail["Subject"] for mail in world.mails()] == ["3 files have no transcript"]
    # The turn is over, and leaves nothing.
    left = world.clients.ssm.get_parameters_by_path(Path=world.settings.turn_prefix.rsplit("/", 1)[0])
    assert left["Parameters"] == []
