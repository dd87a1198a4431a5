"""What a backfill would take: files, hours of audio, jobs, cost and time. Only sizes are known before."""

import math
from collections import Counter
from dataclasses import dataclass, field

from operations.backfill.capacity import Capacity
from operations.service_times import INSTANCE_START_SECONDS, job_seconds
from runbooks.manifests import LIST_BYTES

BYTES_PER_SECOND = {
    ".wav": 32_000,
    ".wave": 32_000,
    ".aiff": 176_400,
    ".flac": 20_000,
    ".mp3": 12_000,
    ".m4a": 12_000,
    ".aac": 12_000,
    ".ogg": 6_000,
    ".opus": 4_000,
    ".amr": 1_500,
    ".gsm": 1_650,
    ".ul": 8_000,
    ".al": 8_000,
    ".webm": 6_000,
    ".mp4": 125_000,
    ".mov": 250_000,
    ".mkv": 125_000,
    ".avi": 125_000,
}
"""Usual rates of speech in each container: 16 kHz and 16 bits of one channel for wav, 96 kbit/s for mp3,
1 Mbit/s for video. A call of 8 kHz in a wav file lasts twice as long as estimated."""

USUAL_BYTES_PER_SECOND = 12_000


@dataclass
class Amounts:
    """Files and bytes by suffix."""

    files: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    """In bytes."""

    def add(self, key: str, size: int) -> None:
        """Count a recording of ``size`` bytes."""
        suffix = "." + key.rsplit(".", 1)[-1].lower()
        self.files[suffix] += 1
        self.sizes[suffix] += size

    def hours(self, suffix: str) -> float:
        """Return the hours of audio in the files with ``suffix``, estimated by their size."""
        return self.sizes[suffix] / BYTES_PER_SECOND.get(suffix, USUAL_BYTES_PER_SECOND) / 3600


@dataclass(frozen=True)
class Estimate:
    """Jobs, and the time on GPUs that they need."""

    files: int
    audio_hours: float
    jobs: int
    job_hours: float
    """The time of all jobs together."""

    @staticmethod
    def of(amounts: Amounts, most_files: int) -> "Estimate":
        """Estimate the jobs for ``amounts``, with up to ``most_files`` recordings in each."""
        files = amounts.files.total()
        audio_hours = sum(map(amounts.hours, amounts.files))
        by_size = amounts.sizes.total() / LIST_BYTES
        jobs = min(files, math.ceil(max(files / most_files, by_size)))
        seconds = jobs * job_seconds(files / jobs, audio_hours * 60 / jobs) if jobs else 0.0
        return Estimate(files, audio_hours, jobs, seconds / 3600)

    def wall_hours(self, capacity: Capacity, jobs_per_second: float) -> float:
        """Return how long it takes, from the first job to the last transcript."""
        if not self.jobs:
            return 0.0
        at_once = min(self.jobs, capacity.instances_at_once)
        running = max(self.job_hours / at_once, self.jobs / jobs_per_second / 3600)
        return INSTANCE_START_SECONDS / 3600 + running

    def usd(self, capacity: Capacity) -> float | None:
        """Return the cost of the instances, or None if their price is not known here."""
        if capacity.usd_per_hour is None:
            return None
        starts = min(self.jobs, capacity.instances_at_once) * INSTANCE_START_SECONDS / 3600
        return (self.job_hours + starts) * capacity.usd_per_hour


def report(amounts: Amounts, estimate: Estimate, capacity: Capacity, jobs_per_second: float) -> str:
    """Return the estimate, in lines for a reader."""
    rows = [f"{'recordings':<16}{estimate.files:>12,}"]
    rows += [
        f"{'  ' + suffix:<16}{count:>12,}{amounts.sizes[suffix] / 1e9:>12,.2f} GB"
        f"{amounts.hours(suffix):>12,.1f} h"
        for suffix, count in amounts.files.most_common()
    ]
    usd = estimate.usd(capacity)
    kind = f"{capacity.instance_type} {'Spot' if capacity.is_spot else 'on demand'}"
    cost = (
        f"{'':>5}no price of {capacity.instance_type} is known"
        if usd is None
        else f"{usd:>12,.2f} USD of {kind}"
    )
    rows += [
        f"{'hours of audio':<16}{estimate.audio_hours:>12,.1f} by size and container",
        f"{'jobs':<16}{estimate.jobs:>12,} on {capacity.instances_at_once:,} instances at most",
        f"{'cost':<16}{cost}",
        f"{'hours to the end':<16}{estimate.wall_hours(capacity, jobs_per_second):>12,.1f} with"
        f" {capacity.max_vcpus:,} vCPUs",
    ]
    return "\n".join(rows)
