"""How the pipeline ends: in the reverse order of its start, telling what it waits for, or at once."""

import os
import pty
import signal
import sys
from pathlib import Path

import numpy as np

from emulator.processes import free_port
from local import state
from local.pipeline import PROJECT
from tests.emulator.waiting import is_alive, wait_for
from tests.local.command_line import PROGRAM, read_until, start
from tests.transcriber.media import write_audio


def ports() -> list[str]:
    return ["--port", str(free_port()), "--batch-port", str(free_port())]


def children(pid: int) -> list[int]:
    return [
        int(child)
        for path in Path(f"/proc/{pid}/task").glob("*/children")
        for child in path.read_text().split()
    ]


def test_jobs_end_before_their_roles_do_and_their_uploader_is_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 1200).astype(np.float32)
    recording = write_audio(tmp_path / "long.wav", noise)
    folder = tmp_path / "state"
    up = start(folder, "up", "--jobs", "1")
    read_until(up, "Logs: ")
    uploader = start(folder, "upload", str(recording))
    read_until(uploader, "  long.wav: transcribing")
    processes = children(up.pid)
    assert len(processes) == 2
    up.send_signal(signal.SIGINT)
    said, _ = up.communicate(timeout=60)
    assert up.returncode == 0
    assert said.splitlines() == [
        "",
        "Ending; Ctrl-C again ends at once.",
        "Waiting up to 2 s for 1 running job ...",
        f"Destroying the stack of {said.split('Destroying the stack of ')[1].split()[0]} resources ...",
        "Ending emulated AWS ...",
        "Down: the stack is destroyed and no process is left.",
    ]
    assert not any(map(is_alive, processes))
    assert not (folder / "scratch").exists()
    log = (folder / "local.log").read_text()
    assert "AccessDenied" not in log
    assert "Traceback" not in log
    told, _ = uploader.communicate(timeout=60)
    assert uploader.returncode == 1
    assert "✘ long.wav  no transcript" in told or "error: The local pipeline " in told
    assert "Traceback" not in told


def test_a_closed_terminal_ends_it_in_order_with_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "scratch" / "batch-job-1").mkdir(parents=True)
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path), "serve", *ports()]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(PROJECT)
        os.execv(sys.executable, arguments)
    said = b""
    while b"Then: " not in said:
        said += os.read(terminal, 65_536)
    assert not (tmp_path / "scratch" / "batch-job-1").exists()
    processes = children(pid)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1)
    assert not any(map(is_alive, processes))
    assert not (tmp_path / "scratch").exists()


def test_a_second_interrupt_ends_it_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "serve", *ports())
    read_until(process, "Then: ")
    processes = children(process.pid)
    process.send_signal(signal.SIGINT)
    read_until(process, "Ending; ")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "No process is left." not in said
    wait_for(lambda: not any(map(is_alive, processes)))
    assert not (tmp_path / "scratch").exists()
    assert not state.is_held(tmp_path)
