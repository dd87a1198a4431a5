"""The dashboard answers its questions from metrics that somebody publishes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from components.instance_setup import AGGREGATIONS, agent_config
from components.monitoring.dashboard import Shown, dashboard_body
from tests.components.graph import Graph, run_program
from transcriber.outcomes import METRICS_NAMESPACE

STACK = "parakeet-transcription-test"
SHOWN = Shown(
    region="eu-west-1",
    stack=STACK,
    upload_rules=[{"RuleName": "uploads-a"}, {"EventBusName": "uploads", "RuleName": "uploads-b"}],
    collecting_rules=[],
    collection_queue=None,
    failed_rule="failed",
    blocked_rule="blocked",
    waiting_rule="waiting",
    running_rule="running",
    ended_rule="ended",
    dead_letters="letters",
    log_group="jobs",
    alarm_arns=[],
    instance_types=["g6.xlarge", "g5.xlarge"],
    usd_per_hour={"g6.xlarge": 0.8048, "g5.xlarge": 1.006},
    metrics_interval_seconds=10,
)


@pytest.fixture
def widgets() -> list[dict[str, Any]]:
    body: dict[str, Any] = json.loads(json.dumps(dashboard_body(SHOWN)))
    return list(body["widgets"])


def titled(widgets: list[dict[str, Any]], title: str) -> dict[str, Any]:
    (found,) = (each["properties"] for each in widgets if each["properties"]["title"] == title)
    return dict(found)


def lines(properties: dict[str, Any]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Names and options of each line."""
    for line in properties.get("metrics", []):
        yield [part for part in line if isinstance(part, str)], line[-1]


def every_metric(widgets: list[dict[str, Any]]) -> Iterator[list[str]]:
    for widget in widgets:
        yield from (names for names, _ in lines(widget["properties"]) if names)


def agent_metrics() -> set[str]:
    """What the agent publishes, under the names that it gives them."""
    prefixes = {"nvidia_gpu": "nvidia_smi"}
    collected = agent_config(10, STACK)["metrics"]["metrics_collected"]
    return {
        f"{prefixes.get(plugin, plugin)}_{name}"
        for plugin, each in collected.items()
        for name in each["measurement"]
    }


def test_every_metric_of_the_agent_is_asked_for_as_it_is_published(widgets: list[dict[str, Any]]) -> None:
    asked = [names for names in every_metric(widgets) if names[0] == "CWAgent"]
    assert {names[1] for names in asked} <= agent_metrics()
    assert {tuple(names[2::2]) for names in asked} <= set(AGGREGATIONS)
    assert {names[3] for names in asked} == {STACK}


def test_every_metric_of_the_worker_is_asked_for_as_it_is_published(widgets: list[dict[str, Any]]) -> None:
    asked = [names for names in every_metric(widgets) if names[0] == METRICS_NAMESPACE]
    assert {tuple(names[2:]) for names in asked} == {("Stack", STACK)}
    assert {names[1] for names in asked} == {"AudioSeconds", "ProcessingSeconds", "Files"}
    (found,) = lines(titled(widgets, "Failed tries by kind"))
    assert "{ParakeetTranscription,Stack,Kind}" in found[1]["expression"]
    (found,) = lines(titled(widgets, "Real-time factor by mode"))
    assert found[1]["expression"] == (
        f'SEARCH(\'{{ParakeetTranscription,Stack,Mode,InstanceType}} Stack="{STACK}"'
        " MetricName=\"RealTimeFactor\"', 'Average', 300)"
    )


def test_every_expression_knows_the_metrics_that_it_names(widgets: list[dict[str, Any]]) -> None:
    for widget in widgets:
        known = {options["id"] for _, options in lines(widget["properties"]) if "id" in options}
        for _, options in lines(widget["properties"]):
            words = re.sub(r"'[^']*'|\"[^\"]*\"", "", options.get("expression", ""))
            assert set(re.findall(r"\b[a-z]\w*", words)) <= known


def test_an_hour_of_audio_costs_what_the_instances_cost_in_the_meantime(
    widgets: list[dict[str, Any]],
) -> None:
    speed = titled(widgets, "How fast, at what cost?")
    expressions = {
        options.get("label"): options["expression"] for _, options in lines(speed) if "expression" in options
    }
    # A sample every 10 s of an instance of $0.8048 an hour.
    assert expressions["USD for g6.xlarge"] == "samples0 * 0.002235556"
    assert expressions["USD an audio hour"] == "SUM([usd0, usd1]) / (audio / 3600)"
    samples = {names[-1]: options for names, options in lines(speed) if "mem_used_percent" in names}
    assert {kind: (each["id"], each["stat"]) for kind, each in samples.items()} == {
        "g6.xlarge": ("samples0", "SampleCount"),
        "g5.xlarge": ("samples1", "SampleCount"),
    }
    assert speed["setPeriodToTimeRange"]


def test_uploads_of_all_rules_count(widgets: list[dict[str, Any]]) -> None:
    flow = next(
        each["properties"] for each in widgets if each["properties"]["title"].startswith("Jobs so far")
    )
    rules = {names[-1] for names, options in lines(flow) if options.get("id", "").startswith("submitted")}
    assert rules == {"uploads-a", "uploads-b"}


def test_widgets_fill_the_rows_without_overlap(widgets: list[dict[str, Any]]) -> None:
    cells = [
        (x, y)
        for each in widgets
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    assert len(cells) == len(set(cells)) == 24 * max(y + 1 for _, y in cells)


def deployed(graph: Graph) -> str:
    return str(graph.one("Dashboard")["dashboardBody"])


def test_the_stack_shows_its_alarms_where_it_has_some() -> None:
    quiet, alarmed = run_program(), run_program({"alarmEmail": "team@example.org"})
    assert '"type": "alarm"' not in deployed(quiet)
    (lights,) = (each for each in json.loads(deployed(alarmed))["widgets"] if each["type"] == "alarm")
    assert len(lights["properties"]["alarms"]) == len(alarmed.of_type("MetricAlarm"))


def test_prices_are_those_of_us_east_1_unless_given_and_none_is_made_up() -> None:
    assert "samples0 * 0.002235556" in deployed(run_program())
    assert "samples0 * 0.001000000" in deployed(run_program({"instancePrices": "g6.xlarge=0.36"}))
    assert "USD" not in deployed(run_program({"instanceTypes": "p5.48xlarge", "maxVcpus": "192"}))


def test_worker_agent_and_dashboard_name_the_stack_alike() -> None:
    graph = run_program()
    environment = json.loads(graph.one("JobDefinition")["containerProperties"])["environment"]
    assert {"name": "TRANSCRIBER_STACK", "value": STACK} in environment
    collected = json.loads(graph.one("ssm/parameter:Parameter")["insecureValue"])["metrics"][
        "metrics_collected"
    ]
    assert {plugin["append_dimensions"]["Stack"] for plugin in collected.values()} == {STACK}
    assert f'"Stack", "{STACK}"' in deployed(graph)
