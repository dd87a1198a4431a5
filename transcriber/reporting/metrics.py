"""Write the metrics of a job for CloudWatch, as lines of the log in the embedded metric format.

Such a line names the fields that are metrics, and CloudWatch Logs extracts them.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from transcriber.outcomes import FAILURE_KINDS, FAULT_KIND, METRICS_NAMESPACE, Dimension, Metric
from transcriber.transcript.document import TranscriptHead

UNKNOWN = "unknown"


def transcribed(stack: str, head: TranscriptHead) -> dict[str, Any]:
    """Return the fields of the log line for a transcript that was written."""
    processing = head.processing
    return _embedded(
        {
            Dimension.STACK: stack,
            Dimension.MODE: head.model.mode,
            Dimension.INSTANCE_TYPE: processing.instance_type or UNKNOWN,
        },
        [[Dimension.STACK], [Dimension.STACK, Dimension.MODE, Dimension.INSTANCE_TYPE]],
        {
            Metric.FILES: (1, "Count"),
            Metric.AUDIO_SECONDS: (head.source.duration_seconds, "Seconds"),
            Metric.PROCESSING_SECONDS: (processing.total_seconds, "Seconds"),
            Metric.LOAD_SECONDS: (processing.load_seconds, "Seconds"),
            Metric.REAL_TIME_FACTOR: (processing.real_time_factor, "None"),
        },
    )


def failed(stack: str, exit_code: int) -> dict[str, Any]:
    """Return the fields of the log line for a job that ends with ``exit_code`` and no transcript."""
    kind = FAILURE_KINDS.get(exit_code, FAULT_KIND)
    return _embedded(
        {Dimension.STACK: stack, Dimension.KIND: kind},
        [[Dimension.STACK], [Dimension.STACK, Dimension.KIND]],
        {Metric.FAILURES: (1, "Count")},
    )


def _embedded(
    dimensions: Mapping[str, str],
    dimension_sets: Sequence[Sequence[str]],
    metrics: Mapping[str, tuple[float, str]],
) -> dict[str, Any]:
    directive = {
        "Namespace": METRICS_NAMESPACE,
        "Dimensions": dimension_sets,
        "Metrics": [{"Name": name, "Unit": unit} for name, (_value, unit) in metrics.items()],
    }
    return {
        "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]},
        **dimensions,
        **{name: value for name, (value, _unit) in metrics.items()},
    }
