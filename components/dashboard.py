"""The dashboard as CloudWatch takes it: pure dicts."""

from collections.abc import Sequence
from typing import Any

from components.instance_setup import METRICS_NAMESPACE

HALF, HEIGHT = 12, 6


def dashboard_body(region: str, rules: Sequence[str], dead_letters: str, log_group: str) -> dict[str, Any]:
    """Return the body: uploads and jobs, what is stuck, how busy the GPUs are, the latest failures."""
    gpu = [
        [{"expression": f"""SEARCH('Namespace="{METRICS_NAMESPACE}" MetricName="{name}"', 'Average', 60)"""}]
        for name in ("nvidia_smi_utilization_gpu", "nvidia_smi_utilization_memory")
    ]
    widgets = [
        _metrics(
            region,
            "Uploads that started a job",
            [
                *_sum_over_rules("MatchedEvents", "uploads", rules),
                *_sum_over_rules("Invocations", "jobs submitted", rules),
            ],
        ),
        _metrics(
            region,
            "Not delivered",
            [
                *_sum_over_rules("FailedInvocations", "refused by Batch", rules),
                [
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    "QueueName",
                    dead_letters,
                    {"label": "dead letters", "stat": "Maximum"},
                ],
            ],
        ),
        _metrics(region, "GPU, percent", gpu, statistic="Average"),
        {
            "type": "log",
            "properties": {
                "region": region,
                "title": "Latest failures",
                "view": "table",
                "query": f"SOURCE '{log_group}' | fields @timestamp, @message"
                ' | filter level = "error" | sort @timestamp desc | limit 20',
            },
        },
    ]
    for number, widget in enumerate(widgets):
        widget |= {"x": number % 2 * HALF, "y": number // 2 * HEIGHT, "width": HALF, "height": HEIGHT}
    return {"widgets": widgets}


def _sum_over_rules(metric: str, label: str, rules: Sequence[str]) -> list[Any]:
    """One line for all rules: the sum of what they report, which itself is not drawn."""
    reported = [
        ["AWS/Events", metric, "RuleName", rule, {"id": f"{metric.lower()}{number}", "visible": False}]
        for number, rule in enumerate(rules)
    ]
    return [[{"expression": f'SUM(METRICS("{metric.lower()}"))', "label": label}], *reported]


def _metrics(region: str, title: str, metrics: list[Any], statistic: str = "Sum") -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {
            "region": region,
            "title": title,
            "stat": statistic,
            "period": 60,
            "view": "timeSeries",
            "metrics": metrics,
        },
    }
