"""Jobs run under their job role, and emulated AWS holds them to it."""

from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.emulator.batch_account import BatchAccount, python, unique

USE_S3 = """
import boto3, sys
bucket = sys.argv[1]
print(boto3.client("s3").get_object(Bucket=bucket, Key="in.txt")["Body"].read().decode())
try:
    boto3.client("s3").put_object(Bucket=bucket, Key="out.txt", Body=b"x")
except Exception as error:
    print(type(error).__name__, error)
"""


FETCH = """
import os, urllib.error, urllib.request
url, token = (os.environ["AWS_CONTAINER_" + name] for name in ("CREDENTIALS_FULL_URI", "AUTHORIZATION_TOKEN"))
print(url, token, sep="\\n")
for headers in ({"Authorization": token}, {}, {"Authorization": "another"}):
    try:
        print(urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""


def bucket_with_file(batch: BatchAccount) -> str:
    s3, bucket = batch.cloud.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="in.txt", Body=b"content")
    return bucket


def test_a_job_can_do_what_its_role_allows_and_nothing_else(batch: BatchAccount, queue: str) -> None:
    bucket = bucket_with_file(batch)
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    role = batch.role("ecs-tasks.amazonaws.com", [read])
    job = batch.run(queue, [*python(USE_S3), bucket], container={"jobRoleArn": role})
    assert job["status"] == "SUCCEEDED"
    content, denial = batch.log(job)
    assert content == "content"
    assert "AccessDenied" in denial
    assert "s3:PutObject" in denial


def test_a_job_without_role_has_no_credentials(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, [*python(USE_S3), bucket_with_file(batch)])
    assert job["status"] == "FAILED"
    assert "NoCredentialsError" in batch.log(job)[-1]


def test_a_role_that_does_not_trust_ecs_tasks_can_not_be_used(batch: BatchAccount, queue: str) -> None:
    role = batch.role("ec2.amazonaws.com", [])
    job = batch.run(queue, python("pass"), container={"jobRoleArn": role})
    assert job["status"] == "FAILED"
    assert job["statusReason"].startswith(f"ECS was unable to assume the role '{role}'")


def test_a_role_that_does_not_exist_can_not_be_used(batch: BatchAccount, queue: str) -> None:
    role = "arn:aws:iam::000000000000:role/missing"
    job = batch.run(queue, python("pass"), container={"jobRoleArn": role})
    assert job["statusReason"].startswith(f"ECS was unable to assume the role '{role}'")


def test_credentials_are_served_only_while_the_job_runs(batch: BatchAccount, queue: str) -> None:
    role = batch.role("ecs-tasks.amazonaws.com", [])
    said = batch.log(batch.run(queue, python(FETCH), container={"jobRoleArn": role}))
    url, token, fetched, without_token, with_another = said
    assert url.startswith(batch.cloud.batch_endpoint)
    assert (fetched, without_token, with_another) == ("200", "404", "404")
    with pytest.raises(HTTPError, match="404"):
        urlopen(Request(url, headers={"Authorization": token}))


def test_the_execution_role_must_let_the_log_be_written(batch: BatchAccount, queue: str) -> None:
    group = unique("/transcriber")
    batch.logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    create = {"Effect": "Allow", "Action": ["logs:CreateLogStream"], "Resource": arn}
    write = {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": arn}
    log = {"logDriver": "awslogs", "options": {"awslogs-group": group}}

    def run_under(role: str) -> dict[str, Any]:
        container = {"executionRoleArn": role, "logConfiguration": log}
        return batch.run(queue, python("print('x')"), container=container)

    refused = run_under(batch.role("ecs-tasks.amazonaws.com", [create]))
    assert refused["statusReason"] == "Task failed to start"
    assert "does not allow logs:PutLogEvents" in refused["container"]["reason"]
    untrusting = run_under(batch.role("ec2.amazonaws.com", [create, write]))
    assert "does not let ecs-tasks.amazonaws.com assume it" in untrusting["container"]["reason"]
    assert run_under(batch.role("ecs-tasks.amazonaws.com", [create, write]))["status"] == "SUCCEEDED"


def test_a_role_may_ask_for_which_account_and_task_it_is_assumed(batch: BatchAccount, queue: str) -> None:
    def condition(account: str) -> dict[str, Any]:
        return {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{account}:*"},
        }

    here = batch.role("ecs-tasks.amazonaws.com", [], condition("000000000000"))
    elsewhere = batch.role("ecs-tasks.amazonaws.com", [], condition("111111111111"))
    assert batch.run(queue, python("pass"), container={"jobRoleArn": here})["status"] == "SUCCEEDED"
    refused = batch.run(queue, python("pass"), container={"jobRoleArn": elsewhere})
    assert refused["statusReason"].startswith(f"ECS was unable to assume the role '{elsewhere}'")
    not_executed = batch.run(queue, python("pass"), container={"executionRoleArn": elsewhere})
    assert "does not let ecs-tasks.amazonaws.com assume it" in not_executed["container"]["reason"]
