"""Who is told of what, and by what."""

import json
from typing import Any

import pytest

from components.monitoring.announcement_runbook import SCRIPT
from components.monitoring.notifications import topic_policy
from components.script_bundle import bundle
from tests.components.graph import ACCOUNT, PARTITION, PROJECT, REGION, STACK, Graph, run_program

TOPIC = f"arn:{PARTITION}:sns:{REGION}:{ACCOUNT}:watch"


@pytest.fixture(scope="module")
def quiet() -> Graph:
    return run_program()


@pytest.fixture(scope="module")
def mailed() -> Graph:
    return run_program({"alarmEmail": "team@example.org,boss@example.org", "notifyFinished": "true"})


def rule_patterns(graph: Graph) -> dict[str, dict[str, Any]]:
    return {
        each.name: json.loads(each.inputs["eventPattern"])
        for each in graph.of_type("EventRule")
        if "eventPattern" in each.inputs
    }


def test_failed_jobs_and_a_blocked_queue_start_the_runbook_that_mails(quiet: Graph) -> None:
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
    for about in ("failed", "blocked"):
        target = quiet.one("EventTarget", f"watch-{about}")
        assert target["arn"].endswith(":automation-definition/watch-1234567:$DEFAULT")
        assert target["deadLetterConfig"]["arn"].endswith(":watch-dead-letters")
        # Nothing that an uploader chose passes through EventBridge.
        assert target["inputTransformer"] == {
            "inputPaths": {"job": "$.detail.jobId"},
            "inputTemplate": f'{{"jobId": [<job>], "about": ["{about}"]}}',
        }


def test_finished_files_are_collected_and_mailed_every_hour_only_if_wanted(
    quiet: Graph, mailed: Graph
) -> None:
    assert not {"watch-finished", "watch-hourly"} & {each.name for each in quiet.of_type("EventRule")}
    pattern = json.loads(mailed.one("EventRule", "watch-finished")["eventPattern"])
    assert pattern["detail"]["status"] == ["SUCCEEDED"]
    assert mailed.one("EventTarget", "watch-finished")["arn"].endswith(":watch-notices")
    assert mailed.one("EventRule", "watch-hourly")["scheduleExpression"] == "rate(1 hour)"
    target = mailed.one("EventTarget", "watch-hourly")
    assert json.loads(target["input"]) == {"jobId": [""], "about": ["finished"]}
    (allowed,) = (
        each["Condition"]["ArnEquals"]["aws:SourceArn"]
        for each in json.loads(mailed.one("QueuePolicy", "watch-notices")["policy"])["Statement"]
        if each["Effect"] == "Allow"
    )
    assert [arn.rsplit(":", 1)[-1] for arn in allowed] == ["watch-finished"]


def test_a_mail_that_could_not_be_sent_goes_to_the_dead_letters(quiet: Graph) -> None:
    pattern = rule_patterns(quiet)["watch-unannounced"]
    assert pattern["source"] == ["aws.ssm"]
    assert pattern["detail"]["Definition"] == ["watch-1234567"]
    assert quiet.one("EventTarget", "watch-unannounced")["arn"].endswith(":watch-dead-letters")


def test_the_runbook_is_whole_and_knows_where_everything_is(mailed: Graph) -> None:
    document = json.loads(mailed.one("Document", "watch")["content"])
    (step,) = document["mainSteps"]
    text = step["inputs"]["Script"]
    assert text == bundle(SCRIPT)
    assert {"def handler(", "def safe(", "def failure_report_key("} <= {
        f"{line.partition('(')[0]}(" for line in text.splitlines()
    }
    payload = step["inputs"]["InputPayload"]
    assert payload["window_seconds"] == 300
    assert payload["queue_url"] == "https://sqs/watch-notices"
    assert payload["topic_arn"] == TOPIC
    assert payload["turn_prefix"] == f"/{PROJECT}-{STACK}/watch-turn-"
    assert step["timeoutSeconds"] > payload["window_seconds"]


def test_the_runbook_may_mail_and_nothing_else(quiet: Graph, mailed: Graph) -> None:
    policy = json.loads(mailed.one("RolePolicy", "watch-runbook")["policy"])
    allowed = {
        action: statement["Resource"] for statement in policy["Statement"] for action in statement["Action"]
    }
    turns = f"arn:{PARTITION}:ssm:{REGION}:{ACCOUNT}:parameter/{PROJECT}-{STACK}/watch-turn-*"
    queue = f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:watch-notices"
    output = f"arn:{PARTITION}:s3:{REGION}:{ACCOUNT}:audio-output"
    key = f"arn:{PARTITION}:kms:{REGION}:{ACCOUNT}:watch"
    assert allowed == {
        "batch:DescribeJobs": "*",
        "s3:GetObject": f"{output}/failures/*",
        "s3:ListBucket": output,
        **{f"sqs:{act}": queue for act in ("SendMessage", "ReceiveMessage", "DeleteMessage")},
        "sqs:ChangeMessageVisibility": queue,
        **{f"ssm:{act}Parameter": turns for act in ("Put", "Get", "Delete")},
        "sns:Publish": TOPIC,
        "kms:GenerateDataKey": key,
        "kms:Decrypt": key,
    }
    assert "kms:" not in quiet.one("RolePolicy", "watch-runbook")["policy"]


def test_the_window_of_a_mail_is_configured_in_minutes() -> None:
    document = json.loads(run_program({"digestMinutes": "0"}).one("Document", "watch")["content"])
    assert document["mainSteps"][0]["inputs"]["InputPayload"]["window_seconds"] == 0


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


def test_the_key_of_the_topic_rotates_and_serves_alarms(mailed: Graph) -> None:
    key = mailed.one("kms/key:Key")
    assert (key["enableKeyRotation"], key["deletionWindowInDays"]) == (True, 7)
    users = {
        each["Principal"]["Service"]: each.get("Condition")
        for each in json.loads(key["policy"])["Statement"]
        if "Service" in each["Principal"]
    }
    assert users == {
        "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }


def test_only_alarms_of_the_account_publish_by_the_topic_s_policy_and_only_over_tls() -> None:
    alarms, tls = f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:*", "TlsOnly"
    statements = {each["Sid"]: each for each in topic_policy("topic", ACCOUNT, alarms)["Statement"]}
    assert statements.keys() == {"Alarms", tls}
    assert statements["Alarms"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": alarms},
    }
    assert statements[tls]["Effect"] == "Deny"
    assert {each["Resource"] for each in statements.values()} == {"topic"}
