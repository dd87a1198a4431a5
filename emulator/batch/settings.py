"""What can be set about the local Batch service."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchSettings:
    """How jobs run on this machine."""

    slots: int = 2
    """Jobs that run at once; the others wait as RUNNABLE."""
    stop_grace_seconds: float = 30.0
    """From SIGTERM to SIGKILL; ECS's default."""
    minimum_timeout_seconds: int = 60
    """The shortest job timeout that is accepted; 60 as in AWS."""
    region: str = "us-east-1"
    account: str = "000000000000"
    """The account of MiniStack's root credentials."""
