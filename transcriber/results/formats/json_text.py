"""Write JSON in pieces, for documents that do not fit into memory."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from transcriber.reporting.printable import printable_json


def json_value(value: Any) -> str:
    """Return ``value`` as JSON on one line. All characters that print stay; others are escaped."""
    return printable_json(json.dumps(value, ensure_ascii=False))


def json_string(pieces: Iterable[str], separator: str = " ") -> Iterator[str]:
    """Yield the JSON string of ``pieces`` with ``separator`` between them."""
    yield '"'
    for number, piece in enumerate(pieces):
        yield json_value((separator if number else "") + piece)[1:-1]
    yield '"'


def json_array(values: Iterable[str], indent: str) -> Iterator[str]:
    """Yield the JSON array of ``values``, which are JSON already, on lines that begin with ``indent``."""
    yield "["
    empty = True
    for value in values:
        yield f"\n{indent}{value}" if empty else f",\n{indent}{value}"
        empty = False
    yield "]" if empty else f"\n{indent[:-1]}]"
