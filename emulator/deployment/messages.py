"""Convert the SDK's protobuf structures to Python values, and back."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.rpc import UNKNOWN


def from_struct(message: struct_pb2.Struct) -> dict[str, Any]:
    """Return ``message`` as Python values. Whole numbers are int; nulls mean "not given" and are left out."""
    return dict(_tidy(json_format.MessageToDict(message)))


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return ``values`` as a protobuf message."""
    message = struct_pb2.Struct()
    message.update(values)
    return message


def holds_unknown(value: Any) -> bool:
    """Return whether ``value`` is or contains the SDK's mark for an unknown output."""
    match value:
        case dict():
            return any(map(holds_unknown, value.values()))
        case list():
            return any(map(holds_unknown, value))
        case _:
            return bool(value == UNKNOWN)


def _tidy(value: Any) -> Any:
    match value:
        case dict():
            return {key: _tidy(item) for key, item in value.items() if item is not None}
        case list():
            return [_tidy(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
