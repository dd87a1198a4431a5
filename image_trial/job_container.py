"""What a job definition asks of its container, as far as this machine can give it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from image_trial.errors import TrialError

GIVEN_BY_BATCH = frozenset(
    {"command", "environment", "executionRoleArn", "image", "jobRoleArn", "logConfiguration"}
)
"""The Batch of this machine takes care of them."""

NOT_HERE = frozenset({"resourceRequirements"})
"""The trial has no GPU, and no limit of memory and processors but this machine's own."""

TAKEN = frozenset({"linuxParameters", "readonlyRootFilesystem", "ulimits", "user"})
TAKEN_OF_LINUX = frozenset({"initProcessEnabled", "tmpfs"})


@dataclass(frozen=True)
class Limit:
    """A resource limit of the container's processes."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True)
class MemoryFolder:
    """A folder in memory (tmpfs)."""

    path: str
    size_mebibytes: int
    options: Sequence[str] = ()


@dataclass(frozen=True)
class JobContainer:
    """How a job's command is run in its image."""

    user: str
    read_only: bool
    limits: Sequence[Limit] = ()
    memory_folders: Sequence[MemoryFolder] = ()
    init_process: bool = False

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Self:
        """Read the container properties of a job definition.

        Raises:
            TrialError: no user, or something that the trial would have to leave out.
        """
        linux = properties.get("linuxParameters") or {}
        known = GIVEN_BY_BATCH | NOT_HERE | TAKEN
        refused = [name for name, value in properties.items() if value and name not in known]
        refused += [
            f"linuxParameters.{name}" for name, value in linux.items() if value and name not in TAKEN_OF_LINUX
        ]
        if refused:
            names = ", ".join(sorted(refused))
            raise TrialError(f"The job definition asks for {names}, which the trial can't give.")
        if not properties.get("user"):
            raise TrialError("The job definition names no user, so the image's would decide.")
        return cls(
            user=properties["user"],
            read_only=bool(properties.get("readonlyRootFilesystem")),
            limits=[
                Limit(each["name"], each["softLimit"], each["hardLimit"])
                for each in properties.get("ulimits") or []
            ],
            memory_folders=[
                MemoryFolder(each["containerPath"], each["size"], each.get("mountOptions") or [])
                for each in linux.get("tmpfs") or []
            ],
            init_process=bool(linux.get("initProcessEnabled")),
        )

    def numeric_user(self) -> tuple[int, int]:
        """Return user and group.

        Raises:
            TrialError: they are not numbers.
        """
        user, _, group = self.user.partition(":")
        if not (user.isdecimal() and group.isdecimal()):
            raise TrialError(f"The job's user is {self.user!r}; the trial takes numbers such as 1000:1000.")
        return int(user), int(group)
