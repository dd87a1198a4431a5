"""Runbooks whose steps are scripts: under their role, tried again, and told of when they end."""

import json
import queue
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.automation.runbooks import AutomationError, RunbookExecutor
from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique
from tests.emulator.waiting import wait_for

Event = dict[str, Any]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ssm.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:ssm:*:000000000000:automation-execution/*"}},
        }
    ],
}
PUT_NAMED = """
import boto3

def handler(events, context):
    boto3.client("s3").put_object(Bucket=events["bucket"], Key=events["name"], Body=b"")
    return {"done": events["name"]}
"""
PUT_AND_STAY = PUT_NAMED.replace("    return", "    import signal; signal.pause()\n    return")


class Account:
    """Runbooks and what is told of them."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.told: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.runbooks = RunbookExecutor(cloud, self.told.put)
        self.bucket = unique("bucket")
        cloud.client("s3").create_bucket(Bucket=self.bucket)

    def runbook(
        self, *, may: str = "s3:PutObject", action: str = "aws:executeScript", script: str = PUT_NAMED
    ) -> str:
        """Make a runbook that puts an object by the name that it is given, and return its name."""
        iam, name = self.cloud.client("iam"), unique("runbook")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": may, "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        policy = {"Version": "2012-10-17", "Statement": [allow]}
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        content = {
            "schemaVersion": "0.3",
            "assumeRole": role,
            "parameters": {"name": {"type": "String", "allowedPattern": "^[a-z]+$"}},
            "mainSteps": [
                {
                    "name": "put",
                    "action": action,
                    "maxAttempts": 2,
                    "inputs": {
                        "Runtime": "python3.11",
                        "Handler": "handler",
                        "InputPayload": {"bucket": self.bucket, "name": "{{ name }}"},
                        "Script": script,
                    },
                }
            ],
        }
        self.cloud.client("ssm").create_document(
            Name=name, Content=json.dumps(content), DocumentType="Automation"
        )
        return name

    def keys(self) -> list[str]:
        """What lies in the bucket."""
        listed = self.cloud.client("s3").list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [each["Key"] for each in listed]


@pytest.fixture
def account(cloud: LocalCloud) -> Iterator[Account]:
    account = Account(cloud)
    yield account
    account.runbooks.close()


def test_a_script_does_its_work_under_the_runbook_s_role(account: Account) -> None:
    name = account.runbook()
    execution = account.runbooks.start(name, {"name": ["entry"]})
    event = account.told.get(timeout=60)
    assert event["detail"] == {"ExecutionId": execution, "Definition": name, "Status": "Success"}
    assert event["source"] == "aws.ssm"
    assert account.keys() == ["entry"]


def test_a_script_may_do_no_more_than_its_role(account: Account) -> None:
    name = account.runbook(may="s3:GetObject")
    account.runbooks.start(name, {"name": ["entry"]})
    assert account.told.get(timeout=60)["detail"]["Status"] == "Failed"
    assert account.keys() == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "takes the parameters name, not none"),
        ({"name": ["a"], "other": ["b"]}, "not name, other"),
        ({"name": ["../A"]}, "name does not match"),
    ],
)
def test_parameters_that_the_runbook_does_not_take_are_refused(
    account: Account, given: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(AutomationError, match=said):
        account.runbooks.start(account.runbook(), given)


def test_steps_other_than_scripts_are_not_available(account: Account) -> None:
    name = account.runbook(action="aws:runInstances")
    with pytest.raises(AutomationError, match="aws:runInstances are not available here"):
        account.runbooks.start(name, {"name": ["a"]})


def test_what_is_no_runbook_is_not_started(account: Account) -> None:
    with pytest.raises(ClientError, match="missing does not exist"):
        account.runbooks.start("missing", {})


def test_a_script_that_is_ended_with_the_emulator_did_not_fail(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    account.runbooks.start(account.runbook(script=PUT_AND_STAY), {"name": ["begun"]})
    wait_for(lambda: account.cloud.client("s3").list_objects_v2(Bucket=account.bucket)["KeyCount"])
    account.runbooks.close()
    assert account.told.get(timeout=10)["detail"]["Status"] == "Failed"
    assert "failed" not in caplog.text
