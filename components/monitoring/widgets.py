"""Building blocks of a CloudWatch dashboard, as PutDashboard expects them. Pure functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Widget = dict[str, Any]
Line = list[Any]

COLUMNS = 24
GRAPH_PERIOD_SECONDS = 300


def metric(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    *,
    stat: str = "Sum",
    id: str | None = None,
    label: str | None = None,
    hidden: bool = False,
) -> Line:
    """Return one metric. Expressions use a hidden metric by its id."""
    options: dict[str, Any] = {"stat": stat}
    if id:
        options["id"] = id
    if label:
        options["label"] = label
    if hidden:
        options["visible"] = False
    return [namespace, name, *(part for pair in dimensions.items() for part in pair), options]


def expression(text: str, label: str | None = None, *, id: str | None = None, hidden: bool = False) -> Line:
    """Return a line that is computed from others, or the lines that a SEARCH finds, with their own labels."""
    options: dict[str, Any] = {"expression": text}
    if label:
        options["label"] = label
    if id:
        options["id"] = id
    if hidden:
        options["visible"] = False
    return [options]


def search(namespace: str, name: str, dimensions: Sequence[str], fixed: Mapping[str, str], stat: str) -> str:
    """Return the expression that finds a metric for all values of all dimensions but the ``fixed`` ones."""
    schema = ",".join((namespace, *dimensions))
    terms = " ".join([*(f'{key}="{value}"' for key, value in fixed.items()), f'MetricName="{name}"'])
    return f"SEARCH('{{{schema}}} {terms}', '{stat}', {GRAPH_PERIOD_SECONDS})"


def numbers(region: str, title: str, lines: Sequence[Line]) -> Widget:
    """Return one number for each line, over the whole time range of the dashboard."""
    return _metric_widget(region, title, lines, view="singleValue", setPeriodToTimeRange=True)


def graph(region: str, title: str, lines: Sequence[Line], *, stacked: bool = False) -> Widget:
    """Return lines over time."""
    return _metric_widget(
        region,
        title,
        lines,
        view="timeSeries",
        stacked=stacked,
        period=GRAPH_PERIOD_SECONDS,
        yAxis={"left": {"min": 0}},
    )


def log_table(region: str, title: str, log_group: str, query: str) -> Widget:
    """Return the table of a Logs Insights query."""
    properties = {"region": region, "title": title, "view": "table"}
    return {"type": "log", "properties": {**properties, "query": f"SOURCE '{log_group}' | {query}"}}


def alarm_states(title: str, arns: Sequence[str]) -> Widget:
    """Return a widget with the state of each alarm."""
    return {"type": "alarm", "properties": {"title": title, "alarms": list(arns)}}


def in_rows(rows: Iterable[tuple[int, Sequence[Widget]]]) -> list[Widget]:
    """Return the widgets of all rows with positions. A row has one height; its widgets are equally wide."""
    placed, top = [], 0
    for height, widgets in rows:
        width = COLUMNS // len(widgets)
        placed += [
            {**widget, "x": index * width, "y": top, "width": width, "height": height}
            for index, widget in enumerate(widgets)
        ]
        top += height
    return placed


def _metric_widget(region: str, title: str, lines: Sequence[Line], **properties: Any) -> Widget:
    return {
        "type": "metric",
        "properties": {"region": region, "title": title, "metrics": list(lines), **properties},
    }
