"""What the command lines of several commands have in common."""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from operations.clients import client
from operations.stack import Stack

Run = Callable[[argparse.Namespace, Any, Any, Stack], int]
"""Does the work of a command and returns the exit code.

It gets the options, a client of S3, one of Batch, and the stack.
"""


def command_parser(command: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser for ``python -m command``, with the lines of ``description`` as they are."""
    return argparse.ArgumentParser(
        prog=f"python -m {command}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run_on_stack(
    command: str,
    description: str | None,
    add_options: Callable[[argparse.ArgumentParser], None],
    run: Run,
    arguments: Sequence[str],
) -> int:
    """Parse ``arguments``, read the stack from standard input, and return what ``run`` returns."""
    parser = command_parser(command, description)
    add_options(parser)
    options = parser.parse_args(arguments)
    stack = Stack.read(command)
    return run(options, client("s3", stack.region), client("batch", stack.region), stack)


def time_from(text: str) -> datetime:
    """Read a date, or a date with a time; it is UTC if it names no zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-01-31") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def whole_number(least: int) -> Callable[[str], int]:
    """Return a function that reads a whole number from ``least`` on."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
        return int(text)

    return read
