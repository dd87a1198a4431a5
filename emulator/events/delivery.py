"""Deliver events to targets that MiniStack does not serve, and deliver Batch's own events to all targets.

For each target that MiniStack does not serve there is a mirrored rule: it has the same pattern and sends the
event to an SQS queue of the emulator. PutEvents refuses events of Batch, so these are matched here, by
TestEventPattern, and go into the same queue. An event leaves the queue when it was delivered to its target
or to the dead-letter queue.
"""

import functools
import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from emulator.automation.runbooks import RunbookExecutor
from emulator.cloud import LocalCloud
from emulator.events.input_template import Event
from emulator.events.mirrored_rules import MirroredRules
from emulator.events.rules import MIRROR_PREFIX, Rules
from emulator.events.targets import DeliveryError, EventBridgeTargets

QUEUE = f"{MIRROR_PREFIX}events"
POLL_SECONDS = 1
MAX_RETRIES = 185
MAX_AGE_SECONDS = 86_400
MAX_BACKOFF_SECONDS = 60
"""EventBridge's defaults: 185 retries within 24 hours, with growing pauses."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PendingEvent:
    """An event that waits for delivery to one target of one rule."""

    rule: str
    target_id: str
    event: Event
    retries: int
    receipt: str


class Delivery:
    """Delivers events until it is stopped.

    It serves the rules of all event buses. It notices new rules within ``refresh_seconds``, or at once when
    ``refresh`` is called.
    """

    def __init__(
        self,
        cloud: LocalCloud,
        job_events: "queue.SimpleQueue[Event]",
        *,
        refresh_seconds: float = 1.0,
    ) -> None:
        """``job_events`` gives the state change events of Batch, the oldest first."""
        self._cloud = cloud
        self._sqs = cloud.client("sqs")
        self._rules = Rules(cloud)
        self._job_events = job_events
        self._runbooks = RunbookExecutor(cloud, job_events.put)
        self._targets = EventBridgeTargets(cloud, self._runbooks)
        self._refresh_seconds = refresh_seconds
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the delivery."""
        self._queue_url = self._sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        self._mirrored_rules = MirroredRules(self._cloud, self._rules, answer["Attributes"]["QueueArn"])
        self.refresh()
        for name, loop in (
            ("rules", self._keep_refreshing),
            ("targets", self._keep_delivering),
            ("job-events", self._keep_matching),
        ):
            thread = threading.Thread(target=loop, name=f"delivery-{name}")
            self._threads.append(thread)
            thread.start()

    @property
    def unfinished_runbooks(self) -> int:
        """How many executions of runbooks have not ended."""
        return self._runbooks.unfinished

    def stop(self) -> None:
        """Stop the delivery and remove the mirrored rules; return when every thread has ended."""
        self._stopping.set()
        self._job_events.put({})
        for thread in self._threads:
            thread.join()
        self._runbooks.close()
        self._log_errors(self._clean_up)

    def refresh(self) -> None:
        """Mirror the rules as they are now. Later events reach their targets."""
        self._mirrored_rules.refresh()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _clean_up(self) -> None:
        self._mirrored_rules.remove()
        self._sqs.delete_queue(QueueUrl=self._queue_url)

    def _keep_refreshing(self) -> None:
        while not self._stopping.wait(self._refresh_seconds):
            self._log_errors(self.refresh)

    def _keep_delivering(self) -> None:
        while not self._stopping.is_set():
            self._log_errors(self._deliver_next)

    def _keep_matching(self) -> None:
        while event := self._job_events.get():
            # The event exists only here, so it is matched again after an error. It may be delivered twice.
            matched = False
            while not matched:
                if self._stopping.is_set():
                    return
                matched = self._log_errors(functools.partial(self._match, event))

    def _log_errors(self, step: Callable[[], object]) -> bool:
        """Do one step and return whether it succeeded. An error of the emulator is logged."""
        try:
            step()
        except (BotoCoreError, ClientError) as error:
            logger.warning("EventBridge delivery: %s", error)
            self._stopping.wait(self._refresh_seconds)
            return False
        return True

    def _match(self, event: Event) -> None:
        """Put an event of Batch into the queue once for each target of each rule that it matches."""
        for rule in self._rules.matching(event):
            for target in self._rules.targets(rule["Name"]):
                body = {"rule": rule["Name"], "target": target["Id"], "event": event}
                self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(body))

    def _deliver_next(self) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=POLL_SECONDS,
            AttributeNames=["ApproximateReceiveCount"],
        )
        for message in answer.get("Messages", []):
            body = json.loads(message["Body"])
            retries = int(message["Attributes"]["ApproximateReceiveCount"]) - 1
            receipt = message["ReceiptHandle"]
            self._deliver(PendingEvent(body["rule"], body["target"], body["event"], retries, receipt))

    def _deliver(self, pending: PendingEvent) -> None:
        """Deliver an event or send it to the dead-letter queue; if both fail, leave it for another try."""
        found = self._rules.find(pending.rule, pending.target_id)
        if found is None:
            logger.info("Rule %s or its target is gone; its event is dropped", pending.rule)
        elif not self._try_delivery(*found, pending):
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=pending.receipt,
                VisibilityTimeout=min(2**pending.retries, MAX_BACKOFF_SECONDS),
            )
            return
        self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=pending.receipt)

    def _try_delivery(self, rule: dict[str, Any], target: dict[str, Any], pending: PendingEvent) -> bool:
        """Return whether the event is done: delivered, in the dead-letter queue, or dropped."""
        try:
            self._targets.deliver(rule, target, pending.event)
        except DeliveryError as error:
            condition = exhausted_condition(target.get("RetryPolicy", {}), pending, time.time())
            if error.retriable and not condition:
                return False
            logger.warning(
                "Rule %s could not reach %s: %s: %s", rule["Name"], target["Arn"], error.code, error
            )
            return self._dead_letter(rule, target, pending, error, condition)
        return True

    def _dead_letter(
        self,
        rule: dict[str, Any],
        target: dict[str, Any],
        pending: PendingEvent,
        error: DeliveryError,
        condition: str | None,
    ) -> bool:
        """Put an event into the target's dead-letter queue. Without such a queue it is dropped, as in AWS.

        Return False if it should be tried again.
        """
        queue_arn = target.get("DeadLetterConfig", {}).get("Arn")
        if queue_arn is None:
            return True
        attributes = {
            "RULE_ARN": rule["Arn"],
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "RETRY_ATTEMPTS": str(pending.retries),
        }
        if error.retriable and condition:
            attributes["EXHAUSTED_RETRY_CONDITION"] = condition
        try:
            self._targets.send_dead_letter(rule, queue_arn, pending.event, attributes)
        except DeliveryError as failure:
            logger.warning("Rule %s could not reach its dead-letter queue: %s", rule["Name"], failure)
            return not failure.retriable
        return True


def exhausted_condition(policy: dict[str, int], pending: PendingEvent, now: float) -> str | None:
    """Return the limit of a retry policy that is reached, as dead letters name it; None if none is.

    Args:
        policy: ``RetryPolicy`` of the target.
        pending: the event, with the number of its retries so far.
        now: seconds since 1970.
    """
    if pending.retries >= policy.get("MaximumRetryAttempts", MAX_RETRIES):
        return "MaximumRetryAttempts"
    sent = datetime.fromisoformat(pending.event["time"]).replace(tzinfo=UTC).timestamp()
    if now - sent >= policy.get("MaximumEventAgeInSeconds", MAX_AGE_SECONDS):
        return "MaximumEventAgeInSeconds"
    return None
