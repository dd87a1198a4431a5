"""Wildcards of IAM policies: they stand for ends of lines too, which keys of objects may hold."""

import re
from functools import cache

from ministack.core import iam_evaluator


def let_wildcards_match_any_character() -> None:
    """Have MiniStack take ``*`` and ``?`` in policies as IAM does."""
    translate = iam_evaluator._fnmatch_compile

    @cache
    def compile_wildcards(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        compiled = translate(pattern, ignore_case)
        return re.compile(compiled.pattern, compiled.flags | re.DOTALL)

    iam_evaluator._fnmatch_compile = compile_wildcards
