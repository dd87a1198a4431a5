"""Prints what a process sees of its container, as a line of JSON. The image's own Python runs it as text."""

import json
import os
import resource
import socket
import sys


def is_writable(folder: str) -> bool:
    """Tell whether a file can be made in ``folder``."""
    name = os.path.join(folder, "probe")  # noqa: PTH118 - fewer imports in the image
    try:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        return False
    os.remove(name)  # noqa: PTH107
    return True


def size_bytes(folder: str) -> int:
    """Return what the file system of ``folder`` holds."""
    found = os.statvfs(folder)
    return found.f_blocks * found.f_frsize


def main(asked: dict[str, list[str]]) -> None:
    """Look at the container, and at the folders and limits that are asked for."""
    limits = {name: getattr(resource, f"RLIMIT_{name.upper()}") for name in asked["limits"]}
    seen = {
        "user": [os.getuid(), os.getgid()],
        "groups": os.getgroups(),
        "read_only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
        "home_is_writable": is_writable(os.environ["HOME"]),
        "code_is_writable": is_writable(os.getcwd()),  # noqa: PTH109
        "folders": {each: [is_writable(each), size_bytes(each)] for each in asked["folders"]},
        "limits": {name: list(resource.getrlimit(number)) for name, number in limits.items()},
        "interfaces": [name for _index, name in socket.if_nameindex()],
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
