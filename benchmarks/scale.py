"""What large loads take: ``python -m benchmarks.scale`` prints the tables of docs/scale.md.

It simulates a working day of uploads with the service times of this project and the published limits of AWS.
Nothing runs on AWS. Loads of millions are simulated at a fraction: uploads, limits and instances are divided
by the same number.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.aws_limits import (
    COLLECT_SECONDS,
    COLLECTED_PER_RUN,
    COLLECTED_PER_SECOND,
    COLLECTOR_SUBMITS_PER_SECOND,
    EVENT_AGE_SECONDS,
    Peak,
    usd_per_month,
)
from benchmarks.queue_simulation import (
    DAY_SECONDS,
    PEAK_FACTOR,
    Fleet,
    Job,
    Outcome,
    Times,
    collected,
    day_of_uploads,
    paced,
    simulate,
)
from operations.service_times import INSTANCE_START_SECONDS, SUBMITTED_PER_SECOND, job_seconds
from runbooks.manifests import LIST_BYTES, LIST_FILES

RECORDINGS_PER_DAY = (1_000, 100_000, 10_000_000, 100_000_000)
AUDIO_SECONDS = (20, 180, 3_000)
BYTES_PER_SECOND = 12_000
"""Of speech in mp3."""

EVENT_SECONDS = 0.5
IDLE_SECONDS = 120.0
"""How long Batch leaves an instance without a job. Assumed."""

TARGET_LOAD = 0.8
"""How busy the instances are in the peak hour: `maxVcpus` is chosen by it."""

MOST_SINGLE, MOST_COLLECTED = 300_000, 1_000_000
"""Uploads that are simulated one by one."""


@dataclass(frozen=True)
class Load:
    """A day's uploads, and how they become jobs."""

    recordings: int
    audio_seconds: float
    collects: bool
    idle_seconds: float = IDLE_SECONDS

    @property
    def files_of_list(self) -> int:
        """How many recordings a job has at most."""
        return max(1, min(LIST_FILES, int(LIST_BYTES / BYTES_PER_SECOND / self.audio_seconds)))

    @property
    def peak(self) -> Peak:
        """The busiest hour."""
        per_second = self.recordings / DAY_SECONDS * PEAK_FACTOR
        files = 1.0
        if self.collects:
            each_run = min(per_second * COLLECT_SECONDS, COLLECTED_PER_RUN)
            files = max(1.0, each_run / math.ceil(each_run / self.files_of_list))
        seconds = job_seconds(files, files * self.audio_seconds / 60)
        return Peak(per_second, per_second / files, per_second / files * seconds)

    @property
    def broken(self) -> tuple[str, float] | None:
        """The limit that is passed the most in the peak hour, and by how much."""
        name, share = max(self.peak.utilisation(collects=self.collects).items(), key=lambda each: each[1])
        return (name, share) if share > 1 else None


def run(load: Load) -> tuple[Outcome, int]:
    """Simulate a load. Return the outcome, and the number by which the load was divided."""
    divisor = math.ceil(load.recordings / (MOST_COLLECTED if load.collects else MOST_SINGLE))
    uploads = day_of_uploads(load.recordings // divisor)
    jobs = list(_lists(load, uploads, divisor) if load.collects else _singles(load, uploads, divisor))
    instances = math.ceil(load.peak.busy_instances / TARGET_LOAD / divisor) + 1
    return simulate(jobs, Fleet(instances, INSTANCE_START_SECONDS, load.idle_seconds)), divisor


def _singles(load: Load, uploads: Times, divisor: int) -> Iterator[Job]:
    seconds = job_seconds(1, load.audio_seconds / 60)
    turns = paced(uploads + EVENT_SECONDS, SUBMITTED_PER_SECOND / divisor)
    for number, turn in enumerate(turns):
        yield Job(turn, uploads[number : number + 1], seconds)


def _lists(load: Load, uploads: Times, divisor: int) -> Iterator[Job]:
    groups = [
        (end, taken[start : start + load.files_of_list])
        for end, taken in collected(
            uploads + EVENT_SECONDS,
            COLLECT_SECONDS,
            max(1, COLLECTED_PER_RUN // divisor),
            COLLECTED_PER_SECOND / divisor,
        )
        for start in range(0, len(taken), load.files_of_list)
    ]
    turns = paced((end for end, _group in groups), COLLECTOR_SUBMITS_PER_SECOND / divisor)
    for turn, (_end, group) in zip(turns, groups, strict=True):
        seconds = job_seconds(len(group), len(group) * load.audio_seconds / 60)
        yield Job(turn, group - EVENT_SECONDS, seconds)


def duration(seconds: float) -> str:
    """Return a duration for a reader."""
    if seconds > EVENT_AGE_SECONDS:
        return "over a day"
    if seconds >= 2 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def line(load: Load) -> str:
    """Simulate a load and return its row of the table."""
    outcome, divisor = run(load)
    median, late = np.percentile(outcome.delays, (50, 99))
    costs = usd_per_month(
        load.recordings,
        outcome.jobs * divisor,
        outcome.instance_seconds * divisor,
        collects=load.collects,
    )
    broken = load.broken
    others = sum(costs.values()) - costs["GPU"]
    hours = load.recordings * load.audio_seconds / 3600 * 30
    cells = [
        f"{load.recordings:,}",
        duration(load.audio_seconds) if load.audio_seconds < 120 else f"{load.audio_seconds / 60:g} min",
        "lists" if load.collects else "single",
        duration(median),
        duration(late),
        f"{outcome.most_instances * divisor:,}",
        f"{costs['GPU']:,.0f}",
        f"{others:,.0f}",
        f"{sum(costs.values()) / hours:.4f}",
        f"{broken[0]}, {broken[1]:,.1f} times" if broken else "nothing",
    ]
    return f"| {' | '.join(cells)} |"


HEADER = (
    "| recordings a day | each | jobs | median | 99 % | instances | GPU, $ a month | others"
    " | $ an hour of audio | what breaks first |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def costs_line(load: Load) -> str:
    """Return the costs of a load by service."""
    outcome, divisor = run(load)
    costs = usd_per_month(
        load.recordings,
        outcome.jobs * divisor,
        outcome.instance_seconds * divisor,
        collects=load.collects,
    )
    kind = "lists" if load.collects else "single"
    return f"| {load.recordings:,} | {kind} | {' | '.join(f'{usd:,.0f}' for usd in costs.values())} |"


def main() -> None:
    """Print the tables."""
    print(HEADER)
    for recordings in RECORDINGS_PER_DAY:
        for seconds in AUDIO_SECONDS:
            for collects in (False, True):
                print(line(Load(recordings, seconds, collects)), flush=True)
    small = Load(RECORDINGS_PER_DAY[0], 180, collects=False)
    print(f"\nWith instances that stay for 20 minutes:\n{HEADER}\n{line(replace(small, idle_seconds=1200))}")
    names = usd_per_month(1, 1, 1, collects=True)
    print(f"\n| recordings a day of 3 min | jobs | {' | '.join(names)} |\n|{' --- |' * (len(names) + 2)}")
    for recordings in RECORDINGS_PER_DAY:
        for collects in (False, True):
            print(costs_line(Load(recordings, 180, collects)), flush=True)


if __name__ == "__main__":
    main()
