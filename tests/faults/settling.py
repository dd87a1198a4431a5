"""Waiting until nothing moves in a pipeline any more."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator.events.delivery import QUEUE
from local.recordings import list_jobs
from tests.faults.cloud import CampaignCloud, client

UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
QUEUE_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 45.0
"""How long nothing may change before what is missing is lost; a message may be hidden for some seconds."""


@dataclass(frozen=True)
class Motion:
    """What is under way: changes as long as there is progress."""

    jobs: int
    unfinished: int
    attempts: int
    events: int
    missing: int

    @property
    def settled(self) -> bool:
        """Whether nothing is under way, nor missing."""
        return not (self.unfinished or self.events or self.missing)


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Return as soon as ``condition`` is true; looking costs the pipeline something, so not too often."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"The pipeline did not get so far within {seconds:g} s.")
        time.sleep(POLL_SECONDS)


def settle(cloud: CampaignCloud, awaited: set[tuple[str, str]]) -> Motion:
    """Return once every event is delivered and every job has ended, or nothing has moved for long.

    Args:
        cloud: the pipeline.
        awaited: keys and ETags that have a job in the end.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    last = motion(cloud, awaited)
    while not last.settled and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        now = motion(cloud, awaited)
        if now != last:
            last, deadline = now, time.monotonic() + PATIENCE_SECONDS
    return last


def motion(cloud: CampaignCloud, awaited: set[tuple[str, str]]) -> Motion:
    """Look at queues and jobs; at each single job only where nothing else is under way."""
    # Runbooks first, then what they and Batch tell, then what EventBridge holds: an event goes this way.
    runbooks = cloud.delivery.unfinished_runbooks
    told, events, jobs_left = cloud.batch.events.qsize(), messages(cloud, QUEUE), unfinished(cloud)
    if runbooks or told or events or jobs_left:
        return Motion(0, jobs_left, 0, runbooks + told + events, 0)
    jobs = list_jobs(cloud.cloud, cloud.outputs["jobQueue"])
    known = {(job["parameters"].get("key"), job["parameters"].get("etag")) for job in jobs}
    attempts = sum(len(job["attempts"]) for job in jobs)
    return Motion(len(jobs), 0, attempts, 0, len(awaited - known))


def waiting(cloud: CampaignCloud) -> int:
    """Return how many uploads have not come to their end, those of which Batch does not know yet included."""
    return messages(cloud, QUEUE) + unfinished(cloud)


def unfinished(cloud: CampaignCloud) -> int:
    """Return how many jobs have not ended."""
    pages = client(cloud.cloud, "batch").get_paginator("list_jobs")
    return sum(
        len(page["jobSummaryList"])
        for status in UNFINISHED
        for page in pages.paginate(jobQueue=cloud.outputs["jobQueue"], jobStatus=status)
    )


def messages(cloud: CampaignCloud, name: str) -> int:
    """Return how many messages a queue has, hidden ones too."""
    sqs: Any = client(cloud.cloud, "sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(QUEUE_COUNTS))["Attributes"]
    return sum(int(answer[count]) for count in QUEUE_COUNTS)
