"""From a SubmitJob request to jobs."""

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

ARRAY_SIZES = range(2, 10_001)
MAX_DEPENDENCIES = 20
UNAVAILABLE = (
    "consumableResourcePropertiesOverride",
    "ecsPropertiesOverride",
    "eksPropertiesOverride",
    "nodeOverrides",
    "shareIdentifier",
)


class Submission:
    """Checks requests to submit a job and makes the job."""

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
        """Return the job that a SubmitJob request asks for, with its children if it is an array job.

        Raises:
            ClientError: the queue or definition does not exist or takes no jobs, a setting is not valid, a
            job to
                depend on does not exist.
        """
        self._check(parameters)
        queue = self._queues.get(parameters["jobQueue"])
        if queue["state"] != "ENABLED":
            raise ClientError(f"JobQueue {queue['jobQueueName']} is not in ENABLED state")
        definition = self._definitions.to_submit(parameters["jobDefinition"])
        job_id = str(uuid.uuid4())

        def make(identifier: str, **fields: Any) -> Job:
            return Job(
                job_id=identifier,
                arn=self._arns.make("job", identifier),
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
                depends_on=parameters.get("dependsOn", []),
                **fields,
            )

        size = parameters.get("arrayProperties", {}).get("size")
        if size is None:
            return make(job_id, waits_for=self._waits_for(parameters, job_id, None))
        children = [
            make(f"{job_id}:{index}", array_index=index, waits_for=self._waits_for(parameters, job_id, index))
            for index in range(size)
        ]
        return make(job_id, array_size=size, children=children)

    def _check(self, parameters: dict[str, Any]) -> None:
        check_name("jobName", parameters["jobName"])
        if unavailable := [name for name in UNAVAILABLE if name in parameters]:
            raise ClientError(f"{unavailable[0]} is not available here.")
        size = parameters.get("arrayProperties", {}).get("size")
        if size is not None and size not in ARRAY_SIZES:
            raise ClientError(
                f"arrayProperties.size {size} is not between {ARRAY_SIZES[0]} and {ARRAY_SIZES[-1]}"
            )
        if len(parameters.get("dependsOn", [])) > MAX_DEPENDENCIES:
            raise ClientError(f"A job can depend on at most {MAX_DEPENDENCIES} jobs")
        check_environment(parameters.get("containerOverrides", {}).get("environment", []))
        check_strategy(parameters.get("retryStrategy", {}))
        check_timeout(parameters.get("timeout", {}), self._settings)

    def _waits_for(self, parameters: dict[str, Any], job_id: str, index: int | None) -> tuple[str, ...]:
        """Return the IDs of the jobs that this job, or this child of an array job, waits for."""
        jobs: list[str] = []
        for dependency in parameters.get("dependsOn", []):
            kind = dependency.get("type")
            if kind and index is None:
                raise ClientError(f"A dependency of type {kind} is for array jobs")
            if kind == "SEQUENTIAL":
                jobs += [f"{job_id}:{index - 1}"] if index else []
            elif "jobId" not in dependency:
                raise ClientError("dependsOn needs a jobId")
            else:
                job = self._find_job(dependency["jobId"])
                jobs.append(_counterpart(job, parameters, index).job_id if kind == "N_TO_N" else job.job_id)
        return tuple(jobs)


def apply_overrides(container: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return container properties with the overrides of a submission.

    Variables and resource requirements are replaced one by one, everything else as a whole.
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


def _counterpart(job: Job, parameters: dict[str, Any], index: int | None) -> Job:
    if index is None or job.array_size != parameters["arrayProperties"]["size"]:
        raise ClientError(f"Job {job.job_id} is not an array job of the same size, as N_TO_N needs")
    return job.children[index]
