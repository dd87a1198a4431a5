"""What events meet on their way to Batch: they come late, out of order, and twice."""

import json
import random
import threading
from collections import Counter

from tests.faults.faults import Refused, Reset
from tests.faults.journal import Journal
from tests.faults.proxy import Answer, Fault, Request

SUBMIT_PATH = "/v1/submitjob"
LATE_SHARE = 0.06
TWICE_SHARE = 0.04
THROTTLED = Answer(400, {"x-amzn-ErrorType": "ServerException"}, b'{"message": "Try again."}')
"""EventBridge tries again on it, and the SDK does not: so the event goes to the end of the line."""


class DeliveryFaults:
    """The interference of a campaign between EventBridge and Batch."""

    def __init__(self, seed: int, journal: Journal) -> None:
        self._seed = seed
        self._journal = journal
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()

    def fault_of(self, request: Request) -> Fault | None:
        """Return what happens to a SubmitJob, by its recording and how often it was tried."""
        if request.path != SUBMIT_PATH:
            return None
        recording = json.dumps(json.loads(request.body)["parameters"], sort_keys=True)
        with self._lock:
            self._tries[recording] += 1
            chance = random.Random(f"{self._seed} {self._tries[recording]} {recording}").random()
        if chance < LATE_SHARE:
            self._journal.note("event late")
            return Refused("event late", THROTTLED)
        if chance < LATE_SHARE + TWICE_SHARE:
            self._journal.note("event twice")
            return Reset(after=True)
        return None
