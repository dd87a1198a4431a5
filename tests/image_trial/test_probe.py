"""What a job sees of its container against what its definition asks for."""

import json
import os
import resource
import subprocess
import sys
from typing import Any

import pytest

from image_trial import probe
from image_trial.errors import TrialError
from image_trial.job_container import JobContainer, Limit, MemoryFolder

CONTAINER = JobContainer(
    user="1000:1000",
    read_only=True,
    limits=[Limit("core", 0, 0)],
    memory_folders=[MemoryFolder("/tmp", 2)],
)
SEEN: dict[str, Any] = {
    "user": [1000, 1000],
    "groups": [],
    "read_only": True,
    "home_is_writable": True,
    "code_is_writable": False,
    "folders": {"/tmp": [True, 2 * 1024 * 1024]},
    "limits": {"core": [0, 0]},
    "interfaces": ["lo"],
}


def test_a_container_as_asked_for_passes() -> None:
    probe.check(SEEN, CONTAINER)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user", [0, 0]),
        ("groups", [0]),
        ("read_only", False),
        ("home_is_writable", False),
        ("code_is_writable", True),
        ("folders", {"/tmp": [True, 64 * 1024 * 1024]}),
        ("limits", {"core": [-1, -1]}),
        ("interfaces", ["lo", "eth0"]),
    ],
)
def test_a_container_that_differs_is_told_by_what_differs(name: str, value: object) -> None:
    with pytest.raises(TrialError, match=rf"asks for: {name} is "):
        probe.check({**SEEN, name: value}, CONTAINER)


def test_the_program_tells_what_the_check_reads() -> None:
    container = JobContainer(user="", read_only=False, limits=[Limit("nofile", 0, 0)])
    command = [sys.executable, *probe.command_for(container)[1:]]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/proc")
    seen = json.loads(told.stdout)
    assert seen.keys() == SEEN.keys()
    assert (seen["user"], seen["code_is_writable"]) == ([os.getuid(), os.getgid()], False)
    assert seen["limits"] == {"nofile": list(resource.getrlimit(resource.RLIMIT_NOFILE))}
