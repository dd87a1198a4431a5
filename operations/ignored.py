"""Uploads that start no job, because they do not have the suffix of a recording."""

from collections import Counter
from dataclasses import dataclass, field

from components.media_suffixes import ascii_lower
from operations.terminal import printable

NO_SUFFIX = "no suffix"
OTHERS = "other suffixes"
MOST_KINDS = 50
SUFFIX_LIMIT = 16
"""The most characters of a suffix. A longer one is part of a name with a dot in it."""


@dataclass
class IgnoredUploads:
    """Counts of ignored uploads by suffix, each with an example. Its size is limited."""

    input_prefix: str
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, key: str) -> None:
        """Count the upload with this key. Folders that the AWS console made do not count."""
        if key.endswith("/"):
            return
        kind = suffix_of(key) if key.startswith(self.input_prefix) else f"not under {self.input_prefix}"
        if kind not in self.counts and len(self.counts) >= MOST_KINDS:
            kind = OTHERS
        self.counts[kind] += 1
        self.examples.setdefault(kind, key)

    def lines(self) -> list[str]:
        """Return a line for each suffix, the most frequent first."""
        return [
            printable(f"  {kind}: {count:,}, such as {self.examples[kind]}")
            for kind, count in self.counts.most_common()
        ]


def suffix_of(key: str) -> str:
    """Return the suffix of a key in lower case, from its last dot on. Quotes show spaces around it."""
    _, dot, suffix = key.rsplit("/", 1)[-1].rpartition(".")
    if not dot or not suffix or len(suffix) >= SUFFIX_LIMIT:
        return NO_SUFFIX
    folded = ascii_lower(dot + suffix)
    return folded if folded.strip() == folded else f'"{folded}"'
