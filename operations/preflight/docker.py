"""Whether Docker, which builds the image, is installed, works, and has enough disk space."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from operations.preflight.rows import Row, note, ok, wrong

DOCKER = "Docker"
DISK = "disk"
SECONDS = 30
LEAST_MAJOR_WITH_CONTAINERD = 28
"""Older versions with containerd's image store refuse the files that Pulumi sends (moby issue 47717)."""

CONTAINERD_STORE = "io.containerd.snapshotter"
NEEDED_GIB = 30
"""Space for the layers of all stages, compressed and not, and for the model of 2.5 GB."""

WITHOUT_DOCKER = "or set imageUri to an image that was built elsewhere"
X86 = {"x86_64", "amd64"}


class _DockerError(Exception):
    """A Docker command failed or gave an unexpected answer."""


def check_docker() -> Iterator[Row]:
    """Check whether an image can be built here."""
    try:
        version = _ask("version").get("Server") or {}
        info = _ask("info")
    except FileNotFoundError:
        yield wrong(DOCKER, f"there is no docker command; install it, {WITHOUT_DOCKER}", _install())
        return
    except _DockerError as error:
        yield wrong(DOCKER, f"it does not work here: {error}", _mend(str(error)))
        return
    found = re.match(r"(\d+)\.", str(version.get("Version", "")))
    if not found:
        yield wrong(DOCKER, f"its daemon does not answer; start it, {WITHOUT_DOCKER}", _start())
        return
    in_containerd = any(CONTAINERD_STORE in str(entry) for entry in info.get("DriverStatus") or [])
    store = "containerd's image store" if in_containerd else "its classic image store"
    told = f"version {version['Version']} with {store}"
    if in_containerd and int(found[1]) < LEAST_MAJOR_WITH_CONTAINERD:
        yield wrong(
            DOCKER,
            f"{told} refuses the files that Pulumi sends; {LEAST_MAJOR_WITH_CONTAINERD} or newer takes them",
            _install(),
        )
        return
    yield ok(DOCKER, told)
    if (machine := str(info.get("Architecture", "x86_64"))) not in X86:
        yield note(DOCKER, f"it runs on {machine}: building for x86_64 is emulated and takes hours")
    yield _check_disk(Path(str(info.get("DockerRootDir") or "/var/lib/docker")))


def _check_disk(folder: Path) -> Row:
    if not folder.exists():
        return note(DISK, f"Docker has a machine of its own; it needs {NEEDED_GIB} GiB free there")
    free_gib = shutil.disk_usage(folder).free / 2**30
    if free_gib < NEEDED_GIB:
        return wrong(
            DISK,
            f"{free_gib:.0f} GiB are free in {folder}; building needs {NEEDED_GIB}",
            "docker system prune --all",
        )
    return ok(DISK, f"{free_gib:.0f} GiB are free in {folder}")


def _ask(command: str) -> dict[str, Any]:
    """Return the JSON output of a Docker command.

    Raises:
        FileNotFoundError: Docker is not installed.
        _DockerError: the command fails, does not end, or prints something else.
    """
    try:
        ended = subprocess.run(
            ["docker", command, "--format", "{{json .}}"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _DockerError(f"`docker {command}` does not answer within {SECONDS} s") from None
    except PermissionError as error:
        raise _DockerError(str(error)) from None
    if ended.returncode != 0:
        said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        raise _DockerError(said[-1])
    try:
        told = json.loads(ended.stdout)
    except json.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise _DockerError(f"`docker {command}` tells no JSON; is it another program of that name?")
    return told


def _mend(said: str) -> str:
    if "permission denied" in said.lower():
        return "sudo usermod --append --groups docker $USER && newgrp docker"
    return _start()


def _start() -> str:
    return "open -a Docker" if sys.platform == "darwin" else "sudo systemctl start docker"


def _install() -> str:
    if sys.platform == "darwin":
        return "brew install --cask docker"
    return "curl --fail --location https://get.docker.com | sudo sh"
