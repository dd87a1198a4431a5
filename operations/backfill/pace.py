"""Do not submit faster than Batch accepts jobs, nor more than the queue should hold."""

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

WAITING = ("SUBMITTED", "PENDING", "RUNNABLE")
POLL_SECONDS = 15.0
LISTED_AT_ONCE = 100


class Pace:
    """Waits before each job: for its turn in the rate, and for room in the queue."""

    def __init__(
        self,
        jobs_per_second: float,
        most_waiting: int,
        count_waiting: Callable[[int], int],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Set the limits.

        Args:
            jobs_per_second: how many jobs may be submitted in a second.
            most_waiting: how many jobs of the queue may wait for an instance.
            count_waiting: counts the waiting jobs, up to the number it gets.
            clock: gives seconds.
            sleep: waits for seconds.
        """
        self._interval_seconds = 1 / jobs_per_second
        self._most_waiting = most_waiting
        self._count_waiting = count_waiting
        self._clock = clock
        self._sleep = sleep
        self._next_time = clock()
        self._room = 0

    def wait(self) -> None:
        """Return when the next job may be submitted."""
        while self._room <= 0:
            self._room = self._most_waiting - self._count_waiting(self._most_waiting)
            if self._room <= 0:
                self._sleep(POLL_SECONDS)
        self._room -= 1
        now = self._clock()
        if now < self._next_time:
            self._sleep(self._next_time - now)
        self._next_time = max(now, self._next_time) + self._interval_seconds


def count_waiting(batch: Any, job_queue: str, most: int) -> int:
    """Count the jobs of a queue that wait for an instance, up to ``most``: each 100 take a request."""
    pages = batch.get_paginator("list_jobs")
    waiting = (
        job["jobId"]
        for state in WAITING
        for page in pages.paginate(jobQueue=job_queue, jobStatus=state, maxResults=LISTED_AT_ONCE)
        for job in page["jobSummaryList"]
    )
    return sum(1 for _each in islice(waiting, most))
