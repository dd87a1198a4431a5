"""Inputs of a resource that remember what was read of them, so that nothing is skipped unseen."""

from collections.abc import Mapping
from typing import Any


class Properties:
    """The inputs of one resource, or one block inside them, by their provider names (``bucketKeyEnabled``).

    Every reader marks what it returns as read; ``unread`` tells what nobody asked for.
    """

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self._path = path
        self._read: set[str] = set()
        self._blocks: list[Properties] = []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        """Return the whole value of ``name``, or ``default`` where the program gives none."""
        self._read.add(name)
        return self._values.get(name, default)

    def block(self, name: str) -> "Properties":
        """Return the block ``name``; an empty one where the program gives none."""
        return self._open(self.get(name, {}), name)

    def blocks(self, name: str) -> "list[Properties]":
        """Return the blocks of the list ``name``; none where the program gives none."""
        return [self._open(value, f"{name}[{index}]") for index, value in enumerate(self.get(name, []))]

    def same(self, *names: str, **renamed: str) -> dict[str, Any]:
        """Return what is given of ``names``, and of ``property="ApiName"`` under the new name."""
        targets = dict(zip(names, names, strict=True)) | renamed
        return {target: self.get(name) for name, target in targets.items() if name in self}

    def pascal(self, *names: str, **renamed: str) -> dict[str, Any]:
        """Return what is given of ``names`` with a capital first letter, as most of AWS writes them."""
        return self.same(**{name: name[0].upper() + name[1:] for name in names}, **renamed)

    def unread(self) -> list[str]:
        """Return the paths of all properties that were given and never read, such as ``rules[0].status``."""
        own = [f"{self._path}{name}" for name in self._values if name not in self._read]
        return own + [path for block in self._blocks for path in block.unread()]

    def _open(self, values: Mapping[str, Any], name: str) -> "Properties":
        block = Properties(values, f"{self._path}{name}.")
        self._blocks.append(block)
        return block
