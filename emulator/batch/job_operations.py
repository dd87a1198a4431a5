"""The operations on jobs: submit, describe, list, cancel, terminate."""

from typing import Any

from emulator.batch.errors import ClientError
from emulator.batch.jobs import Status, describe, summarize
from emulator.batch.naming import page
from emulator.batch.queues import JobQueues
from emulator.batch.scheduler import Scheduler
from emulator.batch.submission import Submission

MAX_DESCRIBED = 100


class JobOperations:
    """The operations of the Batch API on jobs."""

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
        """DescribeJobs for up to 100 jobs; those that do not exist are left out.

        Raises:
            ClientError: more than 100 jobs.
        """
        if len(parameters["jobs"]) > MAX_DESCRIBED:
            raise ClientError(f"At most {MAX_DESCRIBED} jobs can be described at once")
        found = map(self._scheduler.get, dict.fromkeys(parameters["jobs"]))
        return {"jobs": [describe(job) for job in found if job]}

    def list(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """ListJobs of a queue, the newest first; RUNNING ones by default.

        Raises:
            ClientError: no queue is given, it does not exist, or the request has filters.
        """
        if "jobQueue" not in parameters:
            raise ClientError("ListJobs needs jobQueue")
        if parameters.get("filters"):
            raise ClientError("filters are not available here.")
        arn = self._queues.get(parameters["jobQueue"])["jobQueueArn"]
        status = Status(parameters.get("jobStatus", Status.RUNNING))
        jobs = [job for job in self._scheduler.jobs() if job.queue_arn == arn and job.status is status]
        return page(parameters, "jobSummaryList", jobs, summarize)

    def cancel(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """CancelJob: jobs that have started go on."""
        self._scheduler.cancel(self._scheduler.find(parameters["jobId"]), parameters["reason"])
        return {}

    def terminate(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """TerminateJob: running jobs are stopped, others are cancelled."""
        self._scheduler.terminate(self._scheduler.find(parameters["jobId"]), parameters["reason"])
        return {}
