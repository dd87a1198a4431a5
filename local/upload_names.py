"""The files to upload, and their names in the bucket."""

import os
from collections.abc import Sequence
from pathlib import Path

from local.errors import WrongUseError

KEY_LIMIT_BYTES = 1024
"""The longest key in S3."""


def name_files(paths: Sequence[Path], prefix: str) -> dict[str, Path]:
    """Return the files by their keys: ``prefix`` and the path below the folder that all files share.

    So `a/t.mp3` and `b/t.mp3` keep their folders, and the key of a single file is its name.

    Raises:
        WrongUseError: a path is not a readable file, is given twice, or makes no key.
    """
    for path in paths:
        _check_file(path)
    absolute = [Path(os.path.normpath(path.absolute())) for path in paths]
    shared = Path(os.path.commonpath([path.parent for path in absolute]))
    named: dict[str, Path] = {}
    for path, whole in zip(paths, absolute, strict=True):
        key = _key(prefix + whole.relative_to(shared).as_posix())
        if key in named:
            raise WrongUseError(f"{path}: named twice; name each recording once.")
        named[key] = path
    return named


def _check_file(path: Path) -> None:
    try:
        if not path.exists():
            raise WrongUseError(f"{path}: there is no such file.")
        if not path.is_file():
            raise WrongUseError(f"{path}: not a file; name the recordings one by one.")
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise WrongUseError(f"{path}: can't be read: {error.strerror}.") from error


def _key(name: str) -> str:
    """Return a name with its bytes decoded as UTF-8, whatever the encoding of the system."""
    content = os.fsencode(name)
    if len(content) > KEY_LIMIT_BYTES:
        raise WrongUseError(
            f"{name}: the name in the bucket would have {len(content)} bytes; S3 allows {KEY_LIMIT_BYTES}."
        )
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise WrongUseError(
            f"{name}: the name is not UTF-8, which names in S3 must be; rename the file."
        ) from None
