"""What was found about one thing that `pulumi up` needs, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from operations.terminal import printable


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    NOTE = "note"
    """`pulumi up` works, and something is worth to know."""

    WRONG = "wrong"
    """`pulumi up` fails, or no job after it ever starts."""


@dataclass(frozen=True)
class Row:
    """One thing."""

    subject: str
    state: State
    text: str
    command: str = ""
    """What mends it, to copy."""


def ok(subject: str, text: str) -> Row:
    """Return a row on what is well."""
    return Row(subject, State.OK, text)


def note(subject: str, text: str, command: str = "") -> Row:
    """Return a row on what is worth to know."""
    return Row(subject, State.NOTE, text, command)


def wrong(subject: str, text: str, command: str = "") -> Row:
    """Return a row on what has to be mended first."""
    return Row(subject, State.WRONG, text, command)


def lines(rows: Iterable[Row]) -> list[str]:
    """Return the rows as text, commands in lines of their own."""
    shown = []
    for row in rows:
        shown.append(printable(f"{row.state:<7}{row.subject:<15}{row.text}"))
        if row.command:
            shown.append(printable(f"{'':<22}$ {row.command}"))
    return shown
