"""The errors that end a job early. Each class has an exit code; each message is a sentence for the user."""

from typing import ClassVar

from transcriber.outcomes import ExitCode


class TranscriberError(Exception):
    """A job ended early for a reason that one sentence explains."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAULT


class FaultError(TranscriberError):
    """The service is set up wrongly or lacks something: rights, credentials, memory."""

    exit_code = ExitCode.FAULT


class UsageError(TranscriberError):
    """A wrong command line or setting; another try has the same result."""

    exit_code = ExitCode.WRONG_USE


class UnusableInputError(TranscriberError):
    """This input can never be transcribed: not audio, no audio track, damaged, empty, gone."""

    exit_code = ExitCode.UNUSABLE_INPUT


class LeftOverError(TranscriberError):
    """A list of recordings went through, and some of them have no transcript."""

    exit_code = ExitCode.LEFT_OVER


class TemporaryFailureError(TranscriberError):
    """Something outside failed that may work later: network, S3, a full disk."""

    exit_code = ExitCode.TEMPORARY


class Terminated(BaseException):
    """The process was told to stop. Not an ``Exception``: no library's handler shall keep it from the top."""

    exit_code: ClassVar[ExitCode] = ExitCode.TOLD_TO_STOP
