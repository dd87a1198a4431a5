"""What the image's lock file and Dockerfile pin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

IMAGE = Path(__file__).resolve().parents[1] / "image"
LOCK_FILE = IMAGE / "requirements.txt"
DOCKERFILE = IMAGE / "Dockerfile"

DIRECT = "-r requirements.in"
"""Whom the lock file names for what nobody else asks for."""

ENTRY = re.compile(r"^(?=[\w.-]+==)", re.MULTILINE)
PIN = re.compile(r"([\w.-]+)==([^\s;]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
ASKED_BY = re.compile(r"^    # (?:via |  )(?!-c )(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class LockedPackage:
    """One package of the image."""

    name: str
    version: str
    sha256: tuple[str, ...]
    """Of the files that pip takes, one for each platform and Python."""

    asked_by: tuple[str, ...]
    """The packages that need it; `DIRECT` for the worker itself."""


@dataclass(frozen=True)
class LockedImage:
    """All that the image is built from."""

    packages: tuple[LockedPackage, ...]
    base: str
    """The image that it begins with, as Docker names it."""

    model_name: str
    model_revision: str


def read_image(lock: str, dockerfile: str) -> LockedImage:
    """Return what the texts of the lock file, as uv writes it, and of the Dockerfile pin.

    Raises:
        ValueError: something is not pinned.
    """
    packages = tuple(_packages(lock))
    if not packages:
        raise ValueError("the lock file names no package")
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", dockerfile, re.MULTILINE))
    (base,) = set(re.findall(r"^FROM (\S+[/:]\S+)", dockerfile, re.MULTILINE))
    return LockedImage(packages, base, arguments["MODEL_NAME"], arguments["MODEL_REVISION"])


def read_lock() -> LockedImage:
    """Return what the repository's files pin."""
    return read_image(LOCK_FILE.read_text(), DOCKERFILE.read_text())


def _packages(lock: str) -> Iterator[LockedPackage]:
    for entry in ENTRY.split(lock):
        if pin := PIN.match(entry):
            name, version = pin.groups()
            sha256 = tuple(HASH.findall(entry))
            if not sha256:
                raise ValueError(f"{name} {version} has no hash")
            yield LockedPackage(name, version, sha256, tuple(ASKED_BY.findall(entry)))
