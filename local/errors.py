"""What can go wrong in the local pipeline, with the sentence for its user and the exit code."""


class LocalError(Exception):
    """A fault that one sentence explains; the command line prints it and exits with ``exit_code``."""

    exit_code = 1


class WrongUseError(LocalError):
    """Wrong arguments or configuration: nothing was started."""

    exit_code = 2


class NotRunningError(LocalError):
    """No pipeline runs from this folder."""


class FolderError(LocalError):
    """The folder for logs and results can't be used."""


class AlreadyRunningError(LocalError):
    """A pipeline runs from this folder already."""
