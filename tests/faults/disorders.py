"""What befalls the pipeline as a whole while users go on uploading."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from emulator.events.delivery import QUEUE
from local.recordings import list_jobs
from tests.faults.cloud import CampaignCloud
from tests.faults.journal import Journal
from tests.faults.operators import redrive
from tests.faults.settling import messages, wait_until

FROZEN_SECONDS = 3.0
REDELIVERY_SECONDS = 120.0
BATCHES_PER_ROUND = 20
"""Of uploads; a round has each kind once."""

MISTAKE = "Terminated by mistake"

Disorder = Callable[[CampaignCloud, Journal], AbstractContextManager[None]]


@contextmanager
def closed_queue(cloud: CampaignCloud, journal: Journal) -> Iterator[None]:
    """A job queue that takes no jobs within the block; then operators open it and redrive what it refused."""
    batch, queue = cloud.cloud.client("batch"), cloud.outputs["jobQueue"]
    journal.note("queue closed")
    batch.update_job_queue(jobQueue=queue, state="DISABLED")
    yield
    wait_until(lambda: messages(cloud, QUEUE) == 0, REDELIVERY_SECONDS)
    batch.update_job_queue(jobQueue=queue, state="ENABLED")
    redrive(cloud)


@contextmanager
def restarted_services(cloud: CampaignCloud, journal: Journal) -> Iterator[None]:
    """S3, EventBridge, SQS, SNS, IAM, logs and Step Functions end, and start with what they had."""
    with journal.outage("services restarted"):
        cloud.emulator.stop()
        cloud.emulator.start()
    yield


@contextmanager
def frozen_services(cloud: CampaignCloud, journal: Journal) -> Iterator[None]:
    """None of them answers for some seconds."""
    pid = cloud.emulator.pid
    if pid is None:
        raise AssertionError("Emulated AWS does not run.")
    with journal.outage("services frozen"):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(FROZEN_SECONDS)
        os.kill(pid, signal.SIGCONT)
    yield


@contextmanager
def reclaimed_hosts(cloud: CampaignCloud, journal: Journal) -> Iterator[None]:
    """Every host is reclaimed at once, with all that runs."""
    yield
    with journal.outage("all hosts reclaimed"):
        cloud.batch.interrupt_host()


@contextmanager
def terminated_jobs(cloud: CampaignCloud, journal: Journal) -> Iterator[None]:
    """An operator ends the newest job, and one that waits."""
    yield
    batch = cloud.cloud.client("batch")
    waiting = [job for job in list_jobs(cloud.cloud, cloud.outputs["jobQueue"]) if "stoppedAt" not in job]
    for job in {job["jobId"]: job for job in (*waiting[:1], *waiting[-1:])}.values():
        journal.note("job terminated", job["jobId"], len(job["attempts"]) + 1)
        batch.terminate_job(jobId=job["jobId"], reason=MISTAKE)


def schedule(batches: int, chance: random.Random) -> dict[int, Disorder]:
    """Return which disorder meets which batch of uploads, all kinds in turn, every few batches."""
    kinds: list[Disorder] = [
        closed_queue,
        restarted_services,
        reclaimed_hosts,
        frozen_services,
        terminated_jobs,
    ]
    chance.shuffle(kinds)
    rounds = max(1, batches // BATCHES_PER_ROUND)
    chosen = sorted(chance.sample(range(batches), min(batches, rounds * len(kinds))))
    return {number: kinds[turn % len(kinds)] for turn, number in enumerate(chosen)}
