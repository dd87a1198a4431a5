"""``python -m local.environment``: compare the installed packages with those that are pinned.

Tests mean the same on every machine only if every machine has the same packages.
"""

import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints-dev.txt"
UNPINNED = frozenset({"wheel"})
"""What some versions of `venv` install beside pip and setuptools."""


def pinned_versions(constraints: str) -> dict[str, str]:
    """Return the version of each package that the text of a constraints file pins on this platform.

    Raises:
        ValueError: a line allows more than one version.
    """
    versions: dict[str, str] = {}
    for line in constraints.splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        requirement = Requirement(text)
        (specifier,) = tuple(requirement.specifier) or (None,)
        if specifier is None or specifier.operator != "==":
            raise ValueError(f"'{text}' pins no version; allowed are lines such as torch==2.13.0")
        if requirement.marker is None or requirement.marker.evaluate():
            versions[canonicalize_name(requirement.name)] = specifier.version
    return versions


def installed_versions() -> dict[str, str]:
    """Return the version of each package in this environment."""
    return {canonicalize_name(each.name): each.version for each in metadata.distributions()}


def differences(pinned: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each package that is missing, has another version or is not pinned."""
    for name in sorted(pinned.keys() | installed.keys() - UNPINNED):
        wanted, found = pinned.get(name), installed.get(name)
        if found is None:
            yield f"{name} {wanted} is pinned but not installed"
        elif wanted is None:
            yield f"{name} {found} is installed but not pinned"
        elif wanted != found:
            yield f"{name} {found} is installed, {wanted} is pinned"


def main() -> int:
    """Print every difference and return 1 if there is one."""
    found = list(differences(pinned_versions(CONSTRAINTS.read_text()), installed_versions()))
    for sentence in found:
        print(sentence, file=sys.stderr)
    if found:
        print(
            f"The environment in {sys.prefix} is not the one of {CONSTRAINTS.name}:"
            " remove that folder and run `make setup` again.",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
