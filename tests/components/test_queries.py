"""The saved questions to the log."""

import pytest

from components.monitoring.queries import SAVED
from tests.components.graph import Graph, run_program


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run_program({"alarmEmail": "team@example.org"})


def test_the_queries_are_saved_in_the_stacks_folder_and_ask_the_jobs_log(graph: Graph) -> None:
    saved = {each.inputs["name"]: each.inputs for each in graph.of_type("QueryDefinition")}
    assert saved.keys() == {f"parakeet-transcription-test/{label}" for label in SAVED}
    assert {tuple(each["logGroupNames"]) for each in saved.values()} == {("transcribe-1234567",)}
    assert {each["queryString"] for each in saved.values()} == set(SAVED.values())
    assert not run_program().of_type("QueryDefinition")


def test_the_dashboard_asks_two_of_them(graph: Graph) -> None:
    body = graph.one("Dashboard")["dashboardBody"]
    assert body.count("SOURCE 'transcribe-1234567'") == 2
