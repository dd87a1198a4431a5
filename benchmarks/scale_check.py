"""Compare the simulation with the local pipeline: ``python -m benchmarks.scale_check``.

It uploads recordings of some seconds to the pipeline on this machine, which runs two jobs at once. It
simulates the same uploads with the mean time of these jobs. What the simulation leaves out shows as a
difference.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.queue_simulation import Fleet, Job, simulate
from benchmarks.scale import EVENT_SECONDS
from emulator.cloud import LocalCloud
from local.pipeline import Pipeline, read_config, start_pipeline

SLOTS = 2
SAMPLE = Path(__file__).resolve().parents[1] / "local" / "samples" / "reminder.mp3"
POLL_SECONDS = 1.0


def run_jobs(pipeline: Pipeline, uploads: int, per_second: float) -> tuple[list[float], list[dict[str, Any]]]:
    """Upload copies of a recording at an even pace and wait for their jobs.

    Returns:
        The times of the uploads, and the jobs in the order of their submission.
    """
    s3 = pipeline.cloud.client("s3")
    body, times = SAMPLE.read_bytes(), []
    began = time.time()
    for number in range(uploads):
        time.sleep(max(0.0, began + number / per_second - time.time()))
        s3.put_object(Bucket=pipeline.outputs["inputBucket"], Key=f"{number:05}.mp3", Body=body)
        times.append(time.time())
    queue = pipeline.outputs["jobQueue"]
    while len(jobs := _jobs(pipeline.cloud, queue, ("SUCCEEDED", "FAILED"))) < uploads:
        time.sleep(POLL_SECONDS)
    return times, sorted(jobs, key=lambda job: job["createdAt"])


def _jobs(cloud: LocalCloud, queue: str, states: Sequence[str]) -> list[dict[str, Any]]:
    pages = cloud.client("batch").get_paginator("list_jobs")
    return [
        job
        for state in states
        for page in pages.paginate(jobQueue=queue, jobStatus=state)
        for job in page["jobSummaryList"]
    ]


def main() -> None:
    """Print median and 99 % of both, and the delay from upload to job."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_check", description=__doc__)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=0.5, help="uploads a second")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        start_pipeline(read_config([]), Path(folder), slots=SLOTS) as pipeline,
    ):
        times, jobs = run_jobs(pipeline, options.uploads, options.per_second)
    created, started, stopped = (
        np.array([job[name] for job in jobs]) / 1000 for name in ("createdAt", "startedAt", "stoppedAt")
    )
    uploaded = np.array(times)
    seconds = float(np.mean(stopped - started))
    begin = uploaded[0]
    simulated = simulate(
        [
            Job(each + EVENT_SECONDS - begin, uploaded[number : number + 1] - begin, seconds)
            for number, each in enumerate(uploaded)
        ],
        Fleet(SLOTS, start_seconds=0, idle_seconds=3600),
    ).delays
    print(f"{len(jobs)} jobs of {seconds:.2f} s (median {np.median(stopped - started):.2f}) on {SLOTS} slots")
    print(f"upload to job: median {np.median(created - uploaded):.2f} s, simulated {EVENT_SECONDS:.2f}")
    for name, delays in (("measured", stopped - uploaded), ("simulated", simulated)):
        median, late = np.percentile(delays, (50, 99))
        print(f"{name:<10} median {median:7.2f} s   99 % {late:7.2f} s   last {delays.max():7.2f} s")


if __name__ == "__main__":
    main()
