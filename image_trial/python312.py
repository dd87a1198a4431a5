"""The Python 3.12 of this machine, which the stand-in base gets."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from image_trial.errors import MissingToolError

VERSION = "3.12"
SYSTEM_PREFIXES = frozenset({Path("/"), Path("/usr")})
"""A Python there is spread over folders of the whole system, so it can't be copied as one folder."""

PROGRAM = "import sys; print('%d.%d' % sys.version_info[:2], sys.base_prefix)"


def find_python(search_path: str | None = None, pyenv_root: Path | None = None) -> Path:
    """Return the folder of a Python 3.12 that stands alone: copied to the same path, it works elsewhere.

    Args:
        search_path: folders of programs, as in PATH, which is the default.
        pyenv_root: where pyenv keeps its versions; by default as PYENV_ROOT says, or in the home folder.

    Raises:
        MissingToolError: there is none.
    """
    for program in _candidates(search_path, pyenv_root or _pyenv_root()):
        ended = subprocess.run([program, "-c", PROGRAM], capture_output=True, text=True, check=False)
        version, _, prefix = ended.stdout.strip().partition(" ")
        if ended.returncode == 0 and version == VERSION and Path(prefix).resolve() not in SYSTEM_PREFIXES:
            return Path(prefix).resolve()
    raise MissingToolError(
        f"No Python {VERSION} was found in a folder of its own, which the image's stand-in base needs."
        f" Install one, as by `pyenv install {VERSION}`, or use a container engine: make image ENGINE=docker"
    )


def _pyenv_root() -> Path:
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def _candidates(search_path: str | None, pyenv_root: Path) -> Iterator[Path]:
    yield from sorted(pyenv_root.glob(f"versions/{VERSION}*/bin/python{VERSION}"), reverse=True)
    if found := shutil.which(f"python{VERSION}", path=search_path):
        yield Path(found)
