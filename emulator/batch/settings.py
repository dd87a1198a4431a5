"""Settings of the local Batch service."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchSettings:
    """How jobs run on this machine."""

    slots: int = 2
    """The number of jobs that run at once. Others wait as RUNNABLE."""
    stop_grace_seconds: float = 30.0
    """The time from SIGTERM to SIGKILL. 30 s is the default of ECS."""
    minimum_timeout_seconds: int = 60
    """The shortest allowed job timeout; 60 as in AWS."""
    region: str = "us-east-1"
    account: str = "000000000000"
    """The account of MiniStack's root credentials."""
