"""How every command starts and ends. Each error becomes one sentence and an exit code."""

import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from operations.errors import OperationError
from operations.terminal import printable

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130

NOT_SIGNED_IN = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.ProfileNotFound,
    aws.SSOError,
    aws.TokenRetrievalError,
)
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
REPORTED = (OperationError, aws.BotoCoreError, aws.ClientError, ResponseParserError)
"""Errors that a command may raise. All others are bugs and show a traceback."""


def start(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run ``main`` with the arguments of the process, and end the process.

    The exit code is what ``main`` returns. It is 2 for wrong use, no credentials or no region. It is 1 if AWS
    refuses or does not answer, or if standard output is closed. It is 130 for Ctrl-C.
    """
    _prepare_output()
    try:
        code = _call(main)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say("Interrupted.")
        # Do not wait for threads that wait for an answer.
        os._exit(INTERRUPTED)
    except BrokenPipeError:
        _drop_output()
        _say("Standard output was closed before all was said.")
        code = FAILED
    except OSError as error:
        _drop_output()
        _say(f"{error.filename or 'Standard output'}: {error.strerror or error}.")
        code = FAILED
    except REPORTED as error:
        _say(sentence(error))
        code = exit_code(error)
    sys.exit(code)


def sentence(error: Exception) -> str:
    """Return the message for an error of `REPORTED`, and what to do about it if that is known."""
    match error:
        case OperationError():
            return str(error)
        case aws.NoRegionError():
            return "No region is set: set AWS_REGION, or `region` of the profile in ~/.aws/config."
        case aws.ProfileNotFound() | aws.CredentialRetrievalError():
            return (
                f"{_ended(error)} AWS_PROFILE chooses the profile; `aws configure list-profiles` lists them."
            )
        case _ if isinstance(error, NOT_SIGNED_IN):
            return f"{_ended(error)} Sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE."
        case aws.ClientError() if error.response["Error"].get("Code") in EXPIRED:
            return f"{_ended(error)} Sign in again."
        case aws.ConnectionError() | aws.HTTPClientError():
            return f"{_ended(error)} Is this machine connected, and is this the region of the stack?"
        case ResponseParserError():
            return f"What answered is not AWS: {_ended(error)} Is a proxy in the way?"
        case _:
            return str(error)


def exit_code(error: Exception) -> int:
    """Return the exit code for an error of `REPORTED`."""
    if isinstance(error, OperationError):
        return error.exit_code
    return WRONG_USE if isinstance(error, (*NOT_SIGNED_IN, aws.NoRegionError)) else FAILED


def _call(main: Callable[[Sequence[str]], int]) -> int:
    try:
        return main(sys.argv[1:])
    except SystemExit as ended:
        # The parser of options has already printed the reason.
        return ended.code if isinstance(ended.code, int) else FAILED


def _prepare_output() -> None:
    if sys.stdout is None:
        _drop_output()
    elif isinstance(sys.stdout, io.TextIOWrapper):
        # Characters that the encoding does not have are written as escapes.
        sys.stdout.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Write nothing more to standard output, not even buffered text at exit."""
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(printable(text), file=sys.stderr)


def _ended(error: Exception) -> str:
    text = str(error)
    return text if text.endswith((".", "!", "?")) else f"{text}."
