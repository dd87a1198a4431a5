"""Figures of jobs as CloudWatch metrics, by way of the job's log.

Embedded metric format: CloudWatch Logs makes metrics of lines that say which of their fields are some.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from transcriber.transcript.document import TranscriptHead

NAMESPACE = "ParakeetTranscription"
UNKNOWN = "unknown"

FailureKind = Literal["unusable_input", "usage", "temporary", "terminated", "fault"]
KINDS: dict[int, FailureKind] = {2: "usage", 65: "unusable_input", 75: "temporary", 143: "terminated"}
"""What kind of failure an exit code is; all others are faults of the service."""


def transcribed(stack: str, head: TranscriptHead) -> dict[str, Any]:
    """Return the fields of a line about a transcript that was written."""
    processing = head.processing
    return _embedded(
        {"Stack": stack, "Mode": head.model.mode, "InstanceType": processing.instance_type or UNKNOWN},
        [["Stack"], ["Stack", "Mode", "InstanceType"]],
        {
            "Files": (1, "Count"),
            "AudioSeconds": (head.source.duration_seconds, "Seconds"),
            "ProcessingSeconds": (processing.total_seconds, "Seconds"),
            "LoadSeconds": (processing.load_seconds, "Seconds"),
            "RealTimeFactor": (processing.real_time_factor, "None"),
        },
    )


def failed(stack: str, exit_code: int) -> dict[str, Any]:
    """Return the fields of a line about a job that ends with ``exit_code`` and no transcript."""
    dimensions = {"Stack": stack, "Kind": KINDS.get(exit_code, "fault")}
    return _embedded(dimensions, [["Stack"], ["Stack", "Kind"]], {"Failures": (1, "Count")})


def _embedded(
    dimensions: Mapping[str, str],
    dimension_sets: Sequence[Sequence[str]],
    metrics: Mapping[str, tuple[float, str]],
) -> dict[str, Any]:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": dimension_sets,
        "Metrics": [{"Name": name, "Unit": unit} for name, (_value, unit) in metrics.items()],
    }
    return {
        "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]},
        **dimensions,
        **{name: value for name, (value, _unit) in metrics.items()},
    }
