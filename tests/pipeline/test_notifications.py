"""What the operators hear of files, and find written down of them."""

import json
import re
from pathlib import Path

from components.monitoring import queries
from runbooks.digest import safe
from tests.emulator.waiting import wait_for
from tests.pipeline.service import SAMPLES, Service


def test_a_failed_file_is_announced_with_its_name_its_reason_and_where_to_look(
    service: Service, tmp_path: Path
) -> None:
    heard = subscribe(service)
    (tmp_path / "text.mp3").write_bytes(b"This is not a recording.\n" * 50)
    key = "announced/see evil.example\nReason: none \u202e.mp3"
    (transcription,) = service.wait(service.upload(tmp_path / "text.mp3", key))
    (notice,) = wait_for(lambda: received(service, heard, "announced/"), 60)
    outputs = service.pipeline.outputs
    (entry,) = (each for each in service.objects("outputBucket") if each.startswith("failures/announced/"))
    written = f"s3://{outputs['outputBucket']}/{entry}"
    shown = safe(f"s3://{outputs['inputBucket']}/{key}")
    assert shown.endswith("/announced/see evil[.]example\\nReason: none \\u202e[.]mp3")
    lines = notice.splitlines()
    number = next(line.partition(".")[0] for line in lines if line.endswith(shown))
    file = lines[lines.index(f"{number}. {shown}") :][:6]
    assert file[1].endswith("not an audio or video file, or damaged at its start.")
    assert file[2:4] == [
        "Exit codes, one a try: 65",
        f"Failure report: {safe(written)}",
    ]
    stream = transcription.job["container"]["logStreamName"]
    assert file[4].startswith("Log: https://")
    assert file[4].endswith(f"group={outputs['logGroup']};stream={stream}")
    assert file[5].endswith(f"/{transcription.job['jobId']}")
    # What was mailed is not mailed again.
    wait_for(lambda: waiting_notices(service) == 0, 60)


def waiting_notices(service: Service) -> int:
    """How many notices are still to be mailed, or are being mailed."""
    sqs = service.pipeline.cloud.client("sqs")
    (url,) = sqs.list_queues(QueueNamePrefix="watch-notices")["QueueUrls"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def test_the_history_of_a_file_stands_in_the_log_of_its_job(service: Service, tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_bytes(b"This is not a recording either.\n" * 50)
    service.wait(service.upload(tmp_path / "text.mp3", "history/text.mp3"))
    wait_for(lambda: states(service, "history/text.mp3") == {"RUNNABLE", "RUNNING", "FAILED"})


def states(service: Service, key: str) -> set[str]:
    """The states of a file's job that the log tells of."""
    logs, group = service.pipeline.cloud.client("logs"), service.pipeline.outputs["logGroup"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [json.loads(event["message"]) for page in pages for event in page["events"]]
    details = [line["detail"] for line in lines if line.get("detail-type") == "Batch Job State Change"]
    return {detail["status"] for detail in details if detail["parameters"].get("key") == key}


def test_the_saved_queries_name_what_the_worker_says(service: Service, tmp_path: Path) -> None:
    (done,) = service.wait(service.upload(SAMPLES / "reminder.mp3", "asked/reminder.mp3"))
    (transcribed,) = (
        line for line in service.log(done.job) if "audio_seconds" in line and "total_seconds" in line
    )
    assert fields(queries.SLOWEST_FILES) | {"audio_seconds", "total_seconds"} <= transcribed.keys()
    (tmp_path / "text.mp3").write_bytes(b"Nor is this a recording.\n" * 50)
    (failed,) = service.wait(service.upload(tmp_path / "text.mp3", "asked/text.mp3"))
    (failure,) = (line for line in service.log(failed.job) if line.get("level") == "error")
    assert fields(queries.LATEST_FAILURES) <= failure.keys()


def fields(query: str) -> set[str]:
    """What a query shows, but for what CloudWatch Logs adds itself."""
    (names,) = re.findall(r"\| fields (.+)", query)
    return {name for name in names.split(", ") if not name.startswith("@")}


def subscribe(service: Service) -> str:
    """A queue that gets what the topic publishes, as a mailbox does."""
    cloud = service.pipeline.cloud
    sqs = cloud.client("sqs")
    url: str = sqs.create_queue(QueueName="operators")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = service.pipeline.outputs["notificationTopic"]
    publish = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [publish]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def received(service: Service, queue_url: str, words: str) -> list[str]:
    """The notices in the queue that have these words in them."""
    answer = service.pipeline.cloud.client("sqs").receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
    )
    notices = [json.loads(message["Body"])["Message"] for message in answer.get("Messages", [])]
    return [notice for notice in notices if words in notice]
