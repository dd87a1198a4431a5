"""Job queues over the Batch API."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.batch_account import BatchAccount, python, unique


def described(batch: BatchAccount, name: str) -> dict[str, Any]:
    return dict(batch.client.describe_job_queues(jobQueues=[name])["jobQueues"][0])


def test_a_new_queue_is_valid_and_names_its_environment_by_arn(batch: BatchAccount) -> None:
    environment = batch.environment()
    detail = described(batch, batch.queue(environment))
    assert (detail["state"], detail["status"]) == ("ENABLED", "VALID")
    assert detail["computeEnvironmentOrder"][0]["computeEnvironment"].endswith(
        f":compute-environment/{environment}"
    )


def test_a_queue_needs_an_environment_that_exists(batch: BatchAccount) -> None:
    with pytest.raises(ClientError, match="missing does not exist"):
        batch.queue("missing")
    with pytest.raises(ClientError, match="needs 1 to 3 compute environments"):
        batch.client.create_job_queue(jobQueueName=unique("q"), priority=1, computeEnvironmentOrder=[])


def test_a_queue_is_changed_in_place(batch: BatchAccount, queue: str) -> None:
    other = batch.environment()
    batch.client.update_job_queue(
        jobQueue=queue,
        priority=7,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": other}],
        jobStateTimeLimitActions=[
            {
                "reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
                "state": "RUNNABLE",
                "maxTimeSeconds": 600,
                "action": "CANCEL",
            }
        ],
    )
    detail = described(batch, queue)
    assert detail["priority"] == 7
    assert detail["computeEnvironmentOrder"][0]["computeEnvironment"].endswith(other)
    assert detail["jobStateTimeLimitActions"][0]["maxTimeSeconds"] == 600


def test_a_refused_change_changes_nothing(batch: BatchAccount, queue: str) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        batch.client.update_job_queue(
            jobQueue=queue,
            priority=7,
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "missing"}],
        )
    assert described(batch, queue)["priority"] == 1


def test_a_disabled_queue_takes_no_jobs(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    batch.client.update_job_queue(jobQueue=queue, state="DISABLED")
    with pytest.raises(ClientError, match="is not in ENABLED state"):
        batch.submit(queue, definition)


def test_a_queue_is_deleted_only_when_disabled_and_its_jobs_end(batch: BatchAccount, queue: str) -> None:
    job_id = batch.submit(queue, batch.definition(["sleep", "60"]))
    batch.reached(job_id, "RUNNING")
    with pytest.raises(ClientError, match="must be in DISABLED state"):
        batch.client.delete_job_queue(jobQueue=queue)
    batch.client.update_job_queue(jobQueue=queue, state="DISABLED")
    batch.client.delete_job_queue(jobQueue=queue)
    assert batch.finished(job_id)["statusReason"] == "Job queue was deleted"
    assert batch.client.describe_job_queues(jobQueues=[queue])["jobQueues"] == []


def test_jobs_wait_while_no_environment_of_their_queue_is_enabled(batch: BatchAccount) -> None:
    environment = batch.environment()
    queue = batch.queue(environment)
    batch.client.update_compute_environment(computeEnvironment=environment, state="DISABLED")
    job_id = batch.submit(queue, batch.definition(python("pass")))
    assert batch.job(job_id)["status"] == "RUNNABLE"
    batch.client.update_compute_environment(computeEnvironment=environment, state="ENABLED")
    assert batch.finished(job_id)["status"] == "SUCCEEDED"
