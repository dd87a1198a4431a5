"""The rules of CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from itertools import chain
from typing import Any

import jsonschema

MOST_LINE_BYTES = 256 * 1024
MOST_METRICS = 100
MOST_DIMENSION_CHARACTERS = 1024
"""Of a dimension's value, as CloudWatch takes it; the specification has no limit of its own."""

SIZES = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"]
SIZES += ["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"]
UNITS = ["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"]
UNITS += [*SIZES, *(f"{size}/Second" for size in SIZES)]


def _text(most_characters: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most_characters}


def _closed(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


METRIC = _closed(
    ["Name"],
    {"Name": _text(1024), "Unit": {"enum": UNITS}, "StorageResolution": {"enum": [1, 60]}},
)
DIRECTIVE = _closed(
    ["Namespace", "Dimensions", "Metrics"],
    {
        "Namespace": _text(1024),
        "Dimensions": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "array", "maxItems": 30, "items": _text(250)},
        },
        "Metrics": {"type": "array", "minItems": 1, "maxItems": MOST_METRICS, "items": METRIC},
    },
)
SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": _closed(
            ["Timestamp", "CloudWatchMetrics"],
            {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": DIRECTIVE},
            },
        )
    },
}


def check(line: dict[str, Any]) -> None:
    """Hold ``line`` to the schema, and to what is said of the members that it refers to."""
    jsonschema.validate(line, SCHEMA)
    assert len(json.dumps(line)) <= MOST_LINE_BYTES
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for name in chain.from_iterable(directive["Dimensions"]):
            value = line[name]
            assert isinstance(value, str)
            assert 0 < len(value.strip()) <= MOST_DIMENSION_CHARACTERS
        for metric in directive["Metrics"]:
            value = line[metric["Name"]]
            assert isinstance(value, int | float)
            assert not isinstance(value, bool)
