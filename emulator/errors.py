"""What can go wrong in the emulator: one sentence for its user, and an exit code for a command line."""


class EmulatorError(Exception):
    """The base of all errors that the emulator's user gets to see."""

    exit_code = 1


class StartError(EmulatorError):
    """A service can't be started."""


class WrongUseError(EmulatorError):
    """The program or its configuration is wrong. Nothing was created."""

    exit_code = 2
