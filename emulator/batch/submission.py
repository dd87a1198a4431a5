"""Turn a SubmitJob request into a job."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from emulator.batch.definitions import JobDefinitions, check_environment, check_timeout
from emulator.batch.errors import ClientError
from emulator.batch.jobs import Job
from emulator.batch.naming import Arns, check_name
from emulator.batch.queues import JobQueues
from emulator.batch.retry import check_strategy
from emulator.batch.settings import BatchSettings

MAX_DEPENDENCIES = 20
UNAVAILABLE = (
    "arrayProperties",
    "consumableResourcePropertiesOverride",
    "ecsPropertiesOverride",
    "eksPropertiesOverride",
    "nodeOverrides",
    "shareIdentifier",
)


class Submission:
    """Checks SubmitJob requests and makes jobs."""

    def __init__(
        self,
        arns: Arns,
        settings: BatchSettings,
        queues: JobQueues,
        definitions: JobDefinitions,
        find_job: Callable[[str], Job],
    ) -> None:
        """``find_job`` returns a job by its ID or raises ClientError."""
        self._arns = arns
        self._settings = settings
        self._queues = queues
        self._definitions = definitions
        self._find_job = find_job

    def job(self, parameters: dict[str, Any]) -> Job:
        """Return the job that a SubmitJob request asks for.

        Raises:
            ClientError: the queue or definition does not exist or takes no jobs, a setting is not valid, or a
                job to depend on does not exist.
        """
        self._check(parameters)
        queue = self._queues.get(parameters["jobQueue"])
        if queue["state"] != "ENABLED":
            raise ClientError(f"JobQueue {queue['jobQueueName']} is not in ENABLED state")
        definition = self._definitions.to_submit(parameters["jobDefinition"])
        job_id = str(uuid.uuid4())
        depends_on = parameters.get("dependsOn", [])
        return Job(
            job_id=job_id,
            arn=self._arns.make("job", job_id),
            name=parameters["jobName"],
            queue_arn=queue["jobQueueArn"],
            definition=definition,
            container=apply_overrides(
                definition["containerProperties"], parameters.get("containerOverrides", {})
            ),
            parameters=definition["parameters"] | parameters.get("parameters", {}),
            retry_strategy=parameters.get("retryStrategy", definition.get("retryStrategy", {})),
            timeout=parameters.get("timeout", definition.get("timeout", {})),
            tags=parameters.get("tags", {}),
            depends_on=depends_on,
            waits_for=tuple(self._job_to_wait_for(dependency) for dependency in depends_on),
        )

    def _check(self, parameters: dict[str, Any]) -> None:
        check_name("jobName", parameters["jobName"])
        if unavailable := [name for name in UNAVAILABLE if name in parameters]:
            raise ClientError(f"{unavailable[0]} is not available here.")
        if len(parameters.get("dependsOn", [])) > MAX_DEPENDENCIES:
            raise ClientError(f"A job can depend on at most {MAX_DEPENDENCIES} jobs")
        check_environment(parameters.get("containerOverrides", {}).get("environment", []))
        check_strategy(parameters.get("retryStrategy", {}))
        check_timeout(parameters.get("timeout", {}), self._settings)

    def _job_to_wait_for(self, dependency: dict[str, str]) -> str:
        """Return the ID of the job that an entry of ``dependsOn`` names."""
        if "type" in dependency:
            raise ClientError(f"A dependency of type {dependency['type']} is for array jobs")
        if "jobId" not in dependency:
            raise ClientError("dependsOn needs a jobId")
        return self._find_job(dependency["jobId"]).job_id


def apply_overrides(container: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return container properties with the overrides of a submission.

    Environment variables and resource requirements are replaced one by one, other properties as a whole.
    """
    return {
        **container,
        **overrides,
        "environment": _replace(container, overrides, "environment", "name"),
        "resourceRequirements": _replace(container, overrides, "resourceRequirements", "type"),
    }


def _replace(
    container: Mapping[str, Any], overrides: Mapping[str, Any], field: str, key: str
) -> list[dict[str, str]]:
    entries = [*container.get(field, []), *overrides.get(field, [])]
    return list({entry[key]: entry for entry in entries}.values())
