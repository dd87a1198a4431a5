"""A program named docker that says what is wanted."""

import json
import sys
from pathlib import Path
from typing import Any


def put_docker(
    folder: Path,
    *,
    version: str = "28.2.2",
    info: dict[str, Any] | None = None,
    failure: str = "",
    prints: str | None = None,
) -> None:
    """Put it into ``folder``.

    Args:
        folder: one that PATH names.
        version: of the daemon.
        info: over what `docker info` tells of a daemon that is well.
        failure: what it says, and fails then.
        prints: what it prints whatever it is asked for.
    """
    well = {
        "DriverStatus": [["Backing Filesystem", "extfs"]],
        "DockerRootDir": "/",
        "Architecture": "x86_64",
    }
    told = {"version": {"Server": {"Version": version}}, "info": {**well, **(info or {})}}
    program = folder / "docker"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, sys\n"
        f"failure, prints = {failure!r}, {prints!r}\n"
        f"told = json.loads({json.dumps(told)!r})\n"
        "if failure:\n"
        "    sys.exit(failure)\n"
        "print(prints if prints is not None else json.dumps(told[sys.argv[1]]))\n"
    )
    program.chmod(0o755)
