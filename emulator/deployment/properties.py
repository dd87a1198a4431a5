"""Inputs of a resource that record which of them were read, so that none is ignored."""

from collections.abc import Mapping
from typing import Any


class Properties:
    """The inputs of a resource or of a block in it, by their provider names (``bucketKeyEnabled``).

    Each method that returns an input records it as read. ``unread`` returns the others.
    """

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self._path = path
        self._read: set[str] = set()
        self._blocks: list[Properties] = []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of ``name``, or ``default`` if the program gives none."""
        self._read.add(name)
        return self._values.get(name, default)

    def block(self, name: str) -> "Properties":
        """Return the block ``name``; an empty one if the program gives none."""
        return self._open(self.get(name, {}), name)

    def blocks(self, name: str) -> "list[Properties]":
        """Return the blocks of the list ``name``; an empty list if the program gives none."""
        return [self._open(value, f"{name}[{index}]") for index, value in enumerate(self.get(name, []))]

    def same(self, *names: str, **renamed: str) -> dict[str, Any]:
        """Return the given inputs among ``names``; ``property="ApiName"`` renames one."""
        targets = dict(zip(names, names, strict=True)) | renamed
        return {target: self.get(name) for name, target in targets.items() if name in self}

    def pascal(self, *names: str, **renamed: str) -> dict[str, Any]:
        """Like ``same``, but with a capital first letter in each name, as in most APIs of AWS."""
        return self.same(**{name: name[0].upper() + name[1:] for name in names}, **renamed)

    def unread(self) -> list[str]:
        """Return the paths of all given inputs that were not read, such as ``rules[0].status``."""
        own = [f"{self._path}{name}" for name in self._values if name not in self._read]
        return own + [path for block in self._blocks for path in block.unread()]

    def _open(self, values: Mapping[str, Any], name: str) -> "Properties":
        block = Properties(values, f"{self._path}{name}.")
        self._blocks.append(block)
        return block
