"""Errors of the commands, with their exit codes."""


class OperationError(Exception):
    """Something was not done. The message says why."""

    exit_code = 1


class WrongUseError(OperationError):
    """The options, the input or the environment are wrong. Nothing was done."""

    exit_code = 2
