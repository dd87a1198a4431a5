"""What the outcome of a recording means for its job: for a job of one recording, and for a list."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from transcriber.errors import (
    LeftOverError,
    TemporaryFailureError,
    TranscriberError,
    UnusableInputError,
)
from transcriber.reporting import log
from transcriber.results.conditional_write import SupersededError
from transcriber.results.failure_report import FailureReport, write_failure_report
from transcriber.steps import Job, Task

MOST_TEMPORARY_IN_A_ROW = 5
"""So many recordings in a row fail only if S3 or the network does. Another try of the list starts here."""

OfOneRecording = TranscriberError | SupersededError | MemoryError
"""Errors that say something about one recording. All others end the job."""


class JobOutcome(Protocol):
    """Takes the outcome of each recording. It is used by the main thread only."""

    def done(self) -> None:
        """Note that a recording has its transcript."""
        ...

    def failed(self, task: Task, error: OfOneRecording, /) -> None:
        """Note that the recording has no transcript, or raise why the job ends here."""
        ...

    def end(self) -> None:
        """Note that all recordings went through, or raise why the job is not done."""
        ...


@contextmanager
def noted(outcome: JobOutcome, task: Task) -> Iterator[None]:
    """Give the errors of one recording in the block to ``outcome``."""
    try:
        yield
    except (TranscriberError, SupersededError, MemoryError) as error:
        with log.about(task.uri):
            outcome.failed(task, error)


class OutcomeOfOne:
    """The outcome of the recording is the outcome of the job. Unusable input gets a failure report."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def done(self) -> None:
        """Do nothing: the log has it."""

    def failed(self, task: Task, error: OfOneRecording, /) -> None:
        """Raise ``error``. If the recording can never be transcribed, write the failure report first.

        Raises:
            TranscriberError: why there is no transcript, or why there is no failure report.
        """
        try:
            if isinstance(error, UnusableInputError):
                _report(self._job, task, error)
            raise error
        except SupersededError:
            _log_superseded(task)

    def end(self) -> None:
        """Do nothing: the job is done."""


class OutcomeOfList:
    """A list makes transcripts only. What is left over gets a job of its own, which says why it fails."""

    def __init__(self) -> None:
        self._done = 0
        self._superseded = 0
        self._left_over = 0
        self._temporary = 0
        self._temporary_in_a_row = 0

    def done(self) -> None:
        """Count it."""
        self._done += 1
        self._temporary_in_a_row = 0

    def failed(self, task: Task, error: OfOneRecording, /) -> None:
        """Count it, and log why.

        Raises:
            TemporaryFailureError: `MOST_TEMPORARY_IN_A_ROW` recordings in a row could not be done now.
        """
        if isinstance(error, TemporaryFailureError):
            log.warn("may work later", uri=task.source.uri, reason=str(error))
            self._temporary += 1
            self._temporary_in_a_row += 1
            if self._temporary_in_a_row == MOST_TEMPORARY_IN_A_ROW:
                raise TemporaryFailureError(f"{self._temporary_in_a_row} recordings in a row: {error}")
            return
        self._temporary_in_a_row = 0
        if isinstance(error, SupersededError):
            self._superseded += 1
            _log_superseded(task)
        else:
            self._left_over += 1
            log.warn("left over", uri=task.source.uri, reason=str(error) or repr(error))

    def end(self) -> None:
        """Log the counts.

        Raises:
            TemporaryFailureError: some recordings may work later.
            LeftOverError: some recordings need a job of their own.
        """
        log.event(
            "list done",
            done=self._done,
            superseded=self._superseded,
            left_over=self._left_over,
            may_work_later=self._temporary,
        )
        if self._temporary:
            raise TemporaryFailureError(f"{_recordings(self._temporary)} of the list may work later.")
        if self._left_over:
            verb = "is" if self._left_over == 1 else "are"
            raise LeftOverError(f"{_recordings(self._left_over)} of the list {verb} left over.")


def _recordings(count: int) -> str:
    return "1 recording" if count == 1 else f"{count} recordings"


def _report(job: Job, task: Task, error: UnusableInputError) -> None:
    """Write the failure report.

    Raises:
        SupersededError: the recording was replaced.
        TranscriberError: the report can't be written.
    """
    log.warn("unusable input", reason=str(error))
    report = FailureReport(
        source_uri=task.source.uri,
        source_etag=task.version.etag if task.version else None,
        reason=str(error),
        exit_code=error.exit_code,
        job_id=job.settings.job_id,
        attempt=job.settings.attempt,
        time=datetime.now(UTC),
    )
    write_failure_report(report, task.report_name, task.source, task.version, job.report_folder)
    log.event("reason written", uri=job.report_folder.uri(task.report_name))


def _log_superseded(task: Task) -> None:
    log.event(
        "superseded: the recording was replaced, and the newer one has a job of its own", uri=task.source.uri
    )
