"""EventBridge patterns of the events that start jobs, and what jobs take from them. Pure functions."""

import json
from collections.abc import Sequence
from typing import Any

EVENT_PATTERN_LIMIT = 2048
"""The most characters of a rule's pattern, without a raised quota."""

LONGEST_BUCKET_NAME = "b" * 63

JOB_NAME = "transcribe"
INPUT_PATHS = {
    "bucket": "$.detail.bucket.name",
    "key": "$.detail.object.key",
    "etag": "$.detail.object.etag",
}
"""The parameters of a job, and their places in an event."""

Pattern = dict[str, Any]


def suffix_groups(suffixes: Sequence[str], size: Pattern | None = None) -> list[list[Pattern]]:
    """Return the patterns of keys with one of ``suffixes`` in any case, in groups that each fit one rule.

    Args:
        suffixes: in lower case.
        size: the pattern of the object's size in these rules, if they have one.
    """
    groups: list[list[Pattern]] = [[]]
    for suffix in suffixes:
        pattern = {"suffix": {"equals-ignore-case": suffix}}
        if (
            len(pattern_text(event_pattern(LONGEST_BUCKET_NAME, [*groups[-1], pattern], size)))
            > EVENT_PATTERN_LIMIT
        ):
            groups.append([])
        groups[-1].append(pattern)
    return groups


def event_pattern(bucket: str, key_patterns: Sequence[Pattern], size: Pattern | None = None) -> Pattern:
    """Return the pattern of a rule on new objects of ``bucket``.

    Args:
        bucket: its name.
        key_patterns: the object's key matches any of them.
        size: its size matches this one; None takes any size.
    """
    about: Pattern = {"key": list(key_patterns)}
    if size is not None:
        about["size"] = [size]
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": about},
    }


def at_most(size_bytes: int) -> Pattern:
    """Return the pattern of a size up to ``size_bytes``."""
    return {"numeric": ["<=", size_bytes]}


def above(size_bytes: int) -> Pattern:
    """Return the pattern of a larger size."""
    return {"numeric": [">", size_bytes]}


def pattern_text(pattern: Pattern) -> str:
    """Return ``pattern`` as the shortest JSON, because its length is limited."""
    return json.dumps(pattern, ensure_ascii=False, separators=(",", ":"))
