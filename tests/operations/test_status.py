"""One command tells how a stack is doing, and its exit code whether an operator has something to do."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.emulator.batch_account import python, unique
from tests.operations.account import Account
from tests.operations.dated_images import IMAGE, serve_image

MORE_THAN_A_PAGE = 101


@pytest.fixture
def account(account: Account) -> Account:
    """A stack with a dead-letter queue and an input bucket, both empty."""
    queue, bucket = unique("undelivered"), unique("in")
    account.cloud.client("s3").create_bucket(Bucket=bucket)
    url = account.cloud.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
    account.outputs = {**account.outputs, "deadLetterQueue": url, "inputBucket": bucket}
    return account


def status(account: Account, exit_code: int, **environment: str) -> list[str]:
    return account.run("operations.status", exit_code=exit_code, **environment).splitlines()


def row(label: str, count: int) -> str:
    return f"{label:<16}{count:>10,}"


def test_a_quiet_stack_ends_with_success(account: Account) -> None:
    account.patch()
    printed = status(account, exit_code=0)
    assert [line for line in printed if line.endswith(" 0")] == [
        row(label, 0)
        for label in (
            "jobs",
            "  submitted",
            "  pending",
            "  runnable",
            "  starting",
            "  running",
            "  succeeded",
            "  failed",
            "undelivered",
            "ignored",
        )
    ]
    assert f"{account.spot}: has the newest machine image" in printed
    assert not [line for line in printed if "python -m" in line]


def test_jobs_are_counted_by_their_states(account: Account) -> None:
    batch, queue = account.account, account.outputs["jobQueue"]
    succeeded = batch.submit(queue, account.outputs["jobDefinition"])
    failed = batch.submit(queue, batch.definition(python("raise SystemExit(1)")))
    for job in (succeeded, failed):
        batch.finished(job)
    running = batch.submit(queue, batch.definition(python("import signal; signal.pause()")))
    batch.reached(running, "RUNNING")
    waiting = [
        batch.submit(queue, account.outputs["jobDefinition"], dependsOn=[{"jobId": running}])
        for _ in range(MORE_THAN_A_PAGE)
    ]
    printed = status(account, exit_code=1)
    batch.client.terminate_job(jobId=running, reason="the test ends")
    batch.finished(running)
    assert row("jobs", 3 + len(waiting)) in printed
    assert row("  pending", len(waiting)) in printed
    assert [row(f"  {state}", 1) in printed for state in ("running", "succeeded", "failed")] == [True] * 3


def test_undelivered_events_are_counted_with_the_command_that_tells_why(account: Account) -> None:
    account.patch()
    sqs, url = account.cloud.client("sqs"), account.outputs["deadLetterQueue"]
    for _ in range(2):
        sqs.send_message(QueueUrl=url, MessageBody="{}")
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    printed = status(account, exit_code=1)
    assert row("undelivered", 2) in printed
    assert "  `python -m operations.redrive --dry-run` tells why" in printed


def test_uploads_that_start_no_job_are_counted_by_suffix(account: Account) -> None:
    account.patch()
    s3 = account.cloud.client("s3")
    for key in ("a.mp3", "b.txt", "c.TXT", "\x1b[2J"):
        s3.put_object(Bucket=account.outputs["inputBucket"], Key=key, Body=b"x")
    printed = status(account, exit_code=0)
    assert row("ignored", 3) in printed
    assert "  .txt: 2, such as b.txt" in printed
    assert "  no suffix: 1, such as \\x1b[2J" in printed


def test_each_environment_tells_of_its_image_and_the_old_one_how_to_move_it(account: Account) -> None:
    printed = status(account, exit_code=1)
    assert f"{account.on_demand}: has the newest machine image" in printed
    assert (
        f"{account.spot}: has an old machine image; `python -m operations.patch` moves it to the newer one"
        in printed
    )
    assert [line for line in printed if line.startswith(f"{account.new}: has not had an instance yet")]
    assert not [line for line in printed if line.startswith(account.stranger)]


def test_the_age_of_the_machine_image_in_use_is_told_in_days(account: Account) -> None:
    created = datetime.now(UTC) - timedelta(days=30, hours=1)
    with serve_image(f"{created:%Y-%m-%dT%H:%M:%S}.000Z") as endpoint:
        printed = status(account, exit_code=1, AWS_ENDPOINT_URL_EC2=endpoint)
    assert f"in use: {IMAGE} of {created:%Y-%m-%d}, 30 days old, on 1 instance" in printed


def test_a_stack_that_is_gone_is_told(account: Account) -> None:
    account.outputs = {**account.outputs, "jobQueue": "gone"}
    assert status(account, exit_code=1) == ["gone: there is no such job queue; is the stack destroyed?"]
