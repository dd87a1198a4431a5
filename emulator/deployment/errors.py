"""What can go wrong while the stack is deployed locally or taken down."""

from emulator.errors import EmulatorError


class DeploymentError(EmulatorError):
    """The program failed, asked for what the local deployment lacks, or emulated AWS refused a call."""


class UnsupportedError(DeploymentError):
    """The program uses a type, property or output that the local deployment does not know."""
