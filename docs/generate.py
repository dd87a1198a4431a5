"""``python -m docs.generate``: write the configuration keys into Pulumi.yaml and their page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo

from components.settings import described_fields
from transcriber.options import as_text, plain_types

PROJECT_FILE = Path("Pulumi.yaml")
PAGE = Path("docs", "configuration.md")
CONFIG = "config:\n"
START, END = "<!-- options:start -->\n", "<!-- options:end -->\n"


def generated(root: Path) -> dict[Path, str]:
    """Return the whole text of each file that has a generated part, by its path relative to ``root``."""
    fields = described_fields()
    project, page = ((root / path).read_text() for path in (PROJECT_FILE, PAGE))
    head = project[: project.index(CONFIG) + len(CONFIG)]
    before, rest = page.split(START)
    _old, after = rest.split(END)
    return {
        PROJECT_FILE: head + declarations(fields),
        PAGE: f"{before}{START}{table(fields)}{END}{after}",
    }


def declarations(fields: Mapping[str, FieldInfo]) -> str:
    """Return the entries of ``config:`` in Pulumi.yaml, which the engine fills defaults in from."""
    entries = {key: _declaration(field) for key, field in fields.items()}
    lines = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=1000).splitlines()
    return "".join(f"  {line}\n" for line in lines)


def table(fields: Mapping[str, FieldInfo]) -> str:
    """Return a row of Markdown for each key, under a header."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    for key, field in fields.items():
        default = as_text(field.default)
        shown = f"`{default}`" if default else ""
        rows.append(f"| `{key}` | {shown} | {field.description} |")
    return "".join(f"{row}\n" for row in rows)


def _declaration(field: FieldInfo) -> dict[str, Any]:
    kind = _engine_type(field)
    default = field.default if kind in ("boolean", "integer") else as_text(field.default)
    return {**({"type": kind} if kind else {}), "default": default, "description": field.description}


def _engine_type(field: FieldInfo) -> str | None:
    """Return the type that the engine checks; None where text says more than it could."""
    (kind,) = plain_types(field)
    if get_origin(kind) is Literal:
        kind = type(get_args(kind)[0])
    if kind is str:
        return "string"
    # An empty text, which stands for None, is neither a number nor true or false.
    return {bool: "boolean", int: "integer"}.get(kind) if field.default is not None else None


def main() -> None:
    """Write the files."""
    root = Path(__file__).resolve().parents[1]
    for path, text in generated(root).items():
        (root / path).write_text(text)


if __name__ == "__main__":
    main()
