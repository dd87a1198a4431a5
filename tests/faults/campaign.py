"""A campaign: hundreds of uploads while everything fails, and then every one of them accounted for."""

import functools
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.faults.cloud import CampaignCloud, Faults, start_cloud
from tests.faults.delivery_faults import DeliveryFaults
from tests.faults.disorders import schedule
from tests.faults.journal import Journal
from tests.faults.ledger import Ledger
from tests.faults.reconciliation import Reconciliation, reconcile
from tests.faults.seen import Mailbox, is_transcribed, look
from tests.faults.settling import settle, wait_until, waiting
from tests.faults.stories import Story, stories
from tests.faults.worker_faults import WorkerFaults

UPLOADERS = 4
BATCH = 10
MOST_WAITING = 20
JOB_SECONDS = 300.0
ON_ITS_WAY = {"lost", "unannounced"}
MOST_LOOKS = 10
LOOK_SECONDS = 3.0


@dataclass(frozen=True)
class Plan:
    """What a campaign is told; with the seed it decides all that is decided by chance."""

    seed: int
    uploads: int
    real_share: float
    """Of the uploads, those that the worker of the image transcribes with the tiny model."""
    slots: int


def run(plan: Plan, folder: Path) -> Reconciliation:
    """Run a campaign in an empty ``folder`` and return what became of every upload."""
    told = list(stories(plan.seed, plan.uploads, round(plan.uploads * plan.real_share)))
    overtaken = [story for story in told if story.is_overtaken]
    journal = Journal()
    ledgers: list[Ledger] = []

    def decide(cloud: CampaignCloud) -> Faults:
        ledger = Ledger(cloud.user_s3(), cloud.outputs["inputBucket"], told)
        ledgers.append(ledger)
        workers = WorkerFaults(
            plan.seed,
            cloud.outputs["inputBucket"],
            frozenset(story.key for story in told if story.is_doomed),
            journal,
            cloud.batch.interrupt_host,
            ledger.meanwhile,
            {story.key: functools.partial(_has_result, cloud, ledger, story.key) for story in overtaken},
        )
        return Faults(workers, DeliveryFaults(plan.seed, journal))

    with start_cloud(folder, plan.slots, decide) as cloud:
        (ledger,) = ledgers
        mailbox = Mailbox(cloud)
        _upload(told, ledger, cloud, journal, random.Random(plan.seed))
        settle(cloud, _awaited(ledger))
        while ledger.finish():
            settle(cloud, _awaited(ledger))
        return _account(ledger, cloud, mailbox, journal)


def _upload(
    told: list[Story], ledger: Ledger, cloud: CampaignCloud, journal: Journal, chance: random.Random
) -> None:
    """Begin all stories, not many more at a time than jobs run: what goes wrong shall meet jobs at work."""
    batches = [told[start : start + BATCH] for start in range(0, len(told), BATCH)]
    disorders = schedule(len(batches), chance)
    with ThreadPoolExecutor(UPLOADERS) as pool:
        for number, batch in enumerate(batches):
            disorder = disorders[number](cloud, journal) if number in disorders else nullcontext()
            with disorder:
                list(pool.map(ledger.begin, [story.key for story in batch]))
            wait_until(lambda: waiting(cloud) <= MOST_WAITING, JOB_SECONDS)


def _account(ledger: Ledger, cloud: CampaignCloud, mailbox: Mailbox, journal: Journal) -> Reconciliation:
    """Reconcile, again as long as what is missing may be on its way: failures are told after jobs end."""
    looks = 0
    while True:
        looks += 1
        seen = look(cloud)
        found = reconcile(ledger.versions, ledger.uploads, seen, mailbox.read(), journal)
        if looks == MOST_LOOKS or not found.counts.keys() & ON_ITS_WAY:
            return found
        time.sleep(LOOK_SECONDS)


def _has_result(cloud: CampaignCloud, ledger: Ledger, key: str) -> bool:
    """Tell whether the current version of a key has its transcript."""
    current = ledger.versions[key][-1]
    return current is not None and is_transcribed(cloud, key, current.etag)


def _awaited(ledger: Ledger) -> set[tuple[str, str]]:
    return {(key, held.etag) for key, versions in ledger.versions.items() for held in versions if held}
