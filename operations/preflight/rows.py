"""The result of one check, and how to repair what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from operations.terminal import printable


class State(StrEnum):
    """The result of a check."""

    OK = "ok"
    NOTE = "note"
    """`pulumi up` works, but there is something to know."""

    WRONG = "wrong"
    """`pulumi up` fails, or no job can start after it."""


@dataclass(frozen=True)
class Row:
    """One check."""

    subject: str
    state: State
    text: str
    command: str = ""
    """A command that repairs it."""


def ok(subject: str, text: str) -> Row:
    """Return a row for something that is in order."""
    return Row(subject, State.OK, text)


def note(subject: str, text: str, command: str = "") -> Row:
    """Return a row for something to know."""
    return Row(subject, State.NOTE, text, command)


def wrong(subject: str, text: str, command: str = "") -> Row:
    """Return a row for something to repair first."""
    return Row(subject, State.WRONG, text, command)


def lines(rows: Iterable[Row]) -> list[str]:
    """Return the rows as text. Commands are on lines of their own."""
    shown = []
    for row in rows:
        shown.append(printable(f"{row.state:<7}{row.subject:<15}{row.text}"))
        if row.command:
            shown.append(printable(f"{'':<22}$ {row.command}"))
    return shown
