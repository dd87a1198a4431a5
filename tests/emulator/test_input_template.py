"""What EventBridge makes of an event for a target."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.events.input_template import render_input, render_template

RULE = {"Name": "upload", "Arn": "arn:aws:events:us-east-1:000000000000:rule/upload"}
EVENT: dict[str, Any] = {
    "version": "0",
    "detail-type": "Object Created",
    "time": "2026-01-01T00:00:00Z",
    "resources": ["arn:aws:s3:::in"],
    "detail": {"bucket": {"name": "in"}, "object": {"key": "a.mp3", "size": 5}},
}


def test_without_any_setting_the_target_gets_the_event() -> None:
    assert json.loads(render_input({}, RULE, EVENT)) == EVENT


def test_a_constant_is_passed_as_it_stands() -> None:
    assert render_input({"Input": '{"a": 1}'}, RULE, EVENT) == '{"a": 1}'


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.detail.object", {"key": "a.mp3", "size": 5}),
        ("$.detail-type", "Object Created"),
        ("$.resources[0]", "arn:aws:s3:::in"),
        ("$", EVENT),
    ],
)
def test_an_input_path_passes_a_part_of_the_event(path: str, value: object) -> None:
    assert json.loads(render_input({"InputPath": path}, RULE, EVENT)) == value


def test_a_transformer_fills_its_template_from_the_event() -> None:
    transformer = {
        "InputPathsMap": {"key": "$.detail.object.key", "size": "$.detail.object.size"},
        "InputTemplate": '{"Parameters": {"key": <key>, "size": "<size>"}, "rule": <aws.events.rule-name>}',
    }
    text = render_input({"InputTransformer": transformer}, RULE, EVENT)
    assert json.loads(text) == {"Parameters": {"key": "a.mp3", "size": "5"}, "rule": "upload"}


@given(st.text())
def test_an_unquoted_placeholder_is_valid_json_for_any_text(value: str) -> None:
    assert json.loads(render_template('{"key": <key>}', {"key": value})) == {"key": value}


def test_a_quoted_placeholder_is_text_inside_the_string() -> None:
    assert render_template('"<key> is in <bucket>"', {"key": "a b", "bucket": "in"}) == '"a b is in in"'


def test_a_quoted_placeholder_is_not_escaped() -> None:
    assert render_template('{"key": "<key>"}', {"key": 'say "hi"'}) == '{"key": "say "hi""}'


def test_an_object_inside_a_string_loses_its_quotes() -> None:
    assert render_template('"got <part>"', {"part": {"a": [1, "b"]}}) == '"got {a: [1, b]}"'


def test_objects_and_numbers_outside_a_string_are_json() -> None:
    assert (
        render_template('{"a": <a>, "b": <b>}', {"a": {"c": None}, "b": 1.5})
        == '{"a": {"c": null}, "b": 1.5}'
    )


def test_a_variable_that_the_event_lacks_is_left_out() -> None:
    transformer = {
        "InputPathsMap": {"missing": "$.detail.nothing", "deeper": "$.resources[7].x"},
        "InputTemplate": '{"a": <missing>, "b": "x<deeper>y"}',
    }
    assert render_input({"InputTransformer": transformer}, RULE, EVENT) == '{"a": , "b": "xy"}'


def test_a_value_is_never_taken_for_a_placeholder() -> None:
    assert render_template('{"a": <a>}', {"a": "<b>", "b": "no"}) == '{"a": "<b>"}'


def test_the_whole_event_is_a_predefined_variable() -> None:
    transformer = {"InputTemplate": '{"event": <aws.events.event.json>, "head": <aws.events.event>}'}
    rendered = json.loads(render_input({"InputTransformer": transformer}, RULE, EVENT))
    assert rendered["event"] == EVENT
    assert "detail" not in rendered["head"]
