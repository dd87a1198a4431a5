"""From an upload to a job, from a job to a notification, and where events go that can't be delivered."""

import json
import queue as queues
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.aws import Emulator
from emulator.cloud import LocalCloud
from emulator.events.delivery import Delivery, PendingEvent, exhausted_condition
from emulator.processes import free_port
from tests.emulator.batch_account import BatchAccount, python, unique
from tests.emulator.waiting import wait_for

REGION_ACCOUNT = "us-east-1:000000000000"
TRANSFORMER = {
    "InputPathsMap": {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key"},
    "InputTemplate": '{"Parameters": {"bucket": <bucket>, "key": <key>}}',
}
SHOW = [*python("import sys, json; print(json.dumps(sys.argv[1:]))"), "--", "Ref::bucket", "Ref::key"]
KEYS = [
    "plain.wav",
    "folder/with space.wav",
    "-leading dash.wav",
    "a+b&c=d.wav",
    "quo\"te's.wav",
    "back\\slash <key> $(id).wav",
    "日本語 ü é.wav",
]


@dataclass(frozen=True)
class Trigger:
    """A bucket whose uploads become jobs of a queue; what can't be delivered goes to a dead-letter queue."""

    batch: BatchAccount
    delivery: Delivery
    bucket: str
    rule: str
    queue: str
    definition: str
    role: str
    dead_letters: str

    def point_at(self, **changes: Any) -> None:
        """Set the rule's target."""
        target = {
            "Id": "batch",
            "Arn": f"arn:aws:batch:{REGION_ACCOUNT}:job-queue/{self.queue}",
            "RoleArn": self.role,
            "BatchParameters": {"JobName": "transcribe", "JobDefinition": self.definition},
            "InputTransformer": TRANSFORMER,
            "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION_ACCOUNT}:{self.dead_letters}"},
        }
        self.batch.cloud.client("events").put_targets(Rule=self.rule, Targets=[target | changes])
        self.delivery.refresh()

    def upload(self, key: str) -> None:
        self.batch.cloud.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"audio")

    def jobs(self) -> list[dict[str, Any]]:
        return self.batch.jobs(self.queue)

    def job(self) -> dict[str, Any]:
        return self.batch.finished(wait_for(self.jobs)[0]["jobId"])

    def dead_letter(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Wait for a dead letter; return its event and its attributes."""
        message = received(self.batch, self.dead_letters)
        attributes = {name: item["StringValue"] for name, item in message["MessageAttributes"].items()}
        return json.loads(message["Body"]), attributes


def make_queue(batch: BatchAccount, sender: str = "events.amazonaws.com") -> str:
    sqs, name = batch.cloud.client("sqs"), unique("messages")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": sender},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{REGION_ACCOUNT}:{name}",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.create_queue(QueueName=name, Attributes={"Policy": policy})
    return name


def received(batch: BatchAccount, queue: str) -> dict[str, Any]:
    sqs = batch.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    messages = wait_for(
        lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MessageAttributeNames=["All"]).get(
            "Messages"
        )
    )
    return dict(messages[0])


def submit_statement(queue: str, definition: str) -> dict[str, Any]:
    resources = [f"arn:aws:batch:{REGION_ACCOUNT}:job-queue/{queue}", definition]
    return {"Effect": "Allow", "Action": "batch:SubmitJob", "Resource": resources}


@pytest.fixture
def trigger(batch: BatchAccount, delivery: Delivery, queue: str) -> Iterator[Trigger]:
    s3, events = batch.cloud.client("s3"), batch.cloud.client("events")
    bucket, rule = unique("uploads"), unique("rule")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    definition = batch.definition(SHOW)
    role = batch.role("events.amazonaws.com", [submit_statement(queue, definition)])
    trigger = Trigger(batch, delivery, bucket, rule, queue, definition, role, make_queue(batch))
    trigger.point_at()
    yield trigger
    events.remove_targets(Rule=rule, Ids=["batch"])
    events.delete_rule(Name=rule)
    delivery.refresh()


@pytest.fixture
def forwarding(trigger: Trigger) -> Iterator[None]:
    """Uploads under a prefix go on to a bus of their own, where the rule on suffixes is."""
    events, bus = trigger.batch.cloud.client("events"), unique("bus")
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    target = events.list_targets_by_rule(Rule=trigger.rule)["Targets"][0]
    uploads: dict[str, Any] = {"source": ["aws.s3"], "detail": {"bucket": {"name": [trigger.bucket]}}}
    on_prefix = {**uploads, "detail": {**uploads["detail"], "object": {"key": [{"prefix": "calls/"}]}}}
    wav = {"suffix": {"equals-ignore-case": ".wav"}}
    on_suffix = {**uploads, "detail": {**uploads["detail"], "object": {"key": [wav]}}}
    events.put_rule(Name=trigger.rule, EventPattern=json.dumps(on_prefix))
    events.put_targets(Rule=trigger.rule, Targets=[{"Id": "batch", "Arn": arn, "RoleArn": trigger.role}])
    events.put_rule(Name="on-suffix", EventBusName=bus, EventPattern=json.dumps(on_suffix))
    events.put_targets(Rule="on-suffix", EventBusName=bus, Targets=[target])
    trigger.delivery.refresh()
    yield
    events.delete_event_bus(Name=bus)
    trigger.delivery.refresh()


@pytest.mark.usefixtures("forwarding")
def test_a_rule_of_another_bus_takes_what_is_forwarded_to_it(trigger: Trigger) -> None:
    for key in ("a.wav", "calls/a.txt", "calls/A.WAV"):
        trigger.upload(key)
    assert json.loads(trigger.batch.log(trigger.job())[0]) == ["--", trigger.bucket, "calls/A.WAV"]
    assert len(trigger.jobs()) == 1


@pytest.mark.parametrize("key", KEYS)
def test_an_upload_becomes_a_job_with_exactly_that_key(trigger: Trigger, key: str) -> None:
    trigger.upload(key)
    job = trigger.job()
    assert job["status"] == "SUCCEEDED"
    assert json.loads(trigger.batch.log(job)[0]) == ["--", trigger.bucket, key]


def test_each_upload_is_one_job(trigger: Trigger) -> None:
    keys = {f"{index}.wav" for index in range(12)}
    for key in keys:
        trigger.upload(key)
    wait_for(lambda: len(trigger.jobs()) >= len(keys))
    jobs = [trigger.batch.finished(job["jobId"]) for job in trigger.jobs()]
    assert sorted(job["parameters"]["key"] for job in jobs) == sorted(keys)


def test_the_target_sets_retries_and_overrides(trigger: Trigger) -> None:
    template = (
        '{"Parameters": {"bucket": "b"}, '
        '"ContainerOverrides": {"Environment": [{"Name": "KEY", "Value": <key>}], "Command": ["true"]}}'
    )
    trigger.point_at(
        InputTransformer={"InputPathsMap": TRANSFORMER["InputPathsMap"], "InputTemplate": template},
        BatchParameters={
            "JobName": "transcribe-all",
            "JobDefinition": trigger.definition,
            "RetryStrategy": {"Attempts": 4},
        },
    )
    trigger.upload("a.wav")
    job = trigger.job()
    assert (job["jobName"], job["retryStrategy"]["attempts"]) == ("transcribe-all", 4)
    assert job["container"]["command"] == ["true"]
    assert job["container"]["environment"] == [{"name": "KEY", "value": "a.wav"}]


def test_rules_made_later_are_noticed_without_being_told(trigger: Trigger) -> None:
    batch, events = trigger.batch, trigger.batch.cloud.client("events")
    events.remove_targets(Rule=trigger.rule, Ids=["batch"])
    trigger.delivery.refresh()
    trigger.upload("unheard.wav")

    def upload_is_heard() -> list[dict[str, Any]]:
        trigger.upload("heard.wav")
        return trigger.jobs()

    target = {
        "Id": "batch",
        "Arn": f"arn:aws:batch:{REGION_ACCOUNT}:job-queue/{trigger.queue}",
        "RoleArn": trigger.role,
        "BatchParameters": {"JobName": "transcribe", "JobDefinition": trigger.definition},
        "InputTransformer": TRANSFORMER,
    }
    events.put_targets(Rule=trigger.rule, Targets=[target])
    for job in wait_for(upload_is_heard):
        assert batch.finished(job["jobId"])["parameters"]["key"] == "heard.wav"


def test_an_event_for_a_queue_that_is_gone_becomes_a_dead_letter(trigger: Trigger) -> None:
    trigger.batch.client.update_job_queue(jobQueue=trigger.queue, state="DISABLED")
    trigger.batch.client.delete_job_queue(jobQueue=trigger.queue)
    trigger.upload("a b.wav")
    event, attributes = trigger.dead_letter()
    assert event["detail"]["object"]["key"] == "a b.wav"
    assert attributes["ERROR_CODE"] == "NO_RESOURCE"
    assert "not found" in attributes["ERROR_MESSAGE"]
    assert attributes["RULE_ARN"].endswith(f":rule/{trigger.rule}")
    assert attributes["TARGET_ARN"].endswith(f":job-queue/{trigger.queue}")


def test_input_that_is_not_json_becomes_a_dead_letter(trigger: Trigger) -> None:
    quoted = TRANSFORMER | {"InputTemplate": '{"Parameters": {"key": "<key>"}}'}
    trigger.point_at(InputTransformer=quoted)
    trigger.upload('say "hi".wav')
    assert trigger.dead_letter()[1]["ERROR_CODE"] == "INVALID_JSON"


def test_a_parameter_that_is_not_text_becomes_a_dead_letter(trigger: Trigger) -> None:
    number = {
        "InputPathsMap": {"size": "$.detail.object.size"},
        "InputTemplate": '{"Parameters": {"size": <size>}}',
    }
    trigger.point_at(InputTransformer=number)
    trigger.upload("a.wav")
    assert trigger.dead_letter()[1]["ERROR_CODE"] == "INVALID_PARAMETER"


def test_a_role_that_may_not_submit_becomes_a_dead_letter(trigger: Trigger) -> None:
    weak = trigger.batch.role("events.amazonaws.com", [submit_statement(trigger.queue, "arn:aws:batch:x")])
    trigger.point_at(RoleArn=weak)
    trigger.upload("a.wav")
    _, attributes = trigger.dead_letter()
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert trigger.definition in attributes["ERROR_MESSAGE"]


def test_a_role_that_does_not_trust_eventbridge_becomes_a_dead_letter(trigger: Trigger) -> None:
    statement = submit_statement(trigger.queue, trigger.definition)
    trigger.point_at(RoleArn=trigger.batch.role("ecs-tasks.amazonaws.com", [statement]))
    trigger.upload("a.wav")
    assert trigger.dead_letter()[1]["ERROR_CODE"] == "FAILED_TO_ASSUME_ROLE"


def test_a_job_s_end_reaches_a_topic_s_subscriber(trigger: Trigger) -> None:
    batch, sns = trigger.batch, trigger.batch.cloud.client("sns")
    events, rule, inbox = (
        batch.cloud.client("events"),
        unique("failures"),
        make_queue(trigger.batch, "sns.amazonaws.com"),
    )
    topic = sns.create_topic(Name=unique("failed"))["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION_ACCOUNT}:{inbox}",
        Attributes={"RawMessageDelivery": "true"},
    )
    pattern = {
        "source": ["aws.batch"],
        "detail-type": ["Batch Job State Change"],
        "detail": {"status": ["FAILED"], "jobQueue": [{"suffix": f"/{trigger.queue}"}]},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    paths = {"name": "$.detail.jobName", "reason": "$.detail.statusReason"}
    transformer = {"InputPathsMap": paths, "InputTemplate": '"<name> failed: <reason>"'}
    events.put_targets(Rule=rule, Targets=[{"Id": "topic", "Arn": topic, "InputTransformer": transformer}])
    trigger.delivery.refresh()
    batch.run(trigger.queue, python("pass"))
    batch.run(trigger.queue, python("raise SystemExit(3)"))
    assert received(batch, inbox)["Body"] == '"job failed: Essential container in task exited"'


def test_job_events_reach_a_log_group_whole(trigger: Trigger) -> None:
    batch, events = trigger.batch, trigger.batch.cloud.client("events")
    rule, group = unique("all"), unique("/aws/events/jobs")
    batch.logs.create_log_group(logGroupName=group)
    pattern = {"source": ["aws.batch"], "detail": {"jobQueue": [{"suffix": f"/{trigger.queue}"}]}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    arn = f"arn:aws:logs:{REGION_ACCOUNT}:log-group:{group}"
    let_eventbridge_write(batch, f"{arn}:*")
    events.put_targets(Rule=rule, Targets=[{"Id": "log", "Arn": arn}])
    trigger.delivery.refresh()
    job = batch.run(trigger.queue, python("pass"))

    def logged() -> list[dict[str, Any]]:
        answer = batch.logs.filter_log_events(logGroupName=group)
        return [json.loads(event["message"]) for event in answer["events"]]

    wait_for(lambda: len(logged()) >= 5)
    assert {event["detail"]["jobId"] for event in logged()} == {job["jobId"]}
    statuses = {event["detail"]["status"] for event in logged()}
    assert statuses == {"SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"}


def test_a_log_group_that_no_policy_opens_gets_nothing(trigger: Trigger) -> None:
    batch, events, rule = trigger.batch, trigger.batch.cloud.client("events"), unique("shut")
    group, dead = unique("/aws/events/shut"), make_queue(batch)
    batch.logs.create_log_group(logGroupName=group)
    pattern = {"source": ["aws.batch"], "detail": {"jobQueue": [{"suffix": f"/{trigger.queue}"}]}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    arn = f"arn:aws:logs:{REGION_ACCOUNT}:log-group:{group}"
    letters = {"Arn": f"arn:aws:sqs:{REGION_ACCOUNT}:{dead}"}
    events.put_targets(Rule=rule, Targets=[{"Id": "log", "Arn": arn, "DeadLetterConfig": letters}])
    trigger.delivery.refresh()
    batch.run(trigger.queue, python("pass"))
    message = received(batch, dead)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert batch.logs.filter_log_events(logGroupName=group)["events"] == []


def let_eventbridge_write(batch: BatchAccount, streams: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": streams,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    batch.logs.put_resource_policy(policyName=unique("history"), policyDocument=document)


def test_a_queue_that_does_not_let_eventbridge_send_gets_nothing(trigger: Trigger) -> None:
    batch, events, rule = trigger.batch, trigger.batch.cloud.client("events"), unique("closed")
    closed, dead = make_queue(batch, "sns.amazonaws.com"), make_queue(batch)
    pattern = {"source": ["aws.batch"], "detail": {"jobQueue": [{"suffix": f"/{trigger.queue}"}]}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    target = {
        "Id": "closed",
        "Arn": f"arn:aws:sqs:{REGION_ACCOUNT}:{closed}",
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION_ACCOUNT}:{dead}"},
    }
    events.put_targets(Rule=rule, Targets=[target])
    trigger.delivery.refresh()
    batch.run(trigger.queue, python("pass"))
    message = received(batch, dead)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_stopping_removes_what_the_delivery_made(tmp_path: Path) -> None:
    with Emulator(log_file=tmp_path / "ministack.log") as emulator:
        cloud = LocalCloud(emulator.endpoint, "http://127.0.0.1:1", emulator.credentials)
        events, sqs = cloud.client("events"), cloud.client("sqs")
        events.put_rule(Name="upload", EventPattern='{"source": ["aws.s3"]}')
        arn = f"arn:aws:batch:{REGION_ACCOUNT}:job-queue/queue"
        parameters = {"JobName": "job", "JobDefinition": "definition"}
        events.put_targets(Rule="upload", Targets=[{"Id": "1", "Arn": arn, "BatchParameters": parameters}])
        with Delivery(cloud, queues.SimpleQueue()):
            assert len(events.list_rules()["Rules"]) == 2
        assert [rule["Name"] for rule in events.list_rules()["Rules"]] == ["upload"]
        assert not sqs.list_queues().get("QueueUrls")


def test_it_can_be_stopped_when_the_emulator_is_gone(tmp_path: Path) -> None:
    with Emulator(log_file=tmp_path / "ministack.log") as emulator:
        cloud = LocalCloud(emulator.endpoint, "http://127.0.0.1:1", emulator.credentials, attempts=1)
        delivery = Delivery(cloud, queues.SimpleQueue())
        delivery.start()
    delivery.stop()


def pending(retries: int, age_seconds: float) -> tuple[PendingEvent, float]:
    event = {"time": "2026-01-01T00:00:00Z"}
    sent = 1_767_225_600.0
    return PendingEvent("rule", "target", event, retries, "receipt"), sent + age_seconds


@pytest.mark.parametrize(
    ("policy", "retries", "age_seconds", "condition"),
    [
        ({}, 184, 86_399, None),
        ({}, 185, 10, "MaximumRetryAttempts"),
        ({}, 1, 86_400, "MaximumEventAgeInSeconds"),
        ({"MaximumRetryAttempts": 0}, 0, 0, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, 1, 61, "MaximumEventAgeInSeconds"),
    ],
)
def test_the_retry_policy_ends_the_tries(
    policy: dict[str, int], retries: int, age_seconds: float, condition: str | None
) -> None:
    item, now = pending(retries, age_seconds)
    assert exhausted_condition(policy, item, now) == condition


def test_a_batch_that_does_not_answer_is_tried_as_often_as_the_target_says(tmp_path: Path) -> None:
    with Emulator(log_file=tmp_path / "ministack.log") as emulator:
        cloud = LocalCloud(
            emulator.endpoint, f"http://127.0.0.1:{free_port()}", emulator.credentials, attempts=1
        )
        account, events = BatchAccount(cloud), cloud.client("events")
        definition = f"arn:aws:batch:{REGION_ACCOUNT}:job-definition/definition:1"
        dead = make_queue(account)
        target = {
            "Id": "batch",
            "Arn": f"arn:aws:batch:{REGION_ACCOUNT}:job-queue/queue",
            "RoleArn": account.role("events.amazonaws.com", [submit_statement("queue", definition)]),
            "BatchParameters": {"JobName": "job", "JobDefinition": definition},
            "RetryPolicy": {"MaximumRetryAttempts": 1},
            "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION_ACCOUNT}:{dead}"},
        }
        events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        events.put_targets(Rule="orders", Targets=[target])
        with Delivery(cloud, queues.SimpleQueue()):
            events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": '{"id": 7}'}])
            message = received(account, dead)
    attributes = {name: item["StringValue"] for name, item in message["MessageAttributes"].items()}
    assert json.loads(message["Body"])["detail"] == {"id": 7}
    assert attributes["ERROR_CODE"] == "CONNECTION_FAILURE"
    assert attributes["RETRY_ATTEMPTS"] == "1"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"


def test_an_event_of_batch_outlasts_a_restart_of_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()
    monkeypatch.setattr(
        "emulator.events.delivery.logger.warning",
        lambda *_arguments: failed.set() if "job-events" in threading.current_thread().name else None,
    )
    event = {
        "version": "0",
        "id": "1",
        "detail-type": "Batch Job State Change",
        "source": "aws.batch",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"status": "FAILED"},
    }
    events: queues.SimpleQueue[dict[str, Any]] = queues.SimpleQueue()
    with Emulator(tmp_path / "ministack.log", state_folder=tmp_path / "state") as emulator:
        batch = BatchAccount(
            LocalCloud(emulator.endpoint, f"http://127.0.0.1:{free_port()}", emulator.credentials, attempts=1)
        )
        with Delivery(batch.cloud, events, refresh_seconds=0.2) as delivery:
            rules, target = batch.cloud.client("events"), make_queue(batch)
            rules.put_rule(Name="failed", EventPattern=json.dumps({"source": ["aws.batch"]}))
            arn = f"arn:aws:sqs:{REGION_ACCOUNT}:{target}"
            rules.put_targets(Rule="failed", Targets=[{"Id": "queue", "Arn": arn}])
            delivery.refresh()
            emulator.stop()
            events.put(event)
            assert failed.wait(30)
            emulator.start()
            assert json.loads(received(batch, target)["Body"]) == event
