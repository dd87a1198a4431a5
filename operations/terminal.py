"""Safe printing of names, because uploaders choose the names of files."""

import re

OBEYED = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Characters that a terminal obeys or cannot show: controls, line ends, writing directions, surrogates."""

INVISIBLE = r"\xad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e00ff"
"""Invisible characters, which make two names look alike. Joiners stay, because words and emoji need them."""

ESCAPED = re.compile(f"[{OBEYED}{INVISIBLE}]")


def printable(text: object) -> str:
    """Return ``text`` on one line. Characters that a terminal would obey or hide become escapes."""
    return ESCAPED.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))
