"""The dashboard: what is stuck or failing, how much is done, how fast, at what cost, and GPU load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.instance_setup import METRICS_NAMESPACE, STACK_DIMENSION
from components.monitoring import queries
from components.monitoring.widgets import (
    GRAPH_PERIOD_SECONDS,
    Line,
    Widget,
    alarm_states,
    expression,
    graph,
    in_rows,
    log_table,
    metric,
    numbers,
    search,
)
from transcriber.outcomes import METRICS_NAMESPACE as WORKER_NAMESPACE
from transcriber.outcomes import Dimension, Metric

TIME_RANGE = "-PT24H"
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Shown:
    """What the dashboard shows."""

    region: str
    stack: str
    upload_rules: Sequence[Mapping[str, str]]
    """The dimensions of the rules that submit jobs."""

    collecting_rules: Sequence[Mapping[str, str]]
    """The dimensions of the rules on recordings that share jobs."""

    collection_queue: str | None
    """The queue of those recordings, if some share jobs."""

    failed_rule: str
    blocked_rule: str
    waiting_rule: str
    running_rule: str
    ended_rule: str
    dead_letters: str
    log_group: str
    alarm_arns: Sequence[str]
    instance_types: Sequence[str]
    usd_per_hour: Mapping[str, float]
    """Known prices of instance types. Types without a price count as free."""

    metrics_interval_seconds: int


def dashboard_body(shown: Shown) -> dict[str, Any]:
    """Return the whole dashboard: numbers of the last 24 hours at the top, graphs below."""
    region = shown.region
    alarms: list[tuple[int, Sequence[Widget]]] = [(2, [alarm_states("Alarms", shown.alarm_arns)])]
    return {
        "start": TIME_RANGE,
        "widgets": in_rows(
            [
                *(alarms if shown.alarm_arns else []),
                (
                    4,
                    [
                        numbers(region, "Is anything stuck or failing?", _troubles(shown)),
                        numbers(region, "How much?", _amount(shown)),
                        numbers(region, "How fast, at what cost?", _speed_and_cost(shown)),
                    ],
                ),
                (
                    6,
                    [
                        *_flows(shown),
                        graph(region, "Instances", _instances(shown), stacked=True),
                        graph(region, "GPU, percent", _gpu(shown)),
                    ],
                ),
                (
                    6,
                    [
                        graph(region, "Audio hours an hour", _throughput(shown)),
                        graph(region, "Real-time factor by mode", _real_time_factors(shown)),
                        graph(region, "Machine, percent", _machine(shown)),
                    ],
                ),
                (
                    6,
                    [
                        graph(region, "Failed tries by kind", _failures(shown), stacked=True),
                        log_table(region, "Latest failures", shown.log_group, queries.LATEST_FAILURES),
                        log_table(region, "Slowest files", shown.log_group, queries.SLOWEST_FILES),
                    ],
                ),
            ]
        ),
    }


def _troubles(shown: Shown) -> list[Line]:
    letters = {"QueueName": shown.dead_letters}
    return [
        _invocations(shown.failed_rule, label="failed files"),
        _invocations(shown.blocked_rule, label="times blocked"),
        metric(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            letters,
            stat="Maximum",
            label="undelivered uploads",
        ),
        *_collected(shown),
    ]


def _collected(shown: Shown) -> list[Line]:
    """Return the number of uploads that wait until they share a job."""
    if shown.collection_queue is None:
        return []
    queue = {"QueueName": shown.collection_queue}
    return [
        metric(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            queue,
            stat="Maximum",
            label="waiting to share a job",
        )
    ]


def _amount(shown: Shown) -> list[Line]:
    return [
        _worker(shown, Metric.AUDIO_SECONDS, id="audio", hidden=True),
        expression(f"audio / {SECONDS_PER_HOUR}", "audio hours"),
        _worker(shown, Metric.FILES, label="files"),
    ]


def _speed_and_cost(shown: Shown) -> list[Line]:
    speed = [
        _worker(shown, Metric.AUDIO_SECONDS, id="audio", hidden=True),
        _worker(shown, Metric.PROCESSING_SECONDS, id="processing", hidden=True),
        expression("audio / processing", "times faster than speech"),
        expression("processing / audio", "real-time factor"),
    ]
    usd = {
        f"usd{number}": expression(
            f"samples{number} * {_usd_per_sample(shown, shown.usd_per_hour[kind]):.9f}",
            f"USD for {kind}",
            id=f"usd{number}",
            hidden=True,
        )
        for number, kind in enumerate(shown.instance_types)
        if kind in shown.usd_per_hour
    }
    if not usd:
        return speed
    cost = f"SUM([{', '.join(usd)}]) / (audio / {SECONDS_PER_HOUR})"
    return [*speed, *_samples(shown), *usd.values(), expression(cost, "USD an audio hour")]


def _flows(shown: Shown) -> list[Widget]:
    """Return the graphs of what came and what is done. Recordings are counted apart if some share jobs."""
    if shown.collection_queue is None:
        title = "Jobs so far: the gap between submitted and ended waits or runs"
        return [graph(shown.region, title, _flow(shown))]
    return [
        graph(
            shown.region,
            "Recordings so far: the gap between uploads and outcomes waits or runs",
            _recordings(shown),
        ),
        graph(shown.region, "Jobs so far", _jobs(shown)),
    ]


def _recordings(shown: Shown) -> list[Line]:
    """Return how many recordings came, and how many have a transcript or a failed job."""
    uploads = [
        metric("AWS/Events", "Invocations", rule, id=f"upload{number}", hidden=True)
        for number, rule in enumerate((*shown.upload_rules, *shown.collecting_rules))
    ]
    return [
        *uploads,
        expression('RUNNING_SUM(SUM(METRICS("upload")))', "uploads"),
        _worker(shown, Metric.FILES, id="files", hidden=True),
        expression("RUNNING_SUM(FILL(files, 0))", "transcripts"),
        _invocations(shown.failed_rule, id="failed", hidden=True),
        expression("RUNNING_SUM(FILL(failed, 0))", "failed"),
    ]


def _jobs(shown: Shown) -> list[Line]:
    return [
        _invocations(shown.ended_rule, id="ended", hidden=True),
        expression("RUNNING_SUM(ended)", "ended"),
        _invocations(shown.waiting_rule, label="began to wait"),
        _invocations(shown.running_rule, label="started"),
    ]


def _flow(shown: Shown) -> list[Line]:
    submitted = [
        metric("AWS/Events", "Invocations", rule, id=f"submitted{number}", hidden=True)
        for number, rule in enumerate(shown.upload_rules)
    ]
    return [
        *submitted,
        expression('RUNNING_SUM(SUM(METRICS("submitted")))', "submitted"),
        *_jobs(shown),
    ]


def _instances(shown: Shown) -> list[Line]:
    """Each instance sends one sample an interval, so the samples count the instances."""
    per_period = GRAPH_PERIOD_SECONDS / shown.metrics_interval_seconds
    return [
        *_samples(shown),
        *(
            expression(f"samples{number} / {per_period:g}", kind)
            for number, kind in enumerate(shown.instance_types)
        ),
    ]


def _gpu(shown: Shown) -> list[Line]:
    names = {"nvidia_smi_utilization_gpu": "busy", "nvidia_smi_utilization_memory": "memory access"}
    return [
        *(_agent(shown, name, stat="Average", label=label) for name, label in names.items()),
        _agent(shown, "nvidia_smi_memory_used", stat="Maximum", id="used", hidden=True),
        _agent(shown, "nvidia_smi_memory_total", stat="Maximum", id="total", hidden=True),
        expression("100 * used / total", "memory used, at most"),
    ]


def _machine(shown: Shown) -> list[Line]:
    names = {"cpu_usage_active": "CPU", "mem_used_percent": "memory", "disk_used_percent": "disk"}
    return [
        *(_agent(shown, name, stat="Maximum", label=label) for name, label in names.items()),
        _agent(shown, "nvidia_smi_temperature_gpu", stat="Maximum", label="GPU, degrees Celsius"),
        _agent(shown, "nvidia_smi_power_draw", stat="Average", label="GPU, watts"),
    ]


def _throughput(shown: Shown) -> list[Line]:
    per_hour = SECONDS_PER_HOUR / GRAPH_PERIOD_SECONDS
    return [
        _worker(shown, Metric.AUDIO_SECONDS, id="audio", hidden=True),
        expression(f"audio / {SECONDS_PER_HOUR} * {per_hour:g}", "audio hours an hour"),
    ]


def _real_time_factors(shown: Shown) -> list[Line]:
    found = search(
        WORKER_NAMESPACE,
        Metric.REAL_TIME_FACTOR,
        (Dimension.STACK, Dimension.MODE, Dimension.INSTANCE_TYPE),
        {Dimension.STACK: shown.stack},
        "Average",
    )
    return [expression(found)]


def _failures(shown: Shown) -> list[Line]:
    dimensions = (Dimension.STACK, Dimension.KIND)
    failures = search(WORKER_NAMESPACE, Metric.FAILURES, dimensions, {Dimension.STACK: shown.stack}, "Sum")
    return [expression(failures)]


def _samples(shown: Shown) -> list[Line]:
    """How often the agents of each instance type reported."""
    return [
        metric(
            METRICS_NAMESPACE,
            "mem_used_percent",
            {STACK_DIMENSION: shown.stack, "InstanceType": kind},
            stat="SampleCount",
            id=f"samples{number}",
            hidden=True,
        )
        for number, kind in enumerate(shown.instance_types)
    ]


def _usd_per_sample(shown: Shown, usd_per_hour: float) -> float:
    return usd_per_hour * shown.metrics_interval_seconds / SECONDS_PER_HOUR


def _invocations(rule: str, **options: Any) -> Line:
    return metric("AWS/Events", "Invocations", {"RuleName": rule}, **options)


def _worker(shown: Shown, name: str, **options: Any) -> Line:
    return metric(WORKER_NAMESPACE, name, {Dimension.STACK: shown.stack}, **options)


def _agent(shown: Shown, name: str, **options: Any) -> Line:
    return metric(METRICS_NAMESPACE, name, {STACK_DIMENSION: shown.stack}, **options)
