"""Shared libraries that wheels carry: no lock file names them, and some are under licences of their own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

import av

FILE = re.compile(
    r"(?P<name>lib[A-Za-z]+[\w-]*?)(?:-[0-9a-f]{8})*(?:_x86_64)?\.so(?:\.(?P<version>[\d.]+))?$"
)
FOLDER = re.compile(r"\w+\.libs$")

GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"

FFMPEG = "ffmpeg"
PARTS_OF_FFMPEG = re.compile(r"lib(av|sw)[a-z]+$")

LICENCES = {
    FFMPEG: "LGPL-3.0-or-later",
    "libSvtAv1Enc": "BSD-3-Clause-Clear",
    "libXau": "MIT-open-group",
    "libasound": "LGPL-2.1-or-later",
    "libdav1d": "BSD-2-Clause",
    "libdrm": "MIT",
    "libgfortran": GCC,
    "libgmp": "GPL-2.0-or-later OR LGPL-3.0-or-later",
    "libgnutls": "LGPL-2.1-or-later",
    "libgomp": GCC,
    "libhogweed": "GPL-2.0-or-later OR LGPL-3.0-or-later",
    "libmp3lame": "LGPL-2.0-or-later",
    "libnettle": "GPL-2.0-or-later OR LGPL-3.0-or-later",
    "libopencore-amrnb": "Apache-2.0",
    "libopencore-amrwb": "Apache-2.0",
    "libopus": "BSD-3-Clause",
    "libquadmath": "LGPL-2.1-or-later",
    "libscipy_openblas64_": "BSD-3-Clause",
    "libsharpyuv": "BSD-3-Clause",
    "libunistring": "GPL-2.0-or-later OR LGPL-3.0-or-later",
    "libvpl": "MIT",
    "libvpx": "BSD-3-Clause",
    "libwebp": "BSD-3-Clause",
    "libwebpmux": "BSD-3-Clause",
    "libx264": "GPL-2.0-or-later",
    "libx265": "GPL-2.0-or-later",
    "libxcb": "X11",
    "libxcb-shape": "X11",
    "libxcb-shm": "X11",
    "libxcb-xfixes": "X11",
}
"""As their projects publish them; FFmpeg's as PyAV's build says of itself, beside what it is linked with."""


@dataclass(frozen=True)
class BundledLibrary:
    """A shared library in a wheel."""

    name: str
    version: str | None
    """What its file's name ends with: the version of its interface, or of itself."""

    licence: str


def libraries_in(package: str) -> Iterator[BundledLibrary]:
    """Yield the libraries that the wheel of an installed package carries beside its own modules, by name.

    Raises:
        KeyError: one whose licence is not in `LICENCES`.
    """
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return
    matches = [FILE.match(file.name) for file in files if FOLDER.search(str(file.parent))]
    found = {_identify(match["name"], match["version"]) for match in matches if match}
    for name, version in sorted(found, key=str):
        yield BundledLibrary(name, version, LICENCES[name])


def _identify(name: str, version: str | None) -> tuple[str, str | None]:
    is_part = PARTS_OF_FFMPEG.match(name) and name not in LICENCES
    return (FFMPEG, av.ffmpeg_version_info) if is_part else (name, version)
