"""Make untrusted text, such as file names, safe to show.

Terminals obey control characters, also those from 0x80 to 0x9f. Other characters turn the direction of
writing or are invisible.
"""

import json
import re

ACTING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Invisible characters that programs obey.

Of these, text needs only tabs and line ends, which are not here.
"""


def printable(text: str) -> str:
    """Return ``text`` with Python's escapes for all characters that do not print."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def printable_json(document: str) -> str:
    r"""Return an equal JSON document with ``\uXXXX`` for all characters that do not print."""
    if document.isprintable():
        return document
    # Outside of strings, line ends are the only such characters. Strings contain no line ends.
    return "".join(
        letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in document
    )


def readable(text: str) -> str:
    """Return ``text`` without invisible characters that programs obey. Marks that a script needs stay."""
    return ACTING.sub("", text)


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if letter.isascii() else json.dumps(letter)[1:-1]
