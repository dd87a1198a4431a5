"""Which files of a build context Docker sends, according to `.dockerignore`. Pure functions.

https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class IgnoreRule:
    """One line of the file. It leaves out paths or, with a ``!``, includes them again."""

    pattern: str
    """Relative to the context, with forward slashes."""

    brings_back: bool

    def matches(self, path: str) -> bool:
        """Tell whether the rule matches ``path`` or a folder above it."""
        regex = _regex(self.pattern)
        parts = path.split("/")
        return any(regex.fullmatch("/".join(parts[:count])) for count in range(1, len(parts) + 1))


def parse_rules(text: str) -> tuple[IgnoreRule, ...]:
    """Return the rules of a `.dockerignore` file in their order."""
    rules = []
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = line.strip()
        if line.startswith("#") or not pattern:
            continue
        brings_back = pattern.startswith("!")
        pattern = posixpath.normpath(pattern.removeprefix("!").strip()).lstrip("/")
        # Docker ignores a dot, which is the context itself.
        if pattern != ".":
            rules.append(IgnoreRule(pattern, brings_back))
    return tuple(rules)


def is_ignored(path: str, rules: Sequence[IgnoreRule]) -> bool:
    """Tell whether Docker leaves out ``path``, relative to the context. The last match decides."""
    ignored = False
    for rule in rules:
        # A rule that would not change the answer need not be matched.
        if rule.brings_back == ignored and rule.matches(path):
            ignored = not ignored
    return ignored


def may_hold_sent_files(folder: str, rules: Sequence[IgnoreRule]) -> bool:
    """Tell whether to read ``folder``. Docker skips ignored folders unless a rule names a path inside."""
    return not is_ignored(folder, rules) or any(
        rule.brings_back and f"{rule.pattern}/".startswith(f"{folder}/") for rule in rules
    )


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern. ``**`` matches slashes; ``*`` and ``?`` do not."""
    expression, position = "", 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith("**"):
            position += 3 if rest.startswith("**/") else 2
            expression += "(?:.*/)?" if position < len(pattern) else ".*"
        elif rest[0] == "\\" and len(rest) > 1:
            position += 2
            expression += re.escape(rest[1])
        elif found := re.match(r"\[(\^?)([^]]+)\]", rest):
            position += found.end()
            expression += f"[{found[1]}{found[2]}]"
        else:
            position += 1
            expression += {"*": "[^/]*", "?": "[^/]"}.get(rest[0], re.escape(rest[0]))
    return re.compile(expression, re.DOTALL)
