"""Stands for ``dnf`` in the stand-in base: gives a package's programs, and refuses what Amazon Linux lacks.

The base has all of them already, out of sight. So a misspelt package in the Dockerfile, and a program of a
package that it does not name, fail here as they would on Amazon Linux. The base's own Python runs this file.
"""

import os
import shutil
import sys

HIDDEN = "/usr/lib/stand-in"
"""Where the programs are until their package is installed, under their own paths."""

PACKAGES = {
    "ca-certificates": (),
    "findutils": ("/usr/bin/find", "/usr/bin/xargs"),
    "gzip": ("/usr/bin/gunzip", "/usr/bin/gzip"),
    "libstdc++": (),
    "python3.12": ("/usr/bin/python3.12",),
    "python3.12-devel": (),
    "python3.12-libs": (),
    "python3.12-pip": (),
    "shadow-utils": ("/usr/sbin/groupadd", "/usr/sbin/useradd", "/usr/sbin/usermod"),
    "tar": ("/usr/bin/tar",),
    "zlib": (),
}
"""Packages of Amazon Linux 2023, with the programs that its container image lacks without them."""

COMMANDS = frozenset({"install", "clean"})


def main(arguments: list[str]) -> int:
    """Do what ``arguments`` say and return dnf's exit code: 1 for a package or command that is unknown."""
    command, *names = [each for each in arguments if not each.startswith("-")]
    if command not in COMMANDS:
        print(f"No such command: {command}.", file=sys.stderr)
        return 1
    if command == "clean":
        return 0
    unknown = sorted(set(names) - PACKAGES.keys())
    for name in unknown:
        print(f"No match for argument: {name}", file=sys.stderr)
    if unknown:
        return 1
    for program in (each for name in names for each in PACKAGES[name]):
        if not os.path.lexists(program):
            shutil.move(HIDDEN + program, program)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
