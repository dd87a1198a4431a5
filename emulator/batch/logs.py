"""Write a container's output to CloudWatch Logs, as Docker's awslogs driver does."""

import itertools
import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

MAX_EVENT_CHARACTERS = 65_000
"""At most 4 bytes each in UTF-8, so below the 262,118 bytes at which awslogs splits a line."""
MAX_BATCH_EVENTS = 10_000
MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
"""PutLogEvents counts these for each event (CloudWatch Logs API reference)."""

logger = logging.getLogger(__name__)


class LogStream:
    """One log stream. Lines that can't be written are dropped with a warning, so that the job goes on."""

    def __init__(self, client: Any, group: str, stream: str, *, create_group: bool) -> None:
        """Create the stream.

        Raises:
            ClientError: the log group does not exist, or CloudWatch Logs refuses.
        """
        self._client = client
        self._group = group
        self._stream = stream
        if create_group:
            try:
                client.create_log_group(logGroupName=group)
            except client.exceptions.ResourceAlreadyExistsException:
                logger.debug("Log group %s exists", group)
        client.create_log_stream(logGroupName=group, logStreamName=stream)

    def write(self, lines: list[str]) -> None:
        """Append lines with the present time. Empty lines are left out, long ones are split."""
        timestamp = time.time_ns() // 1_000_000
        for batch in batches(lines):
            events = [{"timestamp": timestamp, "message": message} for message in batch]
            try:
                self._client.put_log_events(
                    logGroupName=self._group, logStreamName=self._stream, logEvents=events
                )
            except (BotoCoreError, ClientError) as error:
                logger.warning("Lost %d lines of %s: %s", len(batch), self._stream, error)


def batches(lines: Iterable[str]) -> Iterator[list[str]]:
    """Group lines so that each group fits into one PutLogEvents request."""
    batch: list[str] = []
    size = 0
    for message in itertools.chain.from_iterable(map(_split, lines)):
        message_bytes = len(message.encode()) + EVENT_OVERHEAD_BYTES
        if batch and (len(batch) == MAX_BATCH_EVENTS or size + message_bytes > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += message_bytes
    if batch:
        yield batch


def _split(line: str) -> list[str]:
    return [line[start : start + MAX_EVENT_CHARACTERS] for start in range(0, len(line), MAX_EVENT_CHARACTERS)]
