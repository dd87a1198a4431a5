"""Let wildcards of IAM policies match line breaks, which keys of objects may have."""

import re
from functools import cache

from ministack.core import iam_evaluator


def let_wildcards_match_any_character() -> None:
    """Make MiniStack match ``*`` and ``?`` in policies as IAM does."""
    translate = iam_evaluator._fnmatch_compile

    @cache
    def compile_wildcards(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        compiled = translate(pattern, ignore_case)
        return re.compile(compiled.pattern, compiled.flags | re.DOTALL)

    iam_evaluator._fnmatch_compile = compile_wildcards
