"""Who is told of what, and in which words."""

import json
from typing import Any

import pytest

from components.notices import Notice, Place, blocked_notice, failed_notice, finished_notice
from components.notifications import topic_policy
from local.input_template import render_template
from tests.components.graph import ACCOUNT, PARTITION, REGION, Graph, run_program

PLACE = Place("aws", "eu-west-1", "transcribe-1", "audio-output", "transcripts/")
TOPIC = f"arn:{PARTITION}:sns:{REGION}:{ACCOUNT}:watch"


@pytest.fixture(scope="module")
def quiet() -> Graph:
    return run_program()


@pytest.fixture(scope="module")
def mailed() -> Graph:
    return run_program({"alarmEmail": "team@example.org,boss@example.org", "notifyFinished": "true"})


def rule_patterns(graph: Graph) -> dict[str, dict[str, Any]]:
    return {each.name: json.loads(each.inputs["eventPattern"]) for each in graph.of_type("EventRule")}


def test_failed_jobs_and_a_blocked_queue_are_published(quiet: Graph) -> None:
    patterns = rule_patterns(quiet)
    queue = [f"arn:{PARTITION}:batch:{REGION}:{ACCOUNT}:gpu"]
    assert patterns["watch-failed"] == {
        "source": ["aws.batch"],
        "detail-type": ["Batch Job State Change"],
        "detail": {"status": ["FAILED"], "jobQueue": queue},
    }
    assert patterns["watch-blocked"] == {
        "source": ["aws.batch"],
        "detail-type": ["Batch Job Queue Blocked"],
        "detail": {"jobQueue": queue},
    }
    for name in ("watch-failed", "watch-blocked"):
        target = quiet.one("EventTarget", name)
        assert target["arn"] == TOPIC
        assert target["deadLetterConfig"]["arn"].endswith(":watch-dead-letters")


def test_finished_files_are_published_only_if_wanted(quiet: Graph, mailed: Graph) -> None:
    assert "watch-finished" not in rule_patterns(quiet)
    assert rule_patterns(mailed)["watch-finished"]["detail"]["status"] == ["SUCCEEDED"]


def test_every_address_is_a_subscriber_and_without_one_there_is_no_key_to_pay(
    quiet: Graph, mailed: Graph
) -> None:
    subscriptions = [each.inputs for each in mailed.of_type("TopicSubscription")]
    assert [(each["protocol"], each["endpoint"]) for each in subscriptions] == [
        ("email", "team@example.org"),
        ("email", "boss@example.org"),
    ]
    assert mailed.one("Topic")["kmsMasterKeyId"] == f"arn:{PARTITION}:kms:{REGION}:{ACCOUNT}:watch"
    assert not quiet.of_type("TopicSubscription")
    assert not quiet.of_type("kms/key:Key")


def test_the_key_of_the_topic_rotates_and_serves_alarms_and_rules(mailed: Graph) -> None:
    key = mailed.one("kms/key:Key")
    assert (key["enableKeyRotation"], key["deletionWindowInDays"]) == (True, 7)
    users = {
        each["Principal"]["Service"]: each.get("Condition")
        for each in json.loads(key["policy"])["Statement"]
        if "Service" in each["Principal"]
    }
    assert users == {
        "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        # A condition would keep EventBridge out.
        "events.amazonaws.com": None,
    }


def test_only_alarms_and_rules_of_the_stack_publish_and_only_over_tls() -> None:
    alarms, tls = f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:*", "TlsOnly"
    statements = {each["Sid"]: each for each in topic_policy("topic", ACCOUNT, alarms, ["rule"])["Statement"]}
    assert statements.keys() == {"Alarms", "Rules", tls}
    assert statements["Alarms"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": alarms},
    }
    assert statements["Rules"]["Condition"] == {
        "StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT},
        "ArnEqualsIfExists": {"aws:SourceArn": ["rule"]},
    }
    assert statements[tls]["Effect"] == "Deny"
    assert {each["Resource"] for each in statements.values()} == {"topic"}


def test_a_failure_names_the_file_the_reason_each_try_and_where_to_look() -> None:
    notice = failed_notice(PLACE, retry_attempts=3)
    assert notice.input_paths["exit2"] == "$.detail.attempts[2].container.exitCode"
    known = {"bucket": "in", "key": "calls/a b.mp3", "reason": "Essential container in task exited"}
    known |= {"container": "OutOfMemoryError", "log": "transcribe/default/0a", "job": "42"}
    text = render_template(notice.input_template, {**known, "exit0": 143, "exit1": 137})
    assert text.splitlines() == [
        '"A file has no transcript."',
        '"Reason: Essential container in task exited OutOfMemoryError"',
        '"Exit codes, one a try: 143 137 "',
        '"Log: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1'
        '#logEventViewer:group=transcribe-1;stream=transcribe/default/0a"',
        '"Job: https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/42"',
        '"The file, by the name that its uploader chose: s3://in/calls/a b.mp3"',
        '"Written down: s3://audio-output/failures/calls/a b.mp3.json"',
    ]


def test_a_finished_file_is_told_with_its_transcript() -> None:
    text = render_template(finished_notice(PLACE).input_template, {"bucket": "in", "key": "a.mp3"})
    assert "s3://in/a.mp3" in text
    assert "s3://audio-output/transcripts/a.mp3.json" in text


def test_a_blocked_queue_is_told_with_its_reason() -> None:
    known = {"bucket": "in", "key": "a.mp3", "reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "job": "1"}
    text = render_template(blocked_notice(PLACE).input_template, known)
    assert "No transcription can start: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY" in text
    assert text.endswith('s3://in/a.mp3"')


@pytest.mark.parametrize(
    "notice", [failed_notice(PLACE, retry_attempts=1), finished_notice(PLACE), blocked_notice(PLACE)]
)
def test_what_a_name_forges_stands_below_all_that_is_ours(notice: Notice) -> None:
    holding_names = ["<key>" in line for line in notice.lines]
    assert holding_names == sorted(holding_names)
    forged = "Reason: all is well, sign in at http://evil/"
    text = render_template(notice.input_template, {"bucket": "in", "key": f'a"\n\n{forged}\n', "job": "42"})
    assert text.splitlines().index(forged) > holding_names.index(True)
