"""Put results in place so that no older upload's ever overwrites a newer one's.

Two jobs may have results for one place: of an upload and of a newer one under its name, or of one event that
came twice. So whoever writes looks what is there first, then finds the recording unchanged, and then writes
on condition that what was seen is still there. Who comes later has looked later, or is refused.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO

from transcriber.errors import TemporaryFailureError, UnusableInputError
from transcriber.storage import Destination, OvertakenError, Seen, Source, SourceVersion

MOST_TRIES = 6
FIRST_PAUSE_SECONDS = 0.1


class SupersededError(Exception):
    """The recording was replaced; the newer one has a job of its own."""


class Placing:
    """Places for the results of one version of a recording."""

    def __init__(
        self, source: Source, version: SourceVersion | None, destination: Destination, names: Iterable[str]
    ) -> None:
        """Look at the places ``names`` in ``destination``, and find the recording unchanged.

        Args:
            source: the recording.
            version: which one the results are of; None for a place where none was found.
            destination: where results go.
            names: the places there.

        Raises:
            SupersededError: it is another one by now.
            TranscriberError: source or destination can't be read.
        """
        self._source = source
        self._etag = version.etag if version else ""
        self._destination = destination
        self._seen: dict[str, Seen] = {name: destination.look(name) for name in names}
        self._require_current()

    def write(self, name: str, body: BinaryIO, content_type: str) -> None:
        """Put a result in place, over whatever older upload's is there.

        Raises:
            SupersededError: a newer upload's may be there.
            TemporaryFailureError: others keep writing to this place.
            TranscriberError: the destination can't be written.
        """

        def put() -> None:
            body.seek(0)
            self._destination.write(name, body, content_type, self._etag, self._seen[name])

        self._until_settled(name, put)

    def write_while_current(self, name: str, body: BinaryIO, content_type: str) -> None:
        """Put a result in place that must not stay beside those of a newer upload.

        A newer upload that came before this was written may have had its look at this place already, and does
        not come back to take it away; one that comes later will.

        Raises:
            SupersededError: there is a newer upload; what was written is taken back.
            TemporaryFailureError: others keep writing to this place.
            TranscriberError: the destination can't be written.
        """
        try:
            self.write(name, body, content_type)
            self._require_current()
        except SupersededError:
            # Also where the write was refused: an earlier try of it may have come through unanswered.
            self._take_back(name)
            raise

    def remove(self, name: str) -> None:
        """Take away what an older upload left at the place ``name``, if anything.

        Raises:
            SupersededError: a newer upload's may be there.
            TranscriberError: the destination can't be written.
        """

        def take_away() -> None:
            if self._seen[name].etag is not None:
                self._destination.remove(name, self._seen[name])

        self._until_settled(name, take_away)

    def _take_back(self, name: str) -> None:
        for _number in self._tries(name):
            seen = self._destination.look(name)
            if seen.source_etag != self._etag:
                return
            with suppress(OvertakenError):
                self._destination.remove(name, seen)
                return

    def _until_settled(self, name: str, change: Callable[[], None]) -> None:
        for number in self._tries(name):
            if number > 0:
                seen = self._destination.look(name)
                self._require_current()
                self._seen[name] = seen
            with suppress(OvertakenError):
                change()
                return

    def _tries(self, name: str) -> Iterator[int]:
        """Number what is tried at a place, with pauses between; at last give up."""
        for number in range(MOST_TRIES):
            yield number
            time.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**number))
        raise TemporaryFailureError(f"{self._destination.uri(name)}: others keep writing there.")

    def _require_current(self) -> None:
        try:
            etag = self._source.version().etag
        except UnusableInputError:
            # Deleted: its results are welcome all the same, and no newer one has any.
            return
        if etag != self._etag:
            raise SupersededError
