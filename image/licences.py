"""Which licences the packages of the image, and the shared libraries in their wheels, are under."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import av

from image.lock import package_name

LISTED: dict[str, Any] = tomllib.loads(Path(__file__).with_name("licences.toml").read_text())
"""Licences that somebody has read."""

NVIDIA = re.compile(r"nvidia-|cuda-toolkit$")
NVIDIA_LICENCE = "LicenseRef-NVIDIA-Proprietary"
"""All of NVIDIA's libraries are under it. Their metadata spells it in four ways, or names none."""

LIBRARY = re.compile(
    r"\w+\.libs/(?P<name>lib[A-Za-z]+[\w-]*?)(?:-[0-9a-f]{8})*(?:_x86_64)?\.so(?:\.(?P<version>[\d.]+))?$"
)
PART_OF_FFMPEG = re.compile(r"lib(avcodec|avdevice|avfilter|avformat|avutil|swresample|swscale)$")


class UnknownLicenceError(ValueError):
    """A licence that nobody has read, or a package whose licence can't be told."""


@dataclass(frozen=True)
class Licensed:
    """A package of the image, or a shared library in the wheel of one."""

    name: str
    version: str
    """Of a library, what the name of its file ends with: the version of its interface, or of itself."""

    licence: str


def packages(versions: dict[str, str]) -> Iterator[Licensed]:
    """Yield each package with its licence, by what pip-licenses reads in this environment.

    Raises:
        UnknownLicenceError: a package is not installed here, or its licence is not in licences.toml.
    """
    read = _pip_licenses([name for name in versions if not NVIDIA.match(name)])
    for name, version in versions.items():
        licence = NVIDIA_LICENCE if NVIDIA.match(name) else read.get(name)
        if licence is None:
            raise UnknownLicenceError(f"{name} is not installed here, so its licence can't be read")
        yield Licensed(name, version, licence)


def libraries_in(package: str) -> Iterator[Licensed]:
    """Yield the shared libraries that the wheel of an installed package carries, by name.

    Raises:
        UnknownLicenceError: the licence of one is not in licences.toml.
    """
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return
    found = {_identify(match) for file in files if (match := LIBRARY.search(str(file)))}
    for name, version in sorted(found):
        if name not in LISTED["bundled"]:
            raise UnknownLicenceError(f"{package} carries {name}, whose licence is not in licences.toml")
        yield Licensed(name, version, LISTED["bundled"][name])


def _identify(match: re.Match[str]) -> tuple[str, str]:
    if PART_OF_FFMPEG.match(match["name"]):
        return "ffmpeg", av.ffmpeg_version_info
    return match["name"], match["version"] or ""


def _pip_licenses(names: list[str]) -> dict[str, str]:
    allowed = ";".join([*LISTED["permissive"], *LISTED["obligations"]])
    command = [sys.executable, "-m", "piplicenses", "--format", "json", "--with-system"]
    ended = subprocess.run(
        [*command, "--allow-only", allowed, "--packages", *names], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise UnknownLicenceError(ended.stderr.strip())
    return {package_name(each["Name"]): each["License"] for each in json.loads(ended.stdout)}
