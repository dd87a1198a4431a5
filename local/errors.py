"""The errors of the local pipeline: one sentence for its user, and an exit code."""


class LocalError(Exception):
    """The command line prints the message and exits with ``exit_code``."""

    exit_code = 1


class WrongUseError(LocalError):
    """The arguments are wrong. Nothing was started."""

    exit_code = 2


class NotRunningError(LocalError):
    """No pipeline runs from this folder."""


class FolderError(LocalError):
    """The folder for logs and results can't be used."""


class AlreadyRunningError(LocalError):
    """A pipeline already runs from this folder."""
