"""What may be printed: names of files are chosen by whoever uploads them."""

import re

OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys or can't show: control characters, ends of lines, directions of writing, halves."""


def printable(text: object) -> str:
    """Return ``text`` on one line, with what a terminal would obey shown as escapes."""
    return OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))
