"""Run a job as an instance of Batch would: image, role, log stream, command, outcome."""

import shutil
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emulator.batch.container import Container
from emulator.batch.images import ContainerImage, Launch
from emulator.batch.jobs import Job
from emulator.batch.logs import LogStream
from emulator.batch.parameters import substitute
from emulator.batch.retry import Outcome
from emulator.batch.roles import RoleError, TaskRoles
from emulator.batch.settings import BatchSettings
from emulator.cloud import LocalCloud

DEFAULT_LOG_GROUP = "/aws/batch/job"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
INSTANCE_ID = "i-0123456789abcdef0"
NOT_STARTED = "Task failed to start"
ENDED = "Essential container in task exited"
TIMED_OUT = "Job attempt duration exceeded timeout"
HOST_TERMINATED = f"Host EC2 (instance {INSTANCE_ID}) terminated."


@dataclass(frozen=True)
class LocalImage:
    """A container image that uses the files of this machine. It has a WORKDIR, ENV and PATH of its own."""

    working_directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    search_path: tuple[Path, ...] = (Path(sys.executable).parent,)
    """Folders of its programs; they are searched before those of the system."""

    def launch(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        properties: Mapping[str, Any],  # noqa: ARG002 - a process is not limited by them
        scratch: Path,
    ) -> Launch:
        """Return how to start ``command`` as a process of this machine.

        Raises:
            FileNotFoundError: the image does not have the command.
        """
        environment = {
            "PATH": ":".join([*map(str, self.search_path), SYSTEM_PATH]),
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "LANG": "C.UTF-8",
            **self.environment,
            **variables,
        }
        if not command or not shutil.which(command[0], path=environment["PATH"]):
            raise FileNotFoundError(f"exec: {list(command[:1])}: executable file not found in $PATH")
        return Launch(command, environment, self.working_directory)


class TaskStartError(Exception):
    """A task can't be started."""

    def __init__(self, reason: str | None, status_reason: str = NOT_STARTED) -> None:
        super().__init__(reason or status_reason)
        self.outcome = Outcome(exit_code=None, status_reason=status_reason, reason=reason)


@dataclass(frozen=True)
class Runtime:
    """The things that all tasks share. ``images`` is read when a job starts."""

    cloud: LocalCloud
    images: Mapping[str, ContainerImage]
    settings: BatchSettings
    roles: TaskRoles
    logs: Any
    """A boto3 client of CloudWatch Logs."""


