"""What an operator's command says when it does not do its work, and the exit code that goes with it."""


class OperationError(Exception):
    """Why something, or all, was not done."""

    exit_code = 1


class WrongUseError(OperationError):
    """Wrong options, input or surroundings: nothing was done."""

    exit_code = 2
