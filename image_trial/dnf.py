"""Stands for ``dnf`` in the stand-in base: installs nothing, and refuses a package that Amazon Linux lacks.

The base has all of them already. A misspelt name in the Dockerfile fails here as it would on Amazon Linux.
"""

import sys

PACKAGES = frozenset(
    {
        *("ca-certificates", "findutils", "gzip", "libstdc++", "python3.12", "python3.12-devel"),
        *("python3.12-libs", "python3.12-pip", "shadow-utils", "tar", "util-linux", "zlib"),
    }
)
"""Packages that the repositories of Amazon Linux 2023 have."""

COMMANDS = frozenset({"install", "clean"})


def main(arguments: list[str]) -> int:
    """Return dnf's exit code for ``arguments``: 1 for a package or command that is unknown."""
    command, *names = [each for each in arguments if not each.startswith("-")]
    if command not in COMMANDS:
        print(f"No such command: {command}.", file=sys.stderr)
        return 1
    unknown = sorted(set(names) - PACKAGES) if command == "install" else []
    for name in unknown:
        print(f"No match for argument: {name}", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
