"""What is in the output bucket, in Batch, in the log and in the operators' mailbox after a campaign."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.recordings import list_jobs
from tests.faults.cloud import CampaignCloud, client
from transcriber.outcomes import FAILURES_FOLDER, SOURCE_ETAG_METADATA

TRANSCRIPTS = "transcripts/"
READERS = 4
CRASH = "Fatal Python error"
"""What faulthandler says of a crash in C code, as of a library that can't do without memory."""


@dataclass(frozen=True)
class Result:
    """One object of the output bucket."""

    etag: str | None
    """Of the recording that it is the result of."""
    body: dict[str, Any]
    """Of JSON results."""


@dataclass(frozen=True)
class Seen:
    """All that a campaign left."""

    transcripts: dict[str, Result]
    """By the recording's key."""
    subtitles: dict[str, str | None]
    """The ETag of the recording that they are of, by the recording's key."""
    failures: dict[tuple[str, str | None], Result]
    """By the recording's key and ETag, as the entry itself names them."""
    strays: list[str]
    """Keys of what is none of these."""
    jobs: list[dict[str, Any]]
    messages: Counter[str]
    """What workers logged, and how often."""


def look(cloud: CampaignCloud) -> Seen:
    """Read everything."""
    transcripts: dict[str, Result] = {}
    subtitles: dict[str, str | None] = {}
    failures: dict[tuple[str, str | None], Result] = {}
    strays: list[str] = []
    root = f"s3://{cloud.outputs['inputBucket']}/"
    for key, result in results(cloud):
        if key.startswith(FAILURES_FOLDER):
            source = result.body["source_uri"].removeprefix(root), result.body["source_etag"]
            failures[source] = result
        elif key.startswith(TRANSCRIPTS) and key.endswith(".json"):
            transcripts[key.removeprefix(TRANSCRIPTS).removesuffix(".json")] = result
        elif key.startswith(TRANSCRIPTS) and key.endswith(".srt"):
            subtitles[key.removeprefix(TRANSCRIPTS).removesuffix(".srt")] = result.etag
        else:
            strays.append(key)
    jobs = list_jobs(cloud.cloud, cloud.outputs["jobQueue"])
    return Seen(transcripts, subtitles, failures, strays, jobs, logged_messages(cloud))


def results(cloud: CampaignCloud) -> Iterator[tuple[str, Result]]:
    """Yield all objects of the output bucket by their keys."""
    s3, bucket = cloud.cloud.client("s3"), cloud.outputs["outputBucket"]

    def read(key: str) -> tuple[str, Result]:
        answer = s3.get_object(Bucket=bucket, Key=key)
        body = answer["Body"].read()
        parsed = json.loads(body) if key.endswith(".json") else {}
        return key, Result(answer["Metadata"].get(SOURCE_ETAG_METADATA), parsed)

    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(read, keys)


def is_transcribed(cloud: CampaignCloud, key: str, etag: str) -> bool:
    """Tell whether there is a transcript of this very version."""
    s3 = client(cloud.cloud, "s3")
    try:
        head = s3.head_object(Bucket=cloud.outputs["outputBucket"], Key=f"{TRANSCRIPTS}{key}.json")
    except ClientError:
        return False
    return bool(head["Metadata"].get(SOURCE_ETAG_METADATA) == etag)


def logged_messages(cloud: CampaignCloud) -> Counter[str]:
    """Count what workers logged, as `messages_of` does."""
    logs, group = cloud.cloud.client("logs"), cloud.outputs["logGroup"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return messages_of(event["message"] for page in pages for event in page["events"])


def messages_of(lines: Iterable[str]) -> Counter[str]:
    """Count what workers said, without what follows a colon, and crashes; their traces say nothing."""
    messages: Counter[str] = Counter()
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            messages[CRASH] += line.startswith(CRASH)
            continue
        if isinstance(event, dict) and event.get("level") and "message" in event:
            messages[event["message"].split(":")[0]] += 1
    return messages


class Mailbox:
    """A queue that gets what the stack's topic publishes, as an operator's mailbox does."""

    def __init__(self, cloud: CampaignCloud) -> None:
        sqs, topic = cloud.cloud.client("sqs"), cloud.outputs["notificationTopic"]
        self._url: str = sqs.create_queue(QueueName="operators")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": attributes["QueueArn"],
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
                }
            ],
        }
        sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": json.dumps(policy)})
        cloud.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
        self._sqs = sqs
        self.notices: list[str] = []

    def read(self) -> list[str]:
        """Return all notices so far."""
        while messages := self._receive():
            self.notices += [json.loads(message["Body"])["Message"] for message in messages]
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        return self.notices

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages
