"""How jobs are ended before their time: timeouts, terminate, cancel, a lost host, the end of the service."""

import threading
from pathlib import Path
from typing import Any

from emulator.aws import Emulator
from emulator.batch.service import BatchService
from emulator.batch.settings import BatchSettings
from tests.emulator.batch_account import BatchAccount, python
from tests.emulator.conftest import QUICK
from tests.emulator.waiting import is_alive, wait_for

WAIT = "import signal; signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True));print('up', flush=True)"
)
IGNORE_SIGTERM = python(f"{STUBBORN}\nwhile True: signal.pause()")
EXIT_143 = python(
    "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); print('up', flush=True)\n"
    "signal.pause()"
)


def running(batch: BatchAccount, queue: str, command: list[str], **fields: Any) -> str:
    """Submit a job and return its ID when it has written its first line."""
    job_id = batch.submit(queue, batch.definition(command, **fields))
    batch.reached(job_id, "RUNNING")
    wait_for(lambda: batch.log(batch.job(job_id)))
    return job_id


def test_a_job_that_runs_too_long_is_stopped_and_not_retried(batch: BatchAccount, queue: str) -> None:
    job = batch.run(queue, python(WAIT), timeout={"attemptDurationSeconds": 1}, retryStrategy={"attempts": 3})
    assert (job["status"], len(job["attempts"])) == ("FAILED", 1)
    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["container"]["exitCode"] == 143


def test_a_job_within_its_timeout_is_left_alone(batch: BatchAccount, queue: str) -> None:
    assert batch.run(queue, python("pass"), timeout={"attemptDurationSeconds": 60})["status"] == "SUCCEEDED"


def test_a_terminated_job_gets_sigterm_and_fails_with_the_user_s_reason(
    batch: BatchAccount, queue: str
) -> None:
    job_id = running(batch, queue, EXIT_143, retryStrategy={"attempts": 3})
    batch.client.terminate_job(jobId=job_id, reason="changed my mind")
    job = batch.finished(job_id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "changed my mind")
    assert job["container"]["exitCode"] == 143
    assert job["isTerminated"]
    assert len(job["attempts"]) == 1


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace_period(batch: BatchAccount, queue: str) -> None:
    job_id = running(batch, queue, IGNORE_SIGTERM)
    batch.client.terminate_job(jobId=job_id, reason="enough")
    job = batch.finished(job_id)
    assert job["container"]["exitCode"] == 137
    assert batch.log(job) == ["up", "no"]


def test_a_job_s_children_do_not_outlive_it(batch: BatchAccount, queue: str) -> None:
    job = batch.run(
        queue, python("import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)")
    )
    assert job["status"] == "SUCCEEDED"
    wait_for(lambda: not is_alive(int(batch.log(job)[0])))


def test_a_child_that_left_the_group_does_not_hold_the_job_up(batch: BatchAccount, queue: str) -> None:
    start = "subprocess.Popen(['sleep', '3'], start_new_session=True)"
    job = batch.run(queue, python(f"import subprocess; {start}; print('parent ends')"))
    assert batch.log(job) == ["parent ends"]


def test_a_waiting_job_is_cancelled_and_a_running_one_is_not(batch: BatchAccount, queue: str) -> None:
    first = running(batch, queue, EXIT_143)
    definition = batch.definition(python("pass"))
    second = batch.submit(queue, definition, dependsOn=[{"jobId": first}])
    for job_id in (first, second):
        batch.client.cancel_job(jobId=job_id, reason="not needed")
    job = batch.job(second)
    assert (job["status"], job["statusReason"], job["isCancelled"]) == ("FAILED", "not needed", True)
    assert batch.job(first)["status"] == "RUNNING"
    batch.client.terminate_job(jobId=first, reason="end of test")
    batch.finished(first)


def test_terminating_a_job_that_waits_cancels_it_and_one_that_is_done_changes_nothing(
    batch: BatchAccount, queue: str
) -> None:
    done = batch.run(queue, python("pass"))
    batch.client.terminate_job(jobId=done["jobId"], reason="too late")
    assert batch.job(done["jobId"])["status"] == "SUCCEEDED"
    first = running(batch, queue, EXIT_143)
    waiting = batch.submit(queue, batch.definition(python("pass")), dependsOn=[{"jobId": first}])
    batch.client.terminate_job(jobId=waiting, reason="never mind")
    assert batch.job(waiting)["statusReason"] == "never mind"
    batch.client.terminate_job(jobId=first, reason="end of test")
    batch.finished(first)


def test_a_lost_host_is_told_from_a_fault_of_the_job(
    emulator: Emulator, images: dict[str, Any], tmp_path: Path
) -> None:
    flag = tmp_path / "second"
    command = python(
        f"import pathlib, signal, sys; flag = pathlib.Path({str(flag)!r})\n"
        "signal.signal(signal.SIGTERM, lambda *_: (flag.touch(), sys.exit(143)))\n"
        "print('up', flush=True)\n"
        "flag.exists() or signal.pause()"
    )
    rules = [{"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]
    with BatchService(emulator.endpoint, emulator.credentials, images, QUICK) as service:
        account = BatchAccount(service.cloud)
        strategy = {"attempts": 2, "evaluateOnExit": rules}
        job_id = running(account, account.queue(), command, retryStrategy=strategy)
        service.interrupt_host()
        job = account.finished(job_id)
    assert job["status"] == "SUCCEEDED"
    assert job["attempts"][0]["statusReason"].startswith("Host EC2 (instance i-")
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [143, 0]


def test_a_reclaim_of_one_host_leaves_the_jobs_on_others(emulator: Emulator, images: dict[str, Any]) -> None:
    with BatchService(
        emulator.endpoint, emulator.credentials, images, BatchSettings(slots=2, stop_grace_seconds=0.3)
    ) as service:
        account = BatchAccount(service.cloud)
        queue = account.queue()
        reclaimed, other = (running(account, queue, EXIT_143) for _ in range(2))
        service.interrupt_host(reclaimed)
        assert account.finished(reclaimed)["statusReason"].startswith("Host EC2 (instance i-")
        assert account.job(other)["status"] == "RUNNING"


def test_the_end_of_the_service_leaves_no_process_and_no_thread(
    emulator: Emulator, images: dict[str, Any]
) -> None:
    before = set(threading.enumerate())
    settings = BatchSettings(slots=2, stop_grace_seconds=0.3)
    with BatchService(emulator.endpoint, emulator.credentials, images, settings) as service:
        account = BatchAccount(service.cloud)
        queue = account.queue()
        show_pid = "import os; print(os.getpid(), flush=True)"
        commands = [
            python(f"{show_pid}; {WAIT}"),
            python(f"{STUBBORN}; {show_pid}\nwhile True: signal.pause()"),
        ]
        jobs = [running(account, queue, command) for command in commands]
        wait_for(lambda: account.log(account.job(jobs[1]))[1:])
        waiting = account.submit(queue, account.definition(python("pass")))
        pids = [int(account.log(account.job(job_id))[-1]) for job_id in jobs]
        assert all(is_alive(pid) for pid in pids)
        assert account.job(waiting)["status"] == "RUNNABLE"
    assert not any(is_alive(pid) for pid in pids)
    assert set(threading.enumerate()) <= before
