"""Whatever ends the local cloud, no process of it is left."""

import signal
import socket
import subprocess
import sys

import pytest

from emulator.processes import free_port
from tests.emulator.waiting import is_alive, wait_for

LOCAL_CLOUD = """
import os, signal, sys, tempfile
from pathlib import Path
from emulator.batch.runtime import LocalImage
from emulator.batch.service import BatchService
from emulator.events.delivery import Delivery
from emulator.aws import Emulator
from tests.emulator.batch_account import IMAGE, BatchAccount, python
from tests.emulator.waiting import wait_for

# Tests that run in the background of a shell inherit an ignored Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = Path(tempfile.mkdtemp())
with (
    Emulator(log_file=folder / "ministack.log") as emulator,
    BatchService(emulator.endpoint, emulator.credentials, {IMAGE: LocalImage(folder)}) as service,
    Delivery(service.cloud, service.events),
):
    account = BatchAccount(service.cloud)
    command = python("import os, signal; print(os.getpid(), flush=True); signal.pause()")
    job_id = account.submit(account.queue(), account.definition(command))
    account.reached(job_id, "RUNNING")
    job_pid = wait_for(lambda: account.log(account.job(job_id)))[0]
    print(emulator.pid, job_pid, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_a_hard_kill_end_every_process(end: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", LOCAL_CLOUD],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        assert all(is_alive(pid) for pid in pids)
        process.send_signal(end)
        process.wait(timeout=30)
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port
