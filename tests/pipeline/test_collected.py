"""Short recordings share a job; what their list leaves over gets jobs of its own."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.pipeline import read_config, start_pipeline
from operations.dead_letters import count_messages
from tests.emulator.waiting import wait_for
from tests.operations.commands import run_command
from tests.pipeline.service import SAMPLES, Service

WAIT_SECONDS = 90
OLD_BUCKET = "old-calls"


class Collected(Service):
    """A pipeline whose recordings share jobs. The function is called here and not by its schedule."""

    @property
    def url(self) -> str:
        return self.pipeline.outputs["collectionQueue"]

    def collect(self, least: int) -> dict[str, int]:
        """Call the function when at least so many messages wait."""
        sqs, functions = self.pipeline.cloud.client("sqs"), self.pipeline.cloud.client("lambda")
        wait_for(lambda: count_messages(sqs, self.url) >= least, WAIT_SECONDS)
        (function,) = functions.list_functions()["Functions"]
        answer = functions.invoke(FunctionName=function["FunctionName"], Payload=b"{}")
        counts: dict[str, int] = json.loads(answer["Payload"].read())
        return counts

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, when all have ended."""
        batch, queue = self.pipeline.cloud.client("batch"), self.pipeline.outputs["jobQueue"]
        states = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")

        def listed(*statuses: str) -> list[str]:
            return [
                job["jobId"]
                for status in statuses
                for job in batch.list_jobs(jobQueue=queue, jobStatus=status)["jobSummaryList"]
            ]

        wait_for(lambda: not listed(*states[:-2]), WAIT_SECONDS)
        found: list[dict[str, Any]] = batch.describe_jobs(jobs=listed(*states[-2:]))["jobs"]
        return found


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collected]:
    folder = tmp_path_factory.mktemp("collected")
    # The schedule would call the function too, so it is slow here.
    config = read_config(["collectSeconds=600", "collectMaxMegabytes=1", f"extraInputBuckets={OLD_BUCKET}"])
    with start_pipeline(config, folder, slots=2) as pipeline:
        yield Collected(pipeline, folder)


def test_short_uploads_share_a_job_and_what_is_left_over_gets_its_own(
    collected: Collected, tmp_path: Path
) -> None:
    (tmp_path / "text.mp3").write_bytes(b"No recording, but some text.\n" * 50)
    (tmp_path / "large.mp3").write_bytes((SAMPLES / "reminder.mp3").read_bytes() + bytes(1_000_001))
    keys = [f"calls/Grüße {number}+&.mp3" for number in range(6)]
    for key in keys:
        collected.upload(SAMPLES / "reminder.mp3", key)
    collected.upload(tmp_path / "text.mp3", "calls/bad.mp3")
    collected.upload(tmp_path / "large.mp3", "calls/large.mp3")
    assert collected.collect(7) == {"messages": 7, "lists": 1, "singles": 0, "ended_lists": 0, "errors": 0}
    assert Counter(job["jobName"] for job in collected.jobs()) == {"transcribe-list": 1, "transcribe": 1}
    (ended,) = (job for job in collected.jobs() if job["jobName"] == "transcribe-list")
    assert (ended["status"], ended["container"]["exitCode"], len(ended["attempts"])) == ("FAILED", 66, 1)
    transcripts = {f"transcripts/{key}.json" for key in (*keys, "calls/large.mp3")}
    assert transcripts <= collected.objects("outputBucket")
    assert not [key for key in collected.objects("outputBucket") if key.startswith("failures/")]

    assert collected.collect(1) == {"messages": 1, "lists": 0, "singles": 1, "ended_lists": 1, "errors": 0}
    failed = [job for job in collected.jobs() if job["parameters"].get("key") == "calls/bad.mp3"]
    assert [job["container"]["exitCode"] for job in failed] == [65]
    assert "failures/calls/bad.mp3.json" in collected.objects("outputBucket")
    assert count_messages(collected.pipeline.cloud.client("sqs"), collected.url) == 0


def test_recordings_of_another_bucket_share_a_job_and_stay_where_they_are(collected: Collected) -> None:
    s3, environment = collected.pipeline.cloud.client("s3"), collected.pipeline.cloud.client_environment()
    s3.create_bucket(Bucket=OLD_BUCKET)
    for number in range(3):
        s3.upload_file(str(SAMPLES / "reminder.mp3"), OLD_BUCKET, f"2024/é {number}.mp3")
    options = ("--bucket", OLD_BUCKET, "--prefix", "2024/")
    ended = run_command(
        "operations.backfill", *options, given=collected.pipeline.outputs, environment=environment
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 recordings up to s3://old-calls/2024/é 2.mp3: job " in ended.stdout
    statuses = {job["status"] for job in collected.jobs() if job["jobName"] == "transcribe-list"}
    assert "SUCCEEDED" in statuses
    results = collected.objects("outputBucket")
    assert {f"transcripts/2024/é {number}.mp3.json" for number in range(3)} <= results
    again = run_command(
        "operations.backfill", *options, given=collected.pipeline.outputs, environment=environment
    )
    assert [
        line.split() for line in again.stdout.splitlines() if line.startswith(("transcribed", "submitted"))
    ] == [
        ["transcribed", "3"],
        ["submitted", "0"],
    ]


def test_the_function_may_not_do_what_its_role_lacks(collected: Collected) -> None:
    iam, functions = collected.pipeline.cloud.client("iam"), collected.pipeline.cloud.client("lambda")
    (function,) = functions.list_functions()["Functions"]
    role = function["Role"].rsplit("/", 1)[-1]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    reduced = {
        **policy,
        "Statement": [each for each in policy["Statement"] if "batch" not in str(each["Action"])],
    }
    collected.upload(SAMPLES / "reminder.mp3", "denied.mp3")
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        assert collected.collect(1)["errors"] == 1
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
    assert count_messages(collected.pipeline.cloud.client("sqs"), collected.url) == 1
