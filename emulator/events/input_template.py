"""Make the input of a target: the event, a part of it, a constant, or a filled-in template."""

import json
import re
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]

_LITERAL_OR_PLACEHOLDER = re.compile(r'"(?:\\.|[^"\\])*"|<[^<>]*>')
_PLACEHOLDER = re.compile(r"<([^<>]*)>")
_PATH_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
_MISSING = object()


def render_input(target: Mapping[str, Any], rule: Mapping[str, Any], event: Event) -> str:
    """Return the text that a target gets for an event.

    Args:
        target: as in ListTargetsByRule. ``Input``, ``InputPath`` or ``InputTransformer`` decides; without
            one, the text is the event.
        rule: as in DescribeRule.
        event: the whole event.
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return _as_json(_at_path(event, target["InputPath"]))
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        variables = {
            name: _at_path(event, path) for name, path in transformer.get("InputPathsMap", {}).items()
        }
        return render_template(transformer["InputTemplate"], variables | _predefined(rule, event))
    return _as_json(event)


def render_template(template: str, variables: Mapping[str, Any]) -> str:
    """Fill in the ``<name>`` placeholders of an input template, as EventBridge does.

    Outside quotes a value is written as JSON, with quotes and escapes, so that any text is valid. Inside a
    quoted string the text is inserted without escapes, and objects and arrays without their quotes. A
    variable that the event does not have becomes nothing (EventBridge user guide, input transformation).
    """

    def fill(match: re.Match[str]) -> str:
        token = match.group(0)
        if token.startswith('"'):
            return _PLACEHOLDER.sub(
                lambda inner: _inside_string(variables.get(inner.group(1), _MISSING)), token
            )
        return _as_json(variables.get(token[1:-1], _MISSING))

    return _LITERAL_OR_PLACEHOLDER.sub(fill, template)


def _predefined(rule: Mapping[str, Any], event: Event) -> dict[str, Any]:
    return {
        "aws.events.rule-arn": rule["Arn"],
        "aws.events.rule-name": rule["Name"],
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }


def _at_path(event: Event, path: str) -> Any:
    """Return the value at a path such as ``$.detail.object.key`` or ``$.resources[0]``."""
    value: Any = event
    for step in _PATH_STEP.findall(path.removeprefix("$")):
        try:
            value = value[int(step[1:-1])] if step.startswith("[") else value[step]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return value


def _as_json(value: Any) -> str:
    return "" if value is _MISSING else json.dumps(value, ensure_ascii=False)


def _inside_string(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value).replace('"', "")
