"""Job queues: their records, and the rules for changing and deleting them."""

from collections.abc import Callable
from typing import Any

from emulator.batch.environments import ComputeEnvironments
from emulator.batch.errors import ClientError
from emulator.batch.naming import Arns, check_name, page

MAX_ENVIRONMENTS = 3
TIME_LIMIT_SECONDS = (600, 86_400)


class JobQueues:
    """The job queues of the account."""

    def __init__(
        self, arns: Arns, environments: ComputeEnvironments, end_jobs: Callable[[str, str], None]
    ) -> None:
        """``end_jobs(queue_arn, reason)`` ends the jobs of a queue that is deleted."""
        self._arns = arns
        self._environments = environments
        self._end_jobs = end_jobs
        self._queues: dict[str, dict[str, Any]] = {}

    def create(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """CreateJobQueue; it is VALID at once.

        Raises:
            ClientError: the name is taken or not valid, or a setting or compute environment is not.
        """
        name = parameters["jobQueueName"]
        check_name("jobQueueName", name)
        if name in self._queues:
            raise ClientError("Object already exists")
        detail = {
            "state": "ENABLED",
            "tags": {},
            "jobStateTimeLimitActions": [],
            **parameters,
            "jobQueueArn": self._arns.make("job-queue", name),
            "status": "VALID",
            "statusReason": "JobQueue Healthy",
        }
        self._check(detail)
        self._queues[name] = detail
        return _identity(detail)

    def update(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """UpdateJobQueue.

        Raises:
            ClientError: it does not exist, or a setting or compute environment is not valid.
        """
        detail = self.get(parameters["jobQueue"])
        changed = detail | {key: value for key, value in parameters.items() if key != "jobQueue"}
        self._check(changed)
        detail.update(changed)
        return _identity(detail)

    def describe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DescribeJobQueues: the named ones that exist, or all."""
        wanted = {self._name_of(reference) for reference in parameters.get("jobQueues", self._queues)}
        found = [detail for name, detail in self._queues.items() if name in wanted]
        return page(parameters, "jobQueues", found, dict)

    def delete(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DeleteJobQueue; its jobs are ended.

        Raises:
            ClientError: it does not exist or is not DISABLED.
        """
        detail = self.get(parameters["jobQueue"])
        if detail["state"] != "DISABLED":
            raise ClientError("Cannot delete, job queue must be in DISABLED state")
        del self._queues[detail["jobQueueName"]]
        self._end_jobs(detail["jobQueueArn"], "Job queue was deleted")
        return {}

    def get(self, reference: str) -> dict[str, Any]:
        """Return the queue with this name or ARN, as Describe shows it.

        Raises:
            ClientError: there is none.
        """
        detail = self._queues.get(self._name_of(reference))
        if detail is None:
            raise ClientError(f"JobQueue {reference} not found")
        return detail

    def all(self) -> list[dict[str, Any]]:
        """Return every queue."""
        return list(self._queues.values())

    def using(self, environment_arn: str) -> list[str]:
        """Return the names of the queues that use a compute environment."""
        return [
            queue["jobQueueName"]
            for queue in self._queues.values()
            if environment_arn in (entry["computeEnvironment"] for entry in queue["computeEnvironmentOrder"])
        ]

    def _name_of(self, reference: str) -> str:
        return self._arns.name_of("job-queue", reference)

    def _check(self, detail: dict[str, Any]) -> None:
        """Check a queue and turn the names of its compute environments into ARNs."""
        if detail["priority"] < 0:
            raise ClientError(f"priority {detail['priority']} is negative")
        entries = sorted(detail.get("computeEnvironmentOrder", []), key=lambda entry: entry["order"])
        if not 1 <= len(entries) <= MAX_ENVIRONMENTS:
            raise ClientError(f"computeEnvironmentOrder needs 1 to {MAX_ENVIRONMENTS} compute environments")
        if len({entry["order"] for entry in entries}) < len(entries):
            raise ClientError("computeEnvironmentOrder has the same order twice")
        detail["computeEnvironmentOrder"] = [
            {
                "order": entry["order"],
                "computeEnvironment": self._environments.get(entry["computeEnvironment"])[
                    "computeEnvironmentArn"
                ],
            }
            for entry in entries
        ]
        shortest, longest = TIME_LIMIT_SECONDS
        for action in detail["jobStateTimeLimitActions"]:
            if not shortest <= action["maxTimeSeconds"] <= longest:
                raise ClientError(
                    f"jobStateTimeLimitActions.maxTimeSeconds must be between {shortest} and {longest}"
                )


def _identity(detail: dict[str, Any]) -> dict[str, Any]:
    return {key: detail[key] for key in ("jobQueueName", "jobQueueArn")}
