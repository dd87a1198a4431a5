"""The errors of a deployment."""

from emulator.errors import EmulatorError


class DeploymentError(EmulatorError):
    """The program failed, uses something unsupported, or emulated AWS refused a call."""


class UnsupportedError(DeploymentError):
    """The program uses a type, property or output that is not supported."""
