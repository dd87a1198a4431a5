"""One pipeline a folder, found by the other commands for as long as its process lives."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.access.credentials import Credentials
from emulator.cloud import LocalCloud
from local import state
from local.errors import AlreadyRunningError, NotRunningError

CLOUD = LocalCloud("http://127.0.0.1:1", "http://127.0.0.1:2", Credentials.make())


def test_an_announced_pipeline_is_found_while_it_is_held(tmp_path: Path) -> None:
    with state.hold(tmp_path):
        announced = state.announce(tmp_path, CLOUD, {"inputBucket": "in"})
        assert state.find(tmp_path) == announced
        assert (tmp_path / state.STATE_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotRunningError, match=r"python3? -m local up`"):
        state.find(tmp_path)


def test_the_folder_is_for_its_user_alone_even_if_it_was_open_before(tmp_path: Path) -> None:
    (folder := tmp_path / "state").mkdir()
    folder.chmod(0o755)
    with state.hold(folder):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_pipeline_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        state.hold(tmp_path),
        pytest.raises(AlreadyRunningError, match=r"-m local down`"),
        state.hold(tmp_path),
    ):
        pass


def test_a_pipeline_that_is_not_deployed_yet_is_said_to_be_starting(tmp_path: Path) -> None:
    with state.hold(tmp_path), pytest.raises(NotRunningError, match="still starting"):
        state.find(tmp_path)


def test_a_killed_pipeline_does_not_block_the_folder(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, signal, pathlib\n"
            "from local import state\n"
            "with state.hold(pathlib.Path(sys.argv[1])):\n"
            "    print('held', flush=True)\n"
            "    signal.pause()\n",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        cwd=Path(state.__file__).parents[1],
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert state.is_held(tmp_path)
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    with state.hold(tmp_path):
        assert state.is_held(tmp_path)
