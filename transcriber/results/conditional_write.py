"""Write results so that the result of an older upload never replaces that of a newer one.

Two jobs may write the same result: one for an upload and one for a newer upload under the same name, or two
for one event that was delivered twice. So every writer takes three steps. It looks at what is there. It
checks that the recording is unchanged. It writes on condition that what it saw is still there. If somebody
else wrote meanwhile, the writer starts again.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import BinaryIO, TypeVar

from transcriber.errors import TemporaryFailureError, UnusableInputError
from transcriber.storage.base import ConditionFailedError, Destination, Seen, Source, SourceVersion

MOST_TRIES = 6
FIRST_PAUSE_LIMIT_SECONDS = 0.1
"""The first pause is random, up to this limit. Each further limit is twice as long."""

Outcome = TypeVar("Outcome")


class SupersededError(Exception):
    """The recording was replaced; the newer one has a job of its own."""


def retry_on_conflict(uri: str, action: Callable[[], Outcome]) -> Outcome:
    """Return what ``action`` returns; call it again, after a pause, when somebody else wrote meanwhile.

    Args:
        uri: what is written, for the message.
        action: looks at what is there and changes it on condition.

    Raises:
        TemporaryFailureError: a condition failed `MOST_TRIES` times.
    """
    for number in range(MOST_TRIES):
        with suppress(ConditionFailedError):
            return action()
        time.sleep(random.uniform(0, FIRST_PAUSE_LIMIT_SECONDS * 2**number))
    raise TemporaryFailureError(f"{uri}: others keep writing there.")


class Claim:
    """Writes results of one version of a recording, as long as it is the current one.

    It excludes nobody: other jobs may hold a claim on the same results.
    """

    def __init__(
        self,
        source: Source,
        version: SourceVersion | None,
        destination: Destination,
        seen: Mapping[str, Seen],
    ) -> None:
        """Keep what was ``seen`` under each name.

        ``seen`` must be read before the recording is checked. Otherwise a newer result could be overwritten.
        """
        self._source = source
        self._etag = version.etag if version else ""
        self._destination = destination
        self._seen = dict(seen)

    def write(self, name: str, body: BinaryIO, content_type: str) -> None:
        """Write a result, over the result of an older upload if there is one.

        Raises:
            SupersededError: the recording was replaced.
            TemporaryFailureError: others keep writing this result.
            TranscriberError: the destination can't be written.
        """

        def write(seen: Seen) -> None:
            body.seek(0)
            self._destination.write(name, body, content_type, self._etag, seen)

        self._change(name, write)

    def write_while_current(self, name: str, body: BinaryIO, content_type: str) -> None:
        """Write a result that must not stay beside the results of a newer upload.

        A newer job may have found nothing here before this write, and does not look again. So this checks the
        recording once more after the write, and removes the result if the recording was replaced.

        Raises:
            SupersededError: the recording was replaced; what was written is removed.
            TemporaryFailureError: others keep writing this result.
            TranscriberError: the destination can't be written.
        """
        try:
            self.write(name, body, content_type)
            self.require_current()
        except SupersededError:
            # S3 may have done the write although the SDK reports a failed condition: the first answer was
            # lost, and the repeated request failed.
            self._remove_own(name)
            raise

    def remove(self, name: str) -> None:
        """Remove the result of an older upload, if there is one.

        Raises:
            SupersededError: the recording was replaced.
            TranscriberError: the destination can't be written.
        """

        def remove(seen: Seen) -> None:
            if seen.etag is not None:
                self._destination.remove(name, seen)

        self._change(name, remove)

    def require_current(self) -> None:
        """Check that the recording is still the version of this claim.

        A deleted recording passes: it has no newer results, and people may still want these.

        Raises:
            SupersededError: it was replaced.
            TranscriberError: the source can't be read.
        """
        try:
            etag = self._source.version().etag
        except UnusableInputError:
            return
        if etag != self._etag:
            raise SupersededError

    def _change(self, name: str, change: Callable[[Seen], None]) -> None:
        """Call ``change`` with what was seen under ``name``; look again after each conflict."""

        def action() -> None:
            seen = self._seen.pop(name, None)
            if seen is None:
                seen = self._destination.look(name)
                self.require_current()
            change(seen)

        retry_on_conflict(self._destination.uri(name), action)

    def _remove_own(self, name: str) -> None:
        def action() -> None:
            seen = self._destination.look(name)
            if seen.source_etag == self._etag:
                self._destination.remove(name, seen)

        retry_on_conflict(self._destination.uri(name), action)


def claim_results(
    source: Source, version: SourceVersion | None, destination: Destination, names: Iterable[str]
) -> Claim:
    """Look at the results ``names``, then check that the recording is unchanged.

    Args:
        source: the recording.
        version: the version that the results belong to; None if no recording was found.
        destination: the folder of the results.
        names: the results' names there.

    Raises:
        SupersededError: the recording was replaced.
        TranscriberError: source or destination can't be read.
    """
    claim = Claim(source, version, destination, {name: destination.look(name) for name in names})
    claim.require_current()
    return claim
