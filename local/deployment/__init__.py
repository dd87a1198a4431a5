"""The Pulumi program, deployed to emulated AWS by this process: no Pulumi CLI, no provider plugins."""

from local.deployment.config import StackConfig, read_stack_config
from local.deployment.deployment import Deployment, deploy
from local.deployment.errors import DeploymentError, UnsupportedError
from local.deployment.monitor import DeployedResource

__all__ = [
    "DeployedResource",
    "Deployment",
    "DeploymentError",
    "StackConfig",
    "UnsupportedError",
    "deploy",
    "read_stack_config",
]
