"""What is written down of jobs that could not say themselves why there is no transcript."""

import json
import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.waiting import wait_for
from tests.pipeline.service import SAMPLES, Service

REMINDER = SAMPLES / "reminder.mp3"


def entry(service: Service, key: str) -> dict[str, Any]:
    """Wait for the entry of a recording."""
    name = f"failures/{key}.json"
    wait_for(lambda: name in service.objects("outputBucket"), 60)
    answer = service.pipeline.cloud.client("s3").get_object(
        Bucket=service.pipeline.outputs["outputBucket"], Key=name
    )
    body: dict[str, Any] = json.loads(answer["Body"].read())
    assert answer["Metadata"]["source-etag"] == body["source_etag"]
    return body


def test_a_job_that_is_killed_each_time_leaves_an_entry(service: Service) -> None:
    key = "dead/it's -$(killed) ü.mp3"
    upload = service.upload(REMINDER, key)
    batch = service.pipeline.cloud.client("batch")
    killed: set[int] = set()

    def is_over() -> dict[str, Any] | None:
        jobs = batch.list_jobs(jobQueue=service.pipeline.outputs["jobQueue"], jobStatus="RUNNING")
        for summary in jobs["jobSummaryList"]:
            (job,) = batch.describe_jobs(jobs=[summary["jobId"]])["jobs"]
            process = service.process_of(job) if job["parameters"]["key"] == key else None
            if process and process not in killed:
                os.kill(process, signal.SIGKILL)
                killed.add(process)
        failed = batch.list_jobs(jobQueue=service.pipeline.outputs["jobQueue"], jobStatus="FAILED")
        details = batch.describe_jobs(jobs=[each["jobId"] for each in failed["jobSummaryList"]] or ["none"])
        return next((job for job in details["jobs"] if job["parameters"]["key"] == key), None)

    job = wait_for(is_over, 120)
    body = entry(service, key)
    assert body.pop("time")
    assert body == {
        "schema_version": 1,
        "source_uri": f"s3://{service.pipeline.outputs['inputBucket']}/{key}",
        "source_etag": upload.etag,
        "reason": "The job ended without a word: Essential container in task exited",
        "exit_code": 137,
        "job_id": job["jobId"],
        "attempt": len(job["attempts"]),
    }
    assert f"transcripts/{key}.json" not in service.objects("outputBucket")


@pytest.fixture
def blocker(service: Service) -> Iterator[str]:
    """A job that is under way until the test ends."""
    batch = service.pipeline.cloud.client("batch")
    job = submit(service, {"key": "blocker"}, containerOverrides={"command": ["sleep", "600"]})
    yield job
    batch.terminate_job(jobId=job, reason="the test has ended")


def submit(service: Service, parameters: dict[str, str], **rest: Any) -> str:
    """Submit a job by hand and return its id."""
    outputs = service.pipeline.outputs
    answer = service.pipeline.cloud.client("batch").submit_job(
        jobName="transcribe",
        jobQueue=outputs["jobQueue"],
        jobDefinition=outputs["jobDefinition"],
        parameters=parameters,
        **rest,
    )
    return str(answer["jobId"])


def put(service: Service, key: str) -> dict[str, str]:
    """Upload what no rule reacts to; return the parameters of its job."""
    bucket = service.pipeline.outputs["inputBucket"]
    answer = service.pipeline.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"anything")
    return {"bucket": bucket, "key": key, "etag": answer["ETag"].strip('"')}


@pytest.mark.parametrize("act", ["cancel", "terminate"])
def test_a_job_that_an_operator_ends_before_it_starts_leaves_an_entry(
    service: Service, blocker: str, act: str
) -> None:
    upload = put(service, f"dead/{act}.recording")
    job = submit(service, upload, dependsOn=[{"jobId": blocker}])
    end = getattr(service.pipeline.cloud.client("batch"), f"{act}_job")
    end(jobId=job, reason=f"Not needed: {act}")
    body = entry(service, upload["key"])
    assert body["reason"] == f"The job ended without a word: Not needed: {act}"
    assert (body["exit_code"], body["attempt"], body["job_id"]) == (None, None, job)


def test_the_last_words_of_a_worker_are_the_reason(service: Service) -> None:
    upload = put(service, "dead/misled.recording")
    wrong = [{"name": "TRANSCRIBER_MODE", "value": "quick"}]
    submit(service, upload, containerOverrides={"environment": wrong})
    body = entry(service, upload["key"])
    assert re.fullmatch(
        r".*mode.*quick.* \(Essential container in task exited\)", body["reason"], re.IGNORECASE
    )
    assert body["exit_code"] == 2


def test_a_failed_runbook_is_told_in_its_dead_letter_queue(service: Service) -> None:
    cloud = service.pipeline.cloud
    (name,) = {
        target["Arn"].split("/")[-1].split(":")[0]
        for rule in cloud.client("events").list_rules()["Rules"]
        for target in cloud.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if ":automation-definition/failures-" in target["Arn"]
    }
    content = json.loads(cloud.client("ssm").get_document(Name=name)["Content"])
    role = content["assumeRole"].rsplit("/", 1)[-1]
    (policy,) = cloud.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
    kept = cloud.client("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    nothing = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
    }
    cloud.client("iam").put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(nothing))
    try:
        upload = put(service, "dead/forbidden.recording")
        wrong = [{"name": "TRANSCRIBER_MODE", "value": "quick"}]
        submit(service, upload, containerOverrides={"environment": wrong})
        letter = wait_for(lambda: received(service), 60)
    finally:
        cloud.client("iam").put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(kept))
    assert (letter["source"], letter["detail"]["Definition"]) == ("aws.ssm", name)
    assert letter["detail"]["Status"] == "Failed"


def received(service: Service) -> dict[str, Any] | None:
    """What waits in the dead-letter queue of the runbook."""
    sqs = service.pipeline.cloud.client("sqs")
    (url,) = sqs.list_queues(QueueNamePrefix="failures-dead-letters")["QueueUrls"]
    messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    return json.loads(messages[0]["Body"]) if messages else None
