"""The Batch service: it connects the parts and lists the operations of the API."""

import queue
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from emulator.access.credentials import Credentials
from emulator.batch.api import ApiServer, Operation
from emulator.batch.callers import Callers
from emulator.batch.definitions import JobDefinitions
from emulator.batch.environments import ComputeEnvironments
from emulator.batch.images import ContainerImage
from emulator.batch.job_operations import JobOperations
from emulator.batch.naming import Arns
from emulator.batch.queues import JobQueues
from emulator.batch.roles import TaskRoles
from emulator.batch.runtime import Runtime
from emulator.batch.scheduler import Scheduler
from emulator.batch.settings import BatchSettings
from emulator.batch.submission import Submission
from emulator.batch.tags import Tags
from emulator.cloud import LocalCloud
from emulator.errors import StartError
from emulator.processes import free_port


class BatchService:
    """AWS Batch on this machine: its REST API, with a local process for each job.

    ``images`` maps the image of a job definition to what stands for it here. It is read when a job starts, so
    it can be filled later. ``events`` gets each ``Batch Job State Change`` event, the oldest first.
    """

    def __init__(
        self,
        aws_endpoint: str,
        credentials: Credentials,
        images: Mapping[str, ContainerImage],
        settings: BatchSettings | None = None,
        *,
        port: int = 0,
    ) -> None:
        """``credentials`` are the account's own key at ``aws_endpoint``."""
        settings = settings or BatchSettings()
        self.port = port or free_port()
        self.cloud = LocalCloud(aws_endpoint, f"http://127.0.0.1:{self.port}", credentials, settings.region)
        self.events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._lock = threading.RLock()
        self._arns = Arns(settings.region, settings.account)
        self._roles = TaskRoles(self.cloud)
        self._callers = Callers(self.cloud, self._arns)
        self._environments = ComputeEnvironments(self._arns, lambda arn: self._queues.using(arn))
        self._queues = JobQueues(
            self._arns, self._environments, lambda arn, reason: self._scheduler.terminate_queue(arn, reason)
        )
        self._definitions = JobDefinitions(self._arns, settings)
        runtime = Runtime(self.cloud, images, settings, self._roles, self.cloud.client("logs"))
        self._scheduler = Scheduler(
            self._arns, self._environments, self._queues, runtime, self.events, self._lock
        )
        self._submission = Submission(
            self._arns, settings, self._queues, self._definitions, self._scheduler.find
        )
        self._running = ExitStack()

    @property
    def endpoint(self) -> str:
        """The URL of the Batch API."""
        return self.cloud.batch_endpoint

    def start(self) -> None:
        """Start to answer requests.

        Raises:
            StartError: the port is taken.
        """
        try:
            server = ApiServer(
                self.port, self._operations(), self._lock, self._callers.check, self._roles.issue
            )
        except OSError as error:
            raise StartError(
                f"Port {self.port} is taken: stop what listens there or choose another port for Batch."
            ) from error
        server.start()
        self._running.callback(server.close)
        self._running.callback(self._scheduler.stop)

    def stop(self) -> None:
        """End every job and stop answering; return when every process and thread has ended."""
        self._running.close()

    def begin_to_stop(self, grace_seconds: float) -> int:
        """Start no more jobs and stop the running ones; return how many they are.

        The API still answers, so that the resources of the account can be deleted.
        """
        return self._scheduler.begin_to_stop(grace_seconds)

    def wait_for_jobs(self) -> None:
        """Return when no job runs. Call ``begin_to_stop`` before."""
        self._scheduler.stop()

    def interrupt_host(self, job_id: str | None = None) -> None:
        """Stop running jobs as a Spot interruption does; their retry strategy decides what follows.

        Args:
            job_id: the job to stop; without it, all running jobs are stopped.
        """
        self._scheduler.interrupt(job_id)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _operations(self) -> dict[str, Operation]:
        jobs = JobOperations(self._scheduler, self._submission, self._queues)
        tags = Tags(self._tagged)
        return {
            "CancelJob": jobs.cancel,
            "CreateComputeEnvironment": self._environments.create,
            "CreateJobQueue": self._queues.create,
            "DeleteComputeEnvironment": self._environments.delete,
            "DeleteJobQueue": self._queues.delete,
            "DeregisterJobDefinition": self._definitions.deregister,
            "DescribeComputeEnvironments": self._environments.describe,
            "DescribeJobDefinitions": self._definitions.describe,
            "DescribeJobQueues": self._queues.describe,
            "DescribeJobs": jobs.describe,
            "ListJobs": jobs.list,
            "ListTagsForResource": tags.list,
            "RegisterJobDefinition": self._definitions.register,
            "SubmitJob": jobs.submit,
            "TagResource": tags.add,
            "TerminateJob": jobs.terminate,
            "UntagResource": tags.remove,
            "UpdateComputeEnvironment": self._then_schedule(self._environments.update),
            "UpdateJobQueue": self._then_schedule(self._queues.update),
        }

    def _then_schedule(self, operation: Operation) -> Operation:
        """Return ``operation`` with a call of ``schedule`` after it: it may let waiting jobs start."""

        def call(parameters: dict[str, Any]) -> dict[str, Any]:
            answer = operation(parameters)
            self._scheduler.schedule()
            return answer

        return call

    def _tagged(self) -> Iterable[tuple[str, dict[str, str]]]:
        for environment in self._environments.all():
            yield environment["computeEnvironmentArn"], environment["tags"]
        for job_queue in self._queues.all():
            yield job_queue["jobQueueArn"], job_queue["tags"]
        for definition in self._definitions.all():
            yield definition["jobDefinitionArn"], definition["tags"]
        for job in self._scheduler.jobs():
            yield job.arn, job.tags
