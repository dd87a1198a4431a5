"""The operations on jobs: submit, describe, list, cancel, terminate."""

from collections.abc import Callable
from typing import Any

from emulator.batch.errors import ClientError
from emulator.batch.jobs import Job, Status, describe, summarize
from emulator.batch.naming import page
from emulator.batch.queues import JobQueues
from emulator.batch.scheduler import Scheduler
from emulator.batch.submission import Submission

MAX_DESCRIBED = 100
MAX_FILTERS = 1


class JobOperations:
    """What the Batch API lets one do with jobs."""

    def __init__(self, scheduler: Scheduler, submission: Submission, queues: JobQueues) -> None:
        self._scheduler = scheduler
        self._submission = submission
        self._queues = queues

    def submit(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """SubmitJob."""
        job = self._submission.job(parameters)
        self._scheduler.submit(job)
        return {"jobArn": job.arn, "jobId": job.job_id, "jobName": job.name}

    def describe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DescribeJobs: those that exist, of up to 100.

        Raises:
            ClientError: more than 100 jobs.
        """
        if len(parameters["jobs"]) > MAX_DESCRIBED:
            raise ClientError(f"At most {MAX_DESCRIBED} jobs can be described at once")
        found = map(self._scheduler.get, dict.fromkeys(parameters["jobs"]))
        return {"jobs": [describe(job) for job in found if job]}

    def list(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """ListJobs of a queue, the newest first, or the children of an array job; RUNNING ones by default.

        Raises:
            ClientError: neither a queue nor an array job is given, or both, or one does not exist.
        """
        given = [key for key in ("jobQueue", "arrayJobId", "multiNodeJobId") if key in parameters]
        if len(given) != 1 or given == ["multiNodeJobId"]:
            raise ClientError("ListJobs needs either jobQueue or arrayJobId")
        if "arrayJobId" in parameters:
            candidates = self._scheduler.find(parameters["arrayJobId"]).children
        else:
            arn = self._queues.get(parameters["jobQueue"])["jobQueueArn"]
            candidates = [
                job for job in self._scheduler.jobs() if job.queue_arn == arn and job.array_index is None
            ]
        chosen = _filter(parameters)
        return page(parameters, "jobSummaryList", [job for job in candidates if chosen(job)], summarize)

    def cancel(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """CancelJob: jobs that have started go on."""
        self._scheduler.cancel(self._scheduler.find(parameters["jobId"]), parameters["reason"])
        return {}

    def terminate(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """TerminateJob: running jobs are stopped, others are cancelled."""
        self._scheduler.terminate(self._scheduler.find(parameters["jobId"]), parameters["reason"])
        return {}


def _filter(parameters: dict[str, Any]) -> Callable[[Job], bool]:
    """Return the test of the request's filter, which replaces the status, or of the status."""
    filters = parameters.get("filters", [])
    if not filters:
        status = Status(parameters.get("jobStatus", Status.RUNNING))
        return lambda job: job.status is status
    if len(filters) > MAX_FILTERS or len(filters[0].get("values", [])) != 1:
        raise ClientError("One filter with one value can be given")
    name, value = filters[0].get("name"), filters[0]["values"][0]
    match name:
        case "JOB_NAME":
            return lambda job: _matches(value, job.name)
        case "JOB_DEFINITION":
            return lambda job: _matches(value, job.definition["jobDefinitionName"])
        case "BEFORE_CREATED_AT":
            return lambda job: job.created_at < int(value)
        case "AFTER_CREATED_AT":
            return lambda job: job.created_at > int(value)
    raise ClientError(
        f"Filter {name} is not one of JOB_NAME, JOB_DEFINITION, BEFORE_CREATED_AT, AFTER_CREATED_AT"
    )


def _matches(pattern: str, value: str) -> bool:
    pattern, value = pattern.lower(), value.lower()
    return value.startswith(pattern.removesuffix("*")) if pattern.endswith("*") else value == pattern
