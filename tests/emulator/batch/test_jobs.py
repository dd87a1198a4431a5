"""The life of a job over the Batch API: run, retried, described, listed, logged."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.aws import Emulator
from emulator.batch.service import BatchService
from tests.emulator.batch_account import IMAGE, BatchAccount, python, unique
from tests.emulator.conftest import QUICK

SHOW_ENVIRONMENT = python("import json, os; print(json.dumps(dict(os.environ)))")
ROOM = {"attempts": 3}


def test_a_job_that_exits_with_zero_succeeds_and_its_output_is_in_the_log(
    batch: BatchAccount, queue: str
) -> None:
    job = batch.run(queue, python("import sys; print('héllo\\n\\nwörld'); print('fault', file=sys.stderr)"))
    assert (job["status"], job["container"]["exitCode"]) == ("SUCCEEDED", 0)
    assert sorted(batch.log(job)) == ["fault", "héllo", "wörld"]
    assert len(job["attempts"]) == 1
    assert job["attempts"][0]["container"]["logStreamName"] == job["container"]["logStreamName"]
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]


def test_a_job_that_exits_otherwise_fails(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, python("import sys; print('end', end=''); sys.exit(3)"))
    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 3)
    assert job["statusReason"] == "Essential container in task exited"
    assert batch.log(job) == ["end"]


def test_a_job_ended_by_a_signal_exits_with_128_and_its_number(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    assert job["container"]["exitCode"] == 139


def test_bytes_that_are_not_utf_8_do_not_harm_the_log(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, python("import sys; sys.stdout.buffer.write(b'a\\xffb\\n')"))
    assert batch.log(job) == ["a\ufffdb"]


def test_thousands_of_lines_arrive_in_order(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, python("print(*range(5000), sep='\\n')"))
    pages = batch.logs.get_paginator("filter_log_events").paginate(
        logGroupName="/aws/batch/job", logStreamNames=[job["container"]["logStreamName"]]
    )
    messages = [event["message"] for page in pages for event in page["events"]]
    assert messages == [str(index) for index in range(5000)]


def test_the_log_goes_to_the_group_and_prefix_of_the_definition(batch: BatchAccount, queue: str) -> None:
    group = unique("/transcriber")
    options = {"awslogs-group": group, "awslogs-stream-prefix": "worker"}
    container = {"logConfiguration": {"logDriver": "awslogs", "options": options}}
    definition = batch.definition(python("print('x')"), container=container)
    missing = batch.finished(batch.submit(queue, definition))
    assert missing["statusReason"] == "Task failed to start"
    assert "log group does not exist" in missing["container"]["reason"]
    batch.logs.create_log_group(logGroupName=group)
    job = batch.finished(batch.submit(queue, definition))
    assert batch.log(job, group) == ["x"]
    assert job["container"]["logStreamName"].startswith("worker/default/")


def test_the_environment_is_the_container_s_and_not_this_machine_s(
    batch: BatchAccount, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    variables = [{"name": "BOTH", "value": "definition"}, {"name": "CHANGED", "value": "definition"}]
    definition = batch.definition(SHOW_ENVIRONMENT, container={"environment": variables})
    override = {"environment": [{"name": "CHANGED", "value": "submission"}]}
    job = batch.finished(batch.submit(queue, definition, containerOverrides=override))
    environment = json.loads(batch.log(job)[0])
    assert environment["FROM_IMAGE"] == "image"
    assert (environment["BOTH"], environment["CHANGED"]) == ("definition", "submission")
    assert environment["AWS_BATCH_JOB_ID"] == job["jobId"]
    assert environment["AWS_BATCH_JOB_ATTEMPT"] == "1"
    assert environment["AWS_BATCH_JQ_NAME"] == queue
    assert environment["AWS_ENDPOINT_URL"] == batch.cloud.aws_endpoint
    assert environment["TMPDIR"] == environment["HOME"]
    assert "SECRET_OF_THE_HOST" not in environment
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} & set(environment)


@pytest.mark.parametrize("value", ["a b", "quo\"te's", "a+b&c=d", "日本語 ü", "-leading", "$(id);`id`|*", ""])
def test_a_parameter_reaches_the_command_as_one_argument(batch: BatchAccount, queue: str, value: str) -> None:
    show = [*python("import sys, json; print(json.dumps(sys.argv[1:]))"), "--", "Ref::key", "Ref::missing"]
    definition = batch.definition(show, parameters={"key": "default"})
    job = batch.finished(batch.submit(queue, definition, parameters={"key": value}))
    assert json.loads(batch.log(job)[0]) == ["--", value, "Ref::missing"]


def test_a_failed_attempt_is_retried_and_counted(batch: BatchAccount, queue: str) -> None:
    flaky = python("import os, sys; sys.exit(75 if os.environ['AWS_BATCH_JOB_ATTEMPT'] < '3' else 0)")
    job = batch.run(queue, flaky, retryStrategy=ROOM)
    assert job["status"] == "SUCCEEDED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [75, 75, 0]
    assert len({attempt["container"]["logStreamName"] for attempt in job["attempts"]}) == 3


def test_evaluate_on_exit_ends_a_job_that_can_never_work(batch: BatchAccount, queue: str) -> None:
    strategy = {"attempts": 3, "evaluateOnExit": [{"onExitCode": "65", "action": "exit"}]}
    job = batch.run(queue, python("import sys; sys.exit(65)"), retryStrategy=strategy)
    assert (job["status"], len(job["attempts"])) == ("FAILED", 1)


def test_a_submission_can_replace_command_retries_and_timeout(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    job = batch.finished(
        batch.submit(
            queue,
            definition,
            containerOverrides={"command": ["false"]},
            retryStrategy={"attempts": 2},
            timeout={"attemptDurationSeconds": 60},
        )
    )
    assert (job["status"], len(job["attempts"])) == ("FAILED", 2)
    assert job["timeout"] == {"attemptDurationSeconds": 60}


def test_an_unknown_image_can_not_be_pulled(batch: BatchAccount, queue: str) -> None:
    strategy = {"attempts": 2, "evaluateOnExit": [{"onReason": "CannotPull*", "action": "EXIT"}]}
    job = batch.run(queue, python("pass"), image="nobody/nothing:1", retryStrategy=strategy)
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"].startswith("CannotPullContainerError: ")
    assert "exitCode" not in job["container"]
    assert len(job["attempts"]) == 1


def test_a_command_that_the_image_does_not_have_can_not_start(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, ["no-such-program"])
    assert job["container"]["reason"].startswith("CannotStartContainerError: ")


def test_a_command_that_no_process_can_have_can_not_start(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, [*python("pass"), "a\0b"])
    assert job["container"]["reason"].startswith("CannotStartContainerError: ")


def test_jobs_are_listed_by_status_page_by_page(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    done = [batch.submit(queue, definition) for _ in range(3)]
    for job_id in done:
        batch.finished(job_id)

    def listed(**query: Any) -> list[str]:
        pages = batch.client.get_paginator("list_jobs").paginate(
            jobQueue=queue, PaginationConfig={"PageSize": 2}, **query
        )
        return [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    assert listed(jobStatus="SUCCEEDED") == done[::-1]
    assert listed() == listed(jobStatus="FAILED") == []
    with pytest.raises(ClientError, match="filters are not available here"):
        listed(filters=[{"name": "JOB_NAME", "values": ["JO*"]}])
    with pytest.raises(ClientError, match="ListJobs needs jobQueue"):
        batch.client.list_jobs()


def test_missing_jobs_are_left_out_of_descriptions(batch: BatchAccount) -> None:
    assert batch.client.describe_jobs(jobs=["missing"])["jobs"] == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"jobName": "no spaces"}, "is not valid"),
        ({"jobQueue": "missing"}, "JobQueue missing not found"),
        ({"jobDefinition": "missing"}, "JobDefinition missing not found"),
        ({"arrayProperties": {"size": 2}}, "arrayProperties is not available here"),
        ({"dependsOn": [{"jobId": "missing"}]}, "Job missing not found"),
        ({"dependsOn": [{"type": "SEQUENTIAL"}]}, "SEQUENTIAL is for array jobs"),
        ({"shareIdentifier": "a"}, "shareIdentifier is not available here"),
    ],
)
def test_a_submission_that_can_not_work_is_refused(
    batch: BatchAccount, queue: str, fields: dict[str, Any], message: str
) -> None:
    whole = {"jobName": "job", "jobQueue": queue, "jobDefinition": batch.definition(python("pass"))}
    with pytest.raises(ClientError, match=message):
        batch.client.submit_job(**(whole | fields))


def test_with_one_slot_jobs_run_one_by_one_and_the_higher_priority_first(
    emulator: Emulator, images: dict[str, Any]
) -> None:
    settings = replace(QUICK, slots=1)
    with BatchService(emulator.endpoint, emulator.credentials, images, settings) as service:
        account = BatchAccount(service.cloud)
        low, high = account.queue(priority=1), account.queue(priority=9)
        definition = account.definition(python("pass"))
        first = account.submit(low, account.definition(["sleep", "60"]))
        account.reached(first, "RUNNING")
        waiting = [account.submit(queue, definition) for queue in (low, low, high)]
        assert {account.job(job_id)["status"] for job_id in waiting} == {"RUNNABLE"}
        account.client.terminate_job(jobId=first, reason="make room")
        jobs = [account.finished(job_id) for job_id in waiting]
    assert sorted(jobs, key=lambda job: int(job["startedAt"])) == [jobs[2], jobs[0], jobs[1]]


def test_the_image_is_looked_up_when_the_job_starts(
    batch: BatchAccount, queue: str, images: dict[str, Any]
) -> None:
    uri = unique("image")
    definition = batch.definition(python("pass"), image=uri)
    assert batch.finished(batch.submit(queue, definition))["status"] == "FAILED"
    images[uri] = images[IMAGE]
    assert batch.finished(batch.submit(queue, definition))["status"] == "SUCCEEDED"