class Task:
    """One attempt of a job. ``run`` returns when it has ended; ``stop`` may be called at any time."""

    def __init__(self, job: Job, environment: Mapping[str, Any], runtime: Runtime) -> None:
        """``environment`` is the compute environment, as in DescribeComputeEnvironments."""
        self._job = job
        self._compute_environment = environment["computeEnvironmentName"]
        self._runtime = runtime
        self._number = len(job.attempts) + 1
        self._log_options = job.container.get("logConfiguration", {}).get("options", {})
        self._container: Container | None = None
        self._stopped_because: str | None = None
        self._lock = threading.Lock()
        self._task_id = uuid.uuid4().hex
        ecs, _, cluster = environment["ecsClusterArn"].partition(":cluster/")
        self.arn = f"{ecs}:task/{cluster}/{self._task_id}"
        self.container_instance_arn = f"{ecs}:container-instance/{cluster}/{'0' * 32}"
        prefix = self._log_options.get("awslogs-stream-prefix", job.definition["jobDefinitionName"])
        self.log_stream = f"{prefix}/default/{self._task_id}"

    def run(self, on_running: Callable[[], None]) -> Outcome:
        """Run it to its end. ``on_running`` is called when the process has started."""
        with ExitStack() as resources:
            try:
                container = self._start(resources)
            except TaskStartError as error:
                return error.outcome
            with self._lock:
                self._container = container
                stopped = self._stopped_because is not None
            on_running()
            if stopped:
                container.stop(self._runtime.settings.stop_grace_seconds)
            if seconds := self._job.timeout.get("attemptDurationSeconds"):
                container.after(seconds, lambda: self.stop(TIMED_OUT))
            exit_code = container.wait()
        reason = self._stopped_because or ENDED
        return Outcome(exit_code, reason, timed_out=reason == TIMED_OUT)

    def stop(self, because: str) -> None:
        """Stop it as ECS does, with SIGTERM and a grace period. ``because`` is the status reason."""
        with self._lock:
            if self._stopped_because is not None:
                return
            self._stopped_because = because
            container = self._container
        if container:
            container.stop(self._runtime.settings.stop_grace_seconds)

    def shorten_grace(self, grace_seconds: float) -> None:
        """Kill a task that is stopping after ``grace_seconds`` from now."""
        with self._lock:
            container = self._container
        if container:
            container.stop(grace_seconds)

    def _start(self, resources: ExitStack) -> Container:
        uri = self._job.container["image"]
        image = self._runtime.images.get(uri)
        if image is None:
            raise TaskStartError(
                f"CannotPullContainerError: Error response from daemon: pull access denied for {uri}, "
                "repository does not exist or may require 'docker login'"
            )
        scratch = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="batch-job-")))
        variables = self._variables() | self._role_environment(resources)
        command = substitute(self._job.container["command"], self._job.parameters)
        try:
            launch = image.launch(command, variables, self._job.container, scratch)
            return Container(
                launch.command,
                environment=launch.environment,
                working_directory=launch.working_directory,
                on_lines=self._log().write,
            )
        except OSError as error:
            raise TaskStartError(f"CannotStartContainerError: {error}") from error

    def _variables(self) -> dict[str, str]:
        job = self._job
        return {
            **self._runtime.cloud.environment(),
            **{entry["name"]: entry.get("value", "") for entry in job.container["environment"]},
            "AWS_BATCH_CE_NAME": self._compute_environment,
            "AWS_BATCH_JOB_ATTEMPT": str(self._number),
            "AWS_BATCH_JOB_ID": job.job_id,
            "AWS_BATCH_JQ_NAME": job.queue_arn.rsplit("/", 1)[-1],
        }

    def _role_environment(self, resources: ExitStack) -> dict[str, str]:
        """Grant the job its role. A job without a role has no credentials: there is no instance role here."""
        role = self._job.container.get("jobRoleArn")
        if role is None:
            return {}
        try:
            return resources.enter_context(self._runtime.roles.grant(role, self._task_id))
        except RoleError as error:
            raise TaskStartError(
                None,
                f"ECS was unable to assume the role '{role}' that was provided for this task. Please verify "
                f"that the role being passed has the proper trust relationship and permissions: {error}",
            ) from error

    def _log(self) -> LogStream:
        group = self._log_options.get("awslogs-group", DEFAULT_LOG_GROUP)
        create = group == DEFAULT_LOG_GROUP or self._log_options.get("awslogs-create-group") == "true"
        try:
            self._check_execution_role(group, create=create)
            return LogStream(self._runtime.logs, group, self.log_stream, create_group=create)
        except (RoleError, ClientError, BotoCoreError) as error:
            raise TaskStartError(
                "CannotStartContainerError: failed to initialize logging driver: "
                f"failed to create Cloudwatch log stream: {error}"
            ) from error

    def _check_execution_role(self, group: str, *, create: bool) -> None:
        role = self._job.container.get("executionRoleArn")
        if role is None:
            return
        actions = ["logs:CreateLogStream", "logs:PutLogEvents", *(["logs:CreateLogGroup"] if create else [])]
        settings = self._runtime.settings
        account = f"arn:aws:logs:{settings.region}:{settings.account}"
        self._runtime.roles.check_allowed(
            role,
            self._task_id,
            actions,
            f"{account}:log-group:{group}:log-stream:{self.log_stream}",
        )
