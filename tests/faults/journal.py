"""What was done to the pipeline, counted, and to which attempt of which job."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

AFTERMATH_MILLISECONDS = 2_000
"""What begins so soon after an outage may have been harmed by it."""


class Journal:
    """Written by many threads at once."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self._attempts: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        self._outages: list[tuple[int, int]] = []
        self._lock = threading.Lock()

    def note(self, kind: str, job_id: str | None = None, attempt: int = 0) -> None:
        """Write down a fault, and whom it met."""
        with self._lock:
            self.kinds[kind] += 1
            if job_id is not None:
                self._attempts[job_id, attempt].append(kind)

    @contextmanager
    def outage(self, kind: str) -> Iterator[None]:
        """Write down that within the block the whole pipeline is harmed."""
        self.note(kind)
        began = _now_milliseconds()
        yield
        with self._lock:
            self._outages.append((began, _now_milliseconds()))

    def faults_of(self, job_id: str, number: int) -> list[str]:
        """Return what an attempt of a job met."""
        with self._lock:
            return list(self._attempts[job_id, number])

    def explains(self, job_id: str, number: int, attempt: dict[str, Any]) -> bool:
        """Tell whether anything was done to an attempt, which is as DescribeJobs shows it."""
        with self._lock:
            if self._attempts[job_id, number]:
                return True
            started, stopped = attempt.get("startedAt"), attempt.get("stoppedAt", _now_milliseconds())
            return any(
                began <= stopped and (started or stopped) <= ended + AFTERMATH_MILLISECONDS
                for began, ended in self._outages
            )


def _now_milliseconds() -> int:
    return time.time_ns() // 1_000_000
