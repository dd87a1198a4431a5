"""AWS Batch: compute environments, job queues and job definitions."""

import json
import time
from collections.abc import Callable
from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.errors import DeploymentError
from emulator.deployment.properties import Properties

NAME_LIMIT = 128
READY_DEADLINE_SECONDS = 30
END_DEADLINE_SECONDS = 60
"""Jobs get 30 s to end."""
UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
POLL_SECONDS = 0.05


def create_compute_environment(new: Creation) -> Created:
    """``aws.batch.ComputeEnvironment``."""
    batch, name = new.client("batch"), new.physical_name(limit=NAME_LIMIT)

    def describe() -> dict[str, Any] | None:
        found = batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
        return found[0] if found else None

    def delete() -> None:
        batch.update_compute_environment(computeEnvironment=name, state="DISABLED")
        _wait_valid(describe)
        batch.delete_compute_environment(computeEnvironment=name)
        _wait_gone(describe)

    batch.create_compute_environment(
        computeEnvironmentName=name,
        computeResources=_compute_resources(new.inputs.block("computeResources")),
        tags=new.tags(),
        **new.inputs.same("type", "state", "serviceRole"),
    )
    new.on_delete(delete)
    described = _wait_valid(describe)
    if "updatePolicy" in new.inputs:
        policy = new.inputs.block("updatePolicy").same("jobExecutionTimeoutMinutes", "terminateJobsOnUpdate")
        # Only an update accepts it.
        batch.update_compute_environment(computeEnvironment=name, updatePolicy=policy)
        _wait_valid(describe)
    return Created(
        name,
        {
            "name": name,
            "arn": described["computeEnvironmentArn"],
            **{
                key: described[key] for key in ("ecsClusterArn", "status", "statusReason") if key in described
            },
            "tagsAll": new.tags(),
        },
    )


def create_job_queue(new: Creation) -> Created:
    """``aws.batch.JobQueue``."""
    batch, name = new.client("batch"), new.physical_name(limit=NAME_LIMIT)

    def describe() -> dict[str, Any] | None:
        found = batch.describe_job_queues(jobQueues=[name])["jobQueues"]
        return found[0] if found else None

    def delete() -> None:
        batch.update_job_queue(jobQueue=name, state="DISABLED")
        _wait_valid(describe)
        _end_jobs(batch, name)
        batch.delete_job_queue(jobQueue=name)
        _wait_gone(describe)

    # The provider's waiting time; here the deadlines above apply.
    new.inputs.get("timeouts")
    order = [
        block.same("order", "computeEnvironment") for block in new.inputs.blocks("computeEnvironmentOrders")
    ]
    limits = [
        block.same("action", "maxTimeSeconds", "reason", "state")
        for block in new.inputs.blocks("jobStateTimeLimitActions")
    ]
    arn = batch.create_job_queue(
        jobQueueName=name,
        computeEnvironmentOrder=order,
        tags=new.tags(),
        **new.inputs.same("priority", "state", "schedulingPolicyArn"),
        **({"jobStateTimeLimitActions": limits} if limits else {}),
    )["jobQueueArn"]
    new.on_delete(delete)
    _wait_valid(describe)
    return Created(arn, {"name": name, "arn": arn, "tagsAll": new.tags()})


def create_job_definition(new: Creation) -> Created:
    """``aws.batch.JobDefinition``."""
    batch, name = new.client("batch"), new.physical_name(limit=NAME_LIMIT)
    # It concerns the previous revision. Here there is only one.
    new.inputs.get("deregisterOnNewRevision")
    container = new.inputs.get("containerProperties")
    retry = new.inputs.block("retryStrategy")
    rules = [
        block.same("action", "onExitCode", "onReason", "onStatusReason")
        for block in retry.blocks("evaluateOnExits")
    ]
    registered = batch.register_job_definition(
        jobDefinitionName=name,
        containerProperties=json.loads(container) if isinstance(container, str) else container,
        retryStrategy={**retry.same("attempts"), **({"evaluateOnExit": rules} if rules else {})},
        timeout=new.inputs.block("timeout").same("attemptDurationSeconds"),
        tags=new.tags(),
        **new.inputs.same(
            "type", "parameters", "platformCapabilities", "propagateTags", "schedulingPriority"
        ),
    )
    arn, revision = registered["jobDefinitionArn"], registered["revision"]
    new.on_delete(batch.deregister_job_definition, jobDefinition=arn)
    return Created(
        arn,
        {
            "name": name,
            "arn": arn,
            "arnPrefix": arn.removesuffix(f":{revision}"),
            "revision": revision,
            "tagsAll": new.tags(),
        },
    )


def _compute_resources(block: Properties) -> dict[str, Any]:
    api = block.same(
        "type",
        "allocationStrategy",
        "bidPercentage",
        "ec2KeyPair",
        "imageId",
        "instanceRole",
        "placementGroup",
        "securityGroupIds",
        "spotIamFleetRole",
        "subnets",
        "instanceTypes",
        "tags",
        desiredVcpus="desiredvCpus",
        maxVcpus="maxvCpus",
        minVcpus="minvCpus",
    )
    if "ec2Configurations" in block:
        api["ec2Configuration"] = [
            each.same("imageType", "imageIdOverride") for each in block.blocks("ec2Configurations")
        ]
    if "launchTemplate" in block:
        api["launchTemplate"] = block.block("launchTemplate").same(
            "launchTemplateId", "launchTemplateName", "version"
        )
    return api


def _wait_valid(describe: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    """Wait until a change is in effect.

    Raises:
        DeploymentError: Batch found the object invalid, or did not finish in ``READY_DEADLINE_SECONDS``.
    """
    deadline = time.monotonic() + READY_DEADLINE_SECONDS
    while True:
        described = describe() or {"status": "DELETED"}
        if described["status"] == "VALID":
            return described
        if described["status"] in ("INVALID", "DELETED") or time.monotonic() > deadline:
            raise DeploymentError(f"Batch reports {described['status']}: {described.get('statusReason', '')}")
        time.sleep(POLL_SECONDS)


def _end_jobs(batch: Any, queue: str) -> None:
    """End the jobs of a queue, because the buckets that they write to are deleted next.

    Raises:
        DeploymentError: some did not end in ``END_DEADLINE_SECONDS``.
    """
    deadline = time.monotonic() + END_DEADLINE_SECONDS
    told: set[str] = set()
    while jobs := [
        job["jobId"]
        for status in UNFINISHED
        for page in batch.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=status)
        for job in page["jobSummaryList"]
    ]:
        for job_id in set(jobs) - told:
            batch.terminate_job(jobId=job_id, reason="The stack is destroyed")
        told.update(jobs)
        if time.monotonic() > deadline:
            raise DeploymentError(f"{len(jobs)} jobs did not end")
        time.sleep(POLL_SECONDS)


def _wait_gone(describe: Callable[[], dict[str, Any] | None]) -> None:
    deadline = time.monotonic() + READY_DEADLINE_SECONDS
    while (described := describe()) and described["status"] != "DELETED":
        if time.monotonic() > deadline:
            raise DeploymentError(f"Batch still reports {described['status']}")
        time.sleep(POLL_SECONDS)


HANDLERS: dict[str, Handler] = {
    "aws:batch/computeEnvironment:ComputeEnvironment": create_compute_environment,
    "aws:batch/jobQueue:JobQueue": create_job_queue,
    "aws:batch/jobDefinition:JobDefinition": create_job_definition,
}
