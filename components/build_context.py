"""The build context of an image: the files that Docker sends, and a tag made from their content."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from components.docker_ignore import IgnoreRule, is_ignored, may_hold_sent_files, parse_rules

IGNORE_FILE = ".dockerignore"
DOCKERFILE = "image/Dockerfile"
TAG_CHARACTERS = 16


def content_tag(context: Path, build_arguments: Mapping[str, str], dockerfile: str = DOCKERFILE) -> str:
    """Return a tag that depends only on the files of ``context`` and on ``build_arguments``.

    The name, the bytes and the executable bit of each file count. Files that `.dockerignore` leaves out do
    not count. The Dockerfile always counts; its path is relative to the context.

    Raises:
        OSError: a file can't be read.
    """
    digest = hashlib.sha256(json.dumps(build_arguments, sort_keys=True).encode())
    for name in sorted({*sent_files(context), dockerfile}):
        path = context / name
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        digest.update(f"\0{name}\0{_kind(path)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:TAG_CHARACTERS]


def sent_files(context: Path) -> Iterator[str]:
    """Yield the paths of the files that Docker sends, relative to ``context``."""
    ignore_file = context / IGNORE_FILE
    rules = parse_rules(ignore_file.read_text()) if ignore_file.exists() else ()
    yield from _walk(context, "", rules)


def _walk(context: Path, folder: str, rules: Sequence[IgnoreRule]) -> Iterator[str]:
    for entry in os.scandir(context / folder):
        name = f"{folder}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if may_hold_sent_files(name, rules):
                yield from _walk(context, f"{name}/", rules)
        elif not is_ignored(name, rules):
            yield name


def _kind(path: Path) -> str:
    """Return what Docker keeps of a file besides its bytes: link or file, executable or not."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "link"
    return "executable" if mode & stat.S_IXUSR else "file"
