"""A runbook's script as one file, which is all that a step takes."""

import ast
from collections.abc import Mapping
from pathlib import Path


def inlined(script: Path, modules: Mapping[str, Path]) -> str:
    """Return ``script`` with the text of each of ``modules`` in place of its import.

    Automation replaces names in double braces, in scripts too, so there may be none in any of them.

    Args:
        script: a Python file.
        modules: files by the names that the script imports from.

    Raises:
        ValueError: the script does not import from one of them.
    """
    text = script.read_text()
    lines: list[str | None] = list(text.splitlines(keepends=True))
    missing = dict(modules)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module in missing and node.end_lineno:
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
            lines[node.lineno - 1] = missing.pop(node.module).read_text()
    if missing:
        raise ValueError(f"{script.name} does not import from {', '.join(missing)}")
    return "".join(line for line in lines if line is not None)
