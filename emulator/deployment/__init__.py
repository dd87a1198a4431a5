"""Deploy a Pulumi program to emulated AWS in this process, without Pulumi CLI and provider plugins."""

from emulator.deployment.config import StackConfig, read_stack_config
from emulator.deployment.deployment import Deployment, deploy
from emulator.deployment.errors import DeploymentError, UnsupportedError
from emulator.deployment.monitor import DeployedResource

__all__ = [
    "DeployedResource",
    "Deployment",
    "DeploymentError",
    "StackConfig",
    "UnsupportedError",
    "deploy",
    "read_stack_config",
]
