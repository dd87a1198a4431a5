import signal
import subprocess
import sys

import pytest

from tests.transcriber.conftest import PROJECT

DEADLINE_SECONDS = 30

WAITS = """
ready()
threading.Event().wait()
"""
SWALLOWS = """
try:
    ready()
    threading.Event().wait()
except BaseException:
    threading.Event().wait()
"""
SWALLOWS_AND_GOES_ON = """
try:
    try:
        ready()
        threading.Event().wait()
    except BaseException:
        pass
    threading.Event().wait()
finally:
    print("cleaned up", flush=True)
"""
# Nobody else has the interpreter before the call lets go of it, so ready is said from within the call.
LONG_C_CALL = """
sys.setswitchinterval(1000)
gate = threading.Lock()
gate.acquire()
threading.Thread(target=lambda: gate.acquire() and ready(), daemon=True).start()
gate.release()
hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
"""
CLEANS_UP = """
try:
    ready()
    threading.Event().wait()
finally:
    print("cleaned up", flush=True)
"""


def start(body: str) -> subprocess.Popen[str]:
    """Run ``body`` in the block that a signal ends, and wait until it calls ``ready``."""
    lines = [
        "import hashlib, sys, threading",
        "from transcriber.errors import Terminated",
        "from transcriber.termination import raise_when_told_to_stop",
        "def ready(): print('ready', flush=True)",
        "try:",
        "    with raise_when_told_to_stop(lambda end: print(end, flush=True)):",
        *(f"        {line}" for line in body.strip().splitlines()),
        "except Terminated as end:",
        "    raise SystemExit(end.exit_code)",
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_process_that_waits_stops() -> None:
    with start(WAITS) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_SECONDS) == 143


@pytest.mark.parametrize("body", [LONG_C_CALL, SWALLOWS])
def test_a_process_that_goes_on_all_the_same_is_ended_by_force_and_says_so(body: str) -> None:
    with start(body) as process:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 143
        assert output == "Told to stop by SIGTERM.\n"


@pytest.mark.parametrize("body", [CLEANS_UP, SWALLOWS_AND_GOES_ON])
def test_what_has_to_be_cleaned_up_is(body: str) -> None:
    with start(body) as process:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
        assert output == "cleaned up\n"
        assert process.returncode == 143


def test_a_block_that_ends_by_itself_leaves_the_exit_code_alone() -> None:
    with start("ready()") as process:
        assert process.wait(DEADLINE_SECONDS) == 0
