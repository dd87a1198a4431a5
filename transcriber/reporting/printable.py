"""Text of strangers, names of files above all, that does nothing to whoever looks at it.

Terminals obey control characters, those of 0x80 to 0x9f too; others write from right to left or show nothing.
"""

import json
import re

ACTING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What nobody sees and programs obey. No text of a language needs it, but tabs and ends of lines."""


def printable(text: str) -> str:
    """Return ``text`` with whatever does not print shown as Python writes it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def printable_json(document: str) -> str:
    r"""Return a JSON document that says the same and has whatever does not print as ``\uXXXX``."""
    if document.isprintable():
        return document
    # Between its strings are no other such characters than ends of lines, and in them are none.
    return "".join(
        letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in document
    )


def readable(text: str) -> str:
    """Return ``text`` without the characters that only act; what directs the letters of a script stays."""
    return ACTING.sub("", text)


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if letter.isascii() else json.dumps(letter)[1:-1]
