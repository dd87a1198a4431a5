"""What can end a job early. Each class carries the exit code, each message the sentence for the user."""

from typing import ClassVar


class TranscriberError(Exception):
    """A job ended early for a reason that one sentence explains."""

    exit_code: ClassVar[int] = 1


class FaultError(TranscriberError):
    """The service is set up wrongly or lacks something: rights, credentials, memory."""

    exit_code = 1


class UsageError(TranscriberError):
    """A wrong command line or setting; trying again gives the same."""

    exit_code = 2


class UnusableInputError(TranscriberError):
    """This input can never be transcribed: not audio, no audio track, damaged, empty, gone."""

    exit_code = 65


class TemporaryFailureError(TranscriberError):
    """Something outside failed that may work later: network, S3, a full disk."""

    exit_code = 75


class Terminated(BaseException):
    """The process was told to stop. Not an ``Exception``: no library's handler shall keep it from the top."""

    exit_code: ClassVar[int] = 143
