"""A discrete-event simulation of the way from uploads to transcripts."""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from operations.service_times import CONTAINER_START_SECONDS, JOB_START_SECONDS

Times = npt.NDArray[np.float64]

DAY_SECONDS = 24 * 3600
HOURLY_SHARES = np.array(
    [0.2] * 7 + [1, 1.8, 2.4, 2.4, 2.2, 1.8, 2, 2.2, 2.2, 1.8, 1.2] + [0.6] * 3 + [0.3] * 3
)
"""How uploads spread over a working day."""

PEAK_FACTOR = float(HOURLY_SHARES.max() / HOURLY_SHARES.mean())
"""The busiest hour, beside the mean."""


@dataclass(frozen=True)
class Job:
    """A job: when Batch has it, the uploads that it transcribes, and how long it takes."""

    submitted: float
    uploads: Times
    """Times of upload, in the order of transcription."""

    seconds: float


@dataclass(frozen=True)
class Fleet:
    """How instances come and go."""

    most_instances: int
    start_seconds: float
    idle_seconds: float
    """How long an instance stays without a job."""


@dataclass(frozen=True)
class Outcome:
    """What a simulated day came to."""

    delays: Times
    """From each upload to its transcript, in seconds."""

    instance_seconds: float
    most_instances: int
    jobs: int


def day_of_uploads(count: int, seed: int = 1) -> Times:
    """Return the times of ``count`` uploads of a working day, in seconds and in order."""
    generator = np.random.default_rng(seed)
    hours = generator.choice(24, size=count, p=HOURLY_SHARES / HOURLY_SHARES.sum())
    return np.sort((hours + generator.random(count)) * 3600)


def paced(times: Iterable[float], per_second: float) -> Iterator[float]:
    """Yield when each of ``times`` has its turn, with at most ``per_second`` turns in a second."""
    turn = 0.0
    for time in times:
        turn = max(time, turn)
        yield turn
        turn += 1 / per_second


def collected(
    uploads: Times, interval_seconds: float, most: int, per_second: float
) -> Iterator[tuple[float, Times]]:
    """Yield the uploads that each run of the collector takes, ``most`` at most, with the time of its end."""
    taken, tick = 0, interval_seconds
    while taken < len(uploads):
        if uploads[taken] > tick:
            tick += interval_seconds * np.ceil((uploads[taken] - tick) / interval_seconds)
        end = min(int(np.searchsorted(uploads, tick, side="right")), taken + most)
        yield tick + (end - taken) / per_second, uploads[taken:end]
        taken, tick = end, tick + interval_seconds


def simulate(jobs: Sequence[Job], fleet: Fleet) -> Outcome:
    """Run ``jobs``, in the order of their submission, on a fleet that grows with the jobs that wait.

    Like Batch, it starts an instance for each job that waits, up to the limit.
    """
    events: list[tuple[float, int, str, int]] = [
        (job.submitted, number, "submitted", number) for number, job in enumerate(jobs)
    ]
    heapq.heapify(events)
    sequence, waiting = len(jobs), deque[int]()
    idle: dict[int, float] = {}
    started: dict[int, float] = {}
    starting = instances = most = 0
    instance_seconds = 0.0
    delays: list[Times] = []

    def push(time: float, kind: str, subject: int) -> None:
        nonlocal sequence
        sequence += 1
        heapq.heappush(events, (time, sequence, kind, subject))

    def run(time: float, instance: int) -> None:
        """Give an instance the next job, or let it idle."""
        if not waiting:
            idle[instance] = time
            push(time + fleet.idle_seconds, "idle", instance)
            return
        job = jobs[waiting.popleft()]
        delays.append(time + _progress(job) - job.uploads)
        push(time + job.seconds, "free", instance)

    while events:
        time, _sequence, kind, subject = heapq.heappop(events)
        if kind == "submitted":
            waiting.append(subject)
            if idle:
                # The one that became idle last: the others may stop.
                instance, _since = idle.popitem()
                run(time, instance)
            elif starting < len(waiting) and len(started) + starting < fleet.most_instances:
                starting += 1
                push(time + fleet.start_seconds, "started", 0)
        elif kind == "started":
            starting, instances = starting - 1, instances + 1
            # An instance is paid for from its launch on.
            started[instances] = time - fleet.start_seconds
            most = max(most, len(started))
            run(time, instances)
        elif kind == "free":
            run(time, subject)
        elif subject in idle and idle[subject] + fleet.idle_seconds <= time:
            del idle[subject]
            instance_seconds += time - started.pop(subject)
    return Outcome(np.concatenate(delays), instance_seconds, most, len(jobs))


def _progress(job: Job) -> Times:
    """Return when each recording of a job is done, after the start of the job."""
    start = min(CONTAINER_START_SECONDS + JOB_START_SECONDS, job.seconds)
    count = len(job.uploads)
    progress: Times = start + (job.seconds - start) * np.arange(1, count + 1) / count
    return progress
