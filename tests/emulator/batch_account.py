"""A user of the Batch API: makes what a job needs, submits jobs, waits for them and reads their logs."""

import json
import uuid
from typing import Any

from emulator.cloud import LocalCloud
from tests.emulator.waiting import wait_for

IMAGE = "local/python:1"
RESOURCES = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]
COMPUTE_RESOURCES = {
    "type": "EC2",
    "allocationStrategy": "BEST_FIT_PROGRESSIVE",
    "minvCpus": 0,
    "maxvCpus": 8,
    "instanceTypes": ["g6.xlarge"],
    "instanceRole": "arn:aws:iam::000000000000:instance-profile/workers",
    "subnets": ["subnet-1"],
    "securityGroupIds": ["sg-1"],
}


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def python(code: str) -> list[str]:
    return ["python", "-c", code]


class BatchAccount:
    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.client = cloud.client("batch")
        self.logs = cloud.client("logs")

    def environment(self, **changes: Any) -> str:
        name = unique("environment")
        self.client.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=COMPUTE_RESOURCES | changes
        )
        return name

    def queue(self, environment: str | None = None, priority: int = 1) -> str:
        name = unique("queue")
        order = [{"order": 1, "computeEnvironment": environment or self.environment()}]
        self.client.create_job_queue(jobQueueName=name, priority=priority, computeEnvironmentOrder=order)
        return name

    def definition(self, command: list[str], *, image: str = IMAGE, **fields: Any) -> str:
        container = {"image": image, "command": command, "resourceRequirements": RESOURCES}
        container |= fields.pop("container", {})
        answer = self.client.register_job_definition(
            jobDefinitionName=fields.pop("name", None) or unique("definition"),
            type="container",
            containerProperties=container,
            **fields,
        )
        return str(answer["jobDefinitionArn"])

    def submit(self, queue: str, definition: str, **fields: Any) -> str:
        answer = self.client.submit_job(jobName="job", jobQueue=queue, jobDefinition=definition, **fields)
        return str(answer["jobId"])

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.client.describe_jobs(jobs=[job_id])["jobs"][0])

    def jobs(self, queue: str) -> list[dict[str, Any]]:
        statuses = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")
        listed = {
            job["jobId"]: job
            for status in statuses
            for job in self.client.list_jobs(jobQueue=queue, jobStatus=status)["jobSummaryList"]
        }
        return list(listed.values())

    def reached(self, job_id: str, *statuses: str) -> dict[str, Any]:
        def job_there() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in statuses else None

        return wait_for(job_there) or {}

    def finished(self, job_id: str) -> dict[str, Any]:
        return self.reached(job_id, "SUCCEEDED", "FAILED")

    def run(self, queue: str, command: list[str], **fields: Any) -> dict[str, Any]:
        return self.finished(self.submit(queue, self.definition(command, **fields)))

    def log(self, job: dict[str, Any], group: str = "/aws/batch/job") -> list[str]:
        stream = job["container"]["logStreamName"]
        answer = self.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
        return [event["message"] for event in answer["events"]]

    def role(
        self, service: str, statements: list[dict[str, Any]], condition: dict[str, Any] | None = None
    ) -> str:
        iam, name = self.cloud.client("iam"), unique("role")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": condition or {},
        }
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([trust]))["Role"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=_policy(statements))
        return str(role["Arn"])


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
