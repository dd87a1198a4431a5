"""What the trial reads of the job definition that the program registers."""

import json
from typing import Any

import pytest

from image_trial.container_engine import EngineImage, run_options
from image_trial.enter import Entry
from image_trial.errors import TrialError
from image_trial.job_container import JobContainer, Limit, MemoryFolder
from tests.components.graph import run_program

CONTAINER = JobContainer(
    user="7:8",
    read_only=True,
    limits=[Limit("nofile", 10, 20)],
    memory_folders=[MemoryFolder("/scratch", 5, ["noexec"])],
    init_process=True,
)


@pytest.fixture(scope="module")
def registered() -> dict[str, Any]:
    properties: dict[str, Any] = json.loads(run_program().one("JobDefinition")["containerProperties"])
    return properties


def test_the_job_runs_as_nobody_special_and_writes_to_one_folder(registered: dict[str, Any]) -> None:
    container = JobContainer.of(registered)
    assert container.read_only
    assert container.init_process
    assert min(container.numeric_user()) >= 1000
    (folder,) = container.memory_folders
    assert (folder.path, {"noexec", "nosuid", "nodev"} - set(folder.options)) == ("/tmp", set())
    assert container.limits == [Limit("core", 0, 0)]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"privileged": True}, "privileged"),
        ({"volumes": [{"name": "disk"}], "mountPoints": [{}]}, "mountPoints, volumes"),
        ({"linuxParameters": {"sharedMemorySize": 64}}, r"linuxParameters\.sharedMemorySize"),
    ],
)
def test_what_the_trial_would_leave_out_is_refused(
    registered: dict[str, Any], changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(
        TrialError, match=rf"^The job definition asks for {named}, which the trial can't give"
    ):
        JobContainer.of({**registered, **changes})


@pytest.mark.parametrize("user", ["", "worker", "1000"])
def test_a_user_without_numbers_is_refused(registered: dict[str, Any], user: str) -> None:
    with pytest.raises(TrialError, match="user"):
        JobContainer.of({**registered, "user": user}).numeric_user()


def test_a_container_engine_gets_it_as_options() -> None:
    assert run_options(CONTAINER, {"NAME": "a value"}) == [
        *("--user", "7:8", "--read-only", "--init"),
        *("--ulimit", "nofile=10:20", "--tmpfs", "/scratch:size=5m,noexec"),
        *("--env", "NAME=a value"),
    ]


def test_a_container_engine_starts_the_command_in_the_network_of_the_trial(
    registered: dict[str, Any], tmp_path: Any
) -> None:
    launch = EngineImage("docker", "worker:1", "holder").launch(
        ["python", "-m", "transcriber", "--", "a b"], {}, registered, tmp_path
    )
    assert launch.command[:5] == ["docker", "run", "--rm", "--network", "container:holder"]
    assert launch.command[-6:] == ["python", "worker:1", "-m", "transcriber", "--", "a b"]


def test_an_entry_passes_through_a_command_line() -> None:
    entry = Entry("/root", ["python", "-c", "'\n"], {"A": '"'}, "/opt", CONTAINER)
    assert Entry.from_json(entry.to_json()) == entry
