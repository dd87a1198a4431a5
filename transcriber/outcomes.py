"""What a job ends with, under the names that others look for: exit codes, results, failure reports, metrics.

The runbooks carry a copy of this file, so it needs the standard library of Python 3.11 and nothing else.
"""

import hashlib
from collections.abc import Callable
from enum import IntEnum, StrEnum

S3_KEY_LIMIT_BYTES = 1024


class ExitCode(IntEnum):
    """How the worker's process ends."""

    DONE = 0
    FAULT = 1
    """A fault of the service; so is every code that is not listed here."""

    WRONG_USE = 2
    UNUSABLE_INPUT = 65
    LEFT_OVER = 66
    """A list of recordings went through, and some of them have no transcript."""

    TEMPORARY = 75
    TOLD_TO_STOP = 143


EXIT_CODE_MEANINGS = {
    ExitCode.DONE: "written or already there, or the recording was replaced",
    ExitCode.FAULT: "a fault of the service",
    ExitCode.WRONG_USE: "wrong use",
    ExitCode.UNUSABLE_INPUT: "unusable input",
    ExitCode.LEFT_OVER: "a list went through, some of it left over",
    ExitCode.TEMPORARY: "may work later",
    ExitCode.TOLD_TO_STOP: "told to stop",
}

FINAL_EXIT_CODES = (ExitCode.WRONG_USE, ExitCode.UNUSABLE_INPUT)
"""Another try of the same job would end the same way."""

LIST_RETRY_EXIT_CODES = (ExitCode.TEMPORARY, ExitCode.TOLD_TO_STOP)
"""Another try of a job with a list goes on where this one ended."""

REPORTED_EXIT_CODE = ExitCode.UNUSABLE_INPUT
"""The worker has written the failure report itself."""


class ResultFormat(StrEnum):
    """What a transcript is written as. The JSON transcript is always written, and last."""

    JSON = "json"
    SRT = "srt"
    VTT = "vtt"
    TXT = "txt"
    CSV = "csv"
    TRANSCRIBE_JSON = "transcribe-json"

    @property
    def suffix(self) -> str:
        """What the names of its files end with, the dot included."""
        return "." + self.value.replace("-", ".")


def result_name(source_name: str, format_name: str = ResultFormat.JSON) -> str:
    """Return the name of a recording's result in a format of `ResultFormat`."""
    return source_name + ResultFormat(format_name).suffix


SOURCE_ETAG_METADATA = "source-etag"
"""The key of S3 metadata that says which version of a recording a result is of."""

FAILURES_FOLDER = "failures/"
"""Where failure reports are: each says why a recording has no transcript."""

MANIFESTS_FOLDER = "manifests/"
"""Where manifests are: each lists the recordings of a job, one JSON object on each line."""

FAILURE_REPORT_SUFFIX = ".json"
KEPT_NAME_BYTES = 100
"""How much of a too long name the name of its failure report keeps, for whoever reads a listing."""


def failure_report_name(source_name: str, fits: Callable[[str], bool]) -> str:
    """Return the name of a recording's failure report.

    Args:
        source_name: of the recording, or its S3 key.
        fits: whether storage takes a name.
    """
    name = source_name + FAILURE_REPORT_SUFFIX
    return name if fits(name) else _short_name(source_name) + FAILURE_REPORT_SUFFIX


def failure_report_key(source_key: str, failures_prefix: str = FAILURES_FOLDER) -> str:
    """Return the S3 key of the failure report of the recording ``source_key``."""

    def fits(name: str) -> bool:
        return len((failures_prefix + name).encode()) <= S3_KEY_LIMIT_BYTES

    return failures_prefix + failure_report_name(source_key, fits)


def _short_name(name: str) -> str:
    """Return the end of ``name``, where the file's own name is, and a hash that differs for each name."""
    kept = name.rsplit("/", 1)[-1].encode(errors="replace")[-KEPT_NAME_BYTES:].decode(errors="ignore")
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:16]
    return f"{kept}-{digest}"


METRICS_NAMESPACE = "ParakeetTranscription"


class Metric(StrEnum):
    """What CloudWatch calls the metrics that the worker writes into its log."""

    FILES = "Files"
    AUDIO_SECONDS = "AudioSeconds"
    PROCESSING_SECONDS = "ProcessingSeconds"
    LOAD_SECONDS = "LoadSeconds"
    REAL_TIME_FACTOR = "RealTimeFactor"
    FAILURES = "Failures"


class Dimension(StrEnum):
    """What CloudWatch calls the dimensions of those metrics."""

    STACK = "Stack"
    MODE = "Mode"
    INSTANCE_TYPE = "InstanceType"
    KIND = "Kind"


FAILURE_KINDS: dict[int, str] = {
    ExitCode.WRONG_USE: "usage",
    ExitCode.UNUSABLE_INPUT: "unusable_input",
    ExitCode.TEMPORARY: "temporary",
    ExitCode.TOLD_TO_STOP: "terminated",
}
"""The values of `Dimension.KIND`; those of all other exit codes are `FAULT_KIND`."""

FAULT_KIND = "fault"
