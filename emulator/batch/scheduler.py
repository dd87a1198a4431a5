"""Decide which job runs when: dependencies, queue priorities, slots, retries."""

import logging
import queue
import threading
from dataclasses import dataclass
from typing import Any

from emulator.batch.environments import ComputeEnvironments
from emulator.batch.errors import ClientError
from emulator.batch.events import state_change
from emulator.batch.jobs import Attempt, Job, Status, now_milliseconds
from emulator.batch.naming import Arns
from emulator.batch.queues import JobQueues
from emulator.batch.retry import Outcome, retries
from emulator.batch.runtime import HOST_TERMINATED, Runtime, Task

DEPENDENCY_FAILED = "Dependent Job failed"
INTERNAL_ERROR = "Internal error of the local Batch service"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Running:
    task: Task
    thread: threading.Thread


class Scheduler:
    """Keeps all jobs, and a thread for each running one. Every method may be called from any thread.

    It does not poll. Every change that may let a job start calls ``schedule``.
    """

    def __init__(
        self,
        arns: Arns,
        environments: ComputeEnvironments,
        queues: JobQueues,
        runtime: Runtime,
        events: "queue.SimpleQueue[dict[str, Any]]",
        lock: threading.RLock,
    ) -> None:
        """``lock`` guards queues and compute environments too, so that jobs and queues agree."""
        self._arns = arns
        self._environments = environments
        self._queues = queues
        self._runtime = runtime
        self._events = events
        self._lock = lock
        self._jobs: dict[str, Job] = {}
        self._unfinished: dict[str, Job] = {}
        self._running: dict[str, _Running] = {}
        self._stopping = False

    def submit(self, job: Job) -> None:
        """Accept a job; it starts as soon as its dependencies and a free slot allow."""
        with self._lock:
            self._jobs[job.job_id] = job
            self._unfinished[job.job_id] = job
            self._announce(job)
            self._move(job, Status.PENDING if job.waits_for else Status.RUNNABLE)
            self.schedule()

    def get(self, reference: str) -> Job | None:
        """Return the job with this ID or ARN, or None."""
        with self._lock:
            return self._jobs.get(self._arns.name_of("job", reference))

    def find(self, reference: str) -> Job:
        """Return the job with this ID or ARN.

        Raises:
            ClientError: there is none.
        """
        job = self.get(reference)
        if job is None:
            raise ClientError(f"Job {reference} not found")
        return job

    def jobs(self) -> list[Job]:
        """Return every job, the newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def cancel(self, job: Job, reason: str) -> None:
        """End a job that has not started; one that has started goes on."""
        with self._lock:
            if job.status.waiting:
                job.is_cancelled = True
                self._move(job, Status.FAILED, reason)
            self.schedule()

    def terminate(self, job: Job, reason: str) -> None:
        """End a job, whether it runs or not."""
        with self._lock:
            if job.status.finished:
                return
            job.is_terminated = True
            job.stop_reason = job.stop_reason or reason
            if running := self._running.get(job.job_id):
                running.task.stop(reason)
            else:
                self._move(job, Status.FAILED, reason)
            self.schedule()

    def terminate_queue(self, queue_arn: str, reason: str) -> None:
        """End all jobs of a queue."""
        with self._lock:
            for job in [job for job in self._unfinished.values() if job.queue_arn == queue_arn]:
                self.terminate(job, reason)

    def interrupt(self, job_id: str | None = None) -> None:
        """Stop all running jobs, or one of them, as a Spot interruption does. They may be tried again."""
        with self._lock:
            for running_id, running in self._running.items():
                if job_id in (None, running_id):
                    running.task.stop(HOST_TERMINATED)

    def begin_to_stop(self, grace_seconds: float | None = None) -> int:
        """Start no more jobs and stop the running ones; return how many they are.

        ``grace_seconds`` is the time that they get, if it is shorter than that of the settings.
        """
        with self._lock:
            self._stopping = True
            self.interrupt()
            if grace_seconds is not None:
                for running in self._running.values():
                    running.task.shorten_grace(grace_seconds)
            return len(self._running)

    def stop(self) -> None:
        """Stop the running jobs and start no more; return when all have ended."""
        with self._lock:
            self.begin_to_stop()
            threads = [running.thread for running in self._running.values()]
        for thread in threads:
            thread.join()

    def schedule(self) -> None:
        """Start the jobs that can start, by queue priority and then by age."""
        with self._lock:
            self._resolve_dependencies()
            free = self._runtime.settings.slots - len(self._running)
            if self._stopping or free <= 0:
                return
            for job, environment in self._startable()[:free]:
                self._start(job, environment)

    def _resolve_dependencies(self) -> None:
        """Move jobs whose dependencies have ended; a job that fails may fail the next, hence the loop."""
        changed = True
        while changed:
            changed = False
            for job in [job for job in self._unfinished.values() if job.status is Status.PENDING]:
                statuses = {self._jobs[job_id].status for job_id in job.waits_for}
                if Status.FAILED in statuses:
                    self._move(job, Status.FAILED, DEPENDENCY_FAILED)
                    changed = True
                elif statuses <= {Status.SUCCEEDED}:
                    self._move(job, Status.RUNNABLE)

    def _startable(self) -> list[tuple[Job, dict[str, Any]]]:
        """Return the jobs that may start, in order, each with its compute environment."""
        queues = {detail["jobQueueArn"]: detail for detail in self._queues.all()}
        environments = {detail["computeEnvironmentArn"]: detail for detail in self._environments.all()}
        usable = {
            arn: [
                environments[entry["computeEnvironment"]]
                for entry in detail["computeEnvironmentOrder"]
                if environments[entry["computeEnvironment"]]["state"] == "ENABLED"
            ]
            for arn, detail in queues.items()
        }
        runnable = [
            (job, usable[job.queue_arn][0])
            for job in self._unfinished.values()
            if job.status is Status.RUNNABLE and usable.get(job.queue_arn)
        ]
        return sorted(runnable, key=lambda item: -queues[item[0].queue_arn]["priority"])

    def _start(self, job: Job, environment: dict[str, Any]) -> None:
        task = Task(job, environment, self._runtime)
        job.attempts.append(Attempt(task.arn, task.container_instance_arn, task.log_stream))
        thread = threading.Thread(target=self._run, args=(job, task), name=f"job-{job.job_id}")
        self._running[job.job_id] = _Running(task, thread)
        self._move(job, Status.STARTING)
        thread.start()

    def _run(self, job: Job, task: Task) -> None:
        outcome = Outcome(exit_code=None, status_reason=INTERNAL_ERROR)
        try:
            outcome = task.run(on_running=lambda: self._has_started(job))
        finally:
            self._has_ended(job, outcome)

    def _has_started(self, job: Job) -> None:
        with self._lock:
            job.attempts[-1].started_at = now_milliseconds()
            self._move(job, Status.RUNNING)

    def _has_ended(self, job: Job, outcome: Outcome) -> None:
        with self._lock:
            attempt = job.attempts[-1]
            attempt.outcome, attempt.stopped_at = outcome, now_milliseconds()
            del self._running[job.job_id]
            if job.stop_reason is not None:
                self._move(job, Status.FAILED, job.stop_reason)
            elif outcome.exit_code == 0 and not outcome.timed_out:
                self._move(job, Status.SUCCEEDED, outcome.status_reason)
            elif not self._stopping and retries(job.retry_strategy, outcome, len(job.attempts)):
                self._move(job, Status.RUNNABLE, outcome.status_reason)
            else:
                self._move(job, Status.FAILED, outcome.status_reason)
            self.schedule()

    def _move(self, job: Job, status: Status, reason: str | None = None) -> None:
        job.move(status, reason)
        self._announce(job)
        if status.finished:
            self._unfinished.pop(job.job_id, None)

    def _announce(self, job: Job) -> None:
        logger.info("Job %s (%s) is %s", job.name, job.job_id, job.status)
        self._events.put(state_change(job, self._arns))
