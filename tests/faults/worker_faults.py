"""What workers meet on their way to S3: each attempt of each job has a script of its own, by the seed."""

import os
import random
import resource
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.faults.faults import CutOff, Held, Refused, Reset, Slow, Strike
from tests.faults.journal import Journal
from tests.faults.proxy import Answer, Fault, Request, Worker
from tests.faults.stories import AT_FIRST_WRITE, LATE_REQUESTS

SOFT_SHARE = 0.3
"""Attempts that meet what the SDK or the worker gets over."""

DEADLY_SHARE = 0.12
"""Attempts that end; three of three are rare, as `doomed` stories see to those."""

MOST_SOFT_FAULTS = 3
DOOMED_REQUESTS = 4
"""A job of a doomed story gets no further."""

HELD_SECONDS = 20.0
"""Less than a worker waits for an answer."""

SLOW_SECONDS = (0.05, 1.0)
SOFT_KINDS = ("500", "503", "slow", "connection reset", "answer lost", "cut-off body", "write conflict")
DEADLY_KINDS = ("killed", "spot reclaim", "out of memory", "disk full", "S3 down", "credentials expired")


def s3_error(status: int, code: str, message: str) -> Answer:
    """Return an error as S3 gives it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, {"Content-Type": "application/xml"}, body.encode())


BUSY = s3_error(503, "SlowDown", "Please reduce your request rate.")
BROKEN = s3_error(500, "InternalError", "We encountered an internal error. Please try again.")
CONFLICT = s3_error(409, "ConditionalRequestConflict", "Another conditional operation is in progress.")
EXPIRED = s3_error(400, "ExpiredToken", "The provided token has expired.")


@dataclass(frozen=True)
class Script:
    """What an attempt meets, by the number of the request, counted from 1."""

    faults: Mapping[int, tuple[str, random.Random]]
    down_from: int | None = None
    """From this request on, S3 answers no other."""


class WorkerFaults:
    """The interference of a campaign between its workers and S3."""

    def __init__(
        self,
        seed: int,
        input_bucket: str,
        doomed: frozenset[str],
        journal: Journal,
        reclaim: Callable[[str], object],
        meanwhile: Callable[[str, int], object],
        overtaken: Mapping[str, Callable[[], bool]],
    ) -> None:
        """Take what a campaign decides.

        Args:
            seed: decides every script.
            input_bucket: where recordings are.
            doomed: keys whose jobs shall not get through.
            journal: told of every fault.
            reclaim: takes the host of a job away, as Spot does.
            meanwhile: called with a key, and how many requests of its first job were seen, before each.
            overtaken: keys whose first job's first write shall wait, and until when.
        """
        self._seed = seed
        self._root = f"/{input_bucket}/"
        self._doomed = doomed
        self._journal = journal
        self._reclaim = reclaim
        self._meanwhile = meanwhile
        self._overtaken = dict(overtaken)
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[str, int]] = {}
        self._jobs_of_key: Counter[str] = Counter()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._requests_of_job: Counter[str] = Counter()
        self._scripts: dict[tuple[str, int], Script] = {}

    def fault_of(self, request: Request) -> Fault | None:
        """Return what the script of the request's attempt has for it."""
        worker = request.worker
        if worker is None:
            return None
        attempt = worker.job_id, worker.attempt
        with self._lock:
            if worker.job_id not in self._keys:
                # The first thing that a worker asks for is its recording.
                key = request.path.removeprefix(self._root)
                self._jobs_of_key[key] += 1
                self._keys[worker.job_id] = key, self._jobs_of_key[key]
            key, job_number = self._keys[worker.job_id]
            self._requests[attempt] += 1
            number = self._requests[attempt]
            self._requests_of_job[worker.job_id] += 1
            total = self._requests_of_job[worker.job_id]
            if attempt not in self._scripts:
                self._scripts[attempt] = self._script(key, job_number, worker.attempt)
            script = self._scripts[attempt]
        if job_number == 1:
            self._meanwhile(key, total)
        fault = self._hold(key, job_number, request, worker) or self._fault(script, number, request, worker)
        if fault is not None:
            self._journal.note(fault.kind, *attempt)
        return fault

    def _hold(self, key: str, job_number: int, request: Request, worker: Worker) -> Fault | None:
        if request.method != "PUT" or job_number > 1:
            return None
        with self._lock:
            until = self._overtaken.pop(key, None)
        if until is None:
            return None
        self._meanwhile(key, AT_FIRST_WRITE)
        pid = worker.pid
        # What a process sent before its end arrives at once or never, not after its successor looked.
        return Held(lambda: until() or not is_running(pid), HELD_SECONDS)

    def _script(self, key: str, job_number: int, attempt: int) -> Script:
        chance = random.Random(f"{self._seed} {job_number} {attempt} {key}")
        fate = chance.random()
        if key in self._doomed or fate < DEADLY_SHARE:
            kind = chance.choice(DEADLY_KINDS)
            number = chance.randint(1, DOOMED_REQUESTS if key in self._doomed else LATE_REQUESTS)
            return Script({}, down_from=number) if kind == "S3 down" else Script({number: (kind, chance)})
        if fate < DEADLY_SHARE + SOFT_SHARE:
            numbers = chance.sample(range(1, LATE_REQUESTS + 1), chance.randint(1, MOST_SOFT_FAULTS))
            return Script({number: (chance.choice(SOFT_KINDS), chance) for number in numbers})
        return Script({})

    def _fault(self, script: Script, number: int, request: Request, worker: Worker) -> Fault | None:
        if script.down_from is not None and number >= script.down_from:
            return Refused("S3 down", BUSY)
        kind, chance = script.faults.get(number, ("", random.Random()))
        after = chance.random() < 0.5 if kind else False
        match kind:
            case "500":
                return Refused(kind, BROKEN)
            case "503":
                return Refused(kind, BUSY)
            case "credentials expired":
                return Refused(kind, EXPIRED)
            case "slow":
                return Slow(chance.uniform(*SLOW_SECONDS))
            case "cut-off body" if request.method == "GET":
                return CutOff(chance.random())
            case "write conflict" if request.is_conditional:
                return Refused(kind, CONFLICT)
            case "write conflict":
                return Refused("503", BUSY)
            case "connection reset" | "cut-off body":
                return Reset(after=False)
            case "answer lost":
                return Reset(after=True)
            case "killed":
                return Strike(kind, lambda: kill(worker.pid), after)
            case "spot reclaim":
                return Strike(kind, lambda: self._reclaim(worker.job_id), after)
            case "out of memory":
                return Strike(kind, lambda: take_memory(worker.pid), after)
            case "disk full":
                return Strike(kind, lambda: fill_disk(worker.pid), after)
        return None


def is_running(pid: int) -> bool:
    """Tell whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill(pid: int) -> None:
    """Do what the kernel does when memory runs out."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def take_memory(pid: int) -> None:
    """Let a process have no more memory than it has."""
    with suppress(ProcessLookupError, FileNotFoundError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        size_bytes = pages * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (size_bytes, size_bytes))


def fill_disk(pid: int) -> None:
    """Let no file of a process grow: a full disk for one process, without any privilege."""
    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
