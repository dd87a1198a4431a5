"""What may be printed: names of files are chosen by whoever uploads them."""

import re

OBEYED = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""What a terminal obeys or can't show: control characters, ends of lines, directions of writing, halves."""

INVISIBLE = r"\xad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e00ff"
"""What nobody sees, so that two names look alike. Joiners stay: words and emoji are written with them."""

ESCAPED = re.compile(f"[{OBEYED}{INVISIBLE}]")


def printable(text: object) -> str:
    """Return ``text`` on one line, with what a terminal would obey or hide shown as escapes."""
    return ESCAPED.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))
