"""Turn an HTTP request into a checked call of an operation, by botocore's model of the Batch API."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from emulator.batch.errors import ClientError, UnknownOperationError

CASE_INSENSITIVE_ENUMS = {"RetryAction"}
"""Batch: "The values aren't case sensitive" (API reference, EvaluateOnExit)."""


@dataclass(frozen=True)
class Call:
    """An operation and its parameters. Their types are checked."""

    operation: str
    parameters: dict[str, Any]


class RequestReader:
    """Reads requests of the Batch REST API."""

    def __init__(self) -> None:
        model = botocore.session.get_session().get_service_model("batch")
        operations = [model.operation_model(name) for name in model.operation_names]
        self._routes = [(_route_pattern(operation), operation) for operation in operations]
        self._validator = ParamValidator()

    def read(self, method: str, target: str, body: bytes) -> Call:
        """Return the call that a request makes.

        Args:
            method: HTTP method.
            target: path and query, percent-encoded as sent.
            body: JSON, or nothing.

        Raises:
            UnknownOperationError: Batch has no such operation.
            ClientError: the body is not a JSON object, or a parameter is missing, unknown, of the wrong type
                or not one of the allowed values.
        """
        url = urlsplit(target)
        operation, from_path = self._match(method, url.path)
        parameters = _json_object(body) | from_path | _query_parameters(operation, url.query)
        shape = _input_shape(operation)
        report = self._validator.validate(parameters, shape)
        problems = (
            [report.generate_report()] if report.has_errors() else _wrong_enum_values(parameters, shape, "")
        )
        if problems:
            raise ClientError(f"Error executing request, Exception : {'; '.join(problems)}")
        return Call(operation.name, parameters)

    def _match(self, method: str, path: str) -> tuple[OperationModel, dict[str, str]]:
        for pattern, operation in self._routes:
            if operation.http["method"] == method and (found := pattern.fullmatch(path)):
                return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        raise UnknownOperationError(f"Batch has no operation {method} {path}.")


def _route_pattern(operation: OperationModel) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", operation.http["requestUri"])
    literals, names = parts[::2], parts[1::2]
    groups = [f"(?P<{name}>[^/]+)" for name in names] + [""]
    return re.compile("".join(re.escape(text) + group for text, group in zip(literals, groups, strict=True)))


def _input_shape(operation: OperationModel) -> StructureShape:
    shape = operation.input_shape
    assert shape is not None, "every operation of Batch has parameters"
    return shape


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise ClientError(f"The request's body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ClientError("The request's body is not a JSON object.")
    return value


def _query_parameters(operation: OperationModel, query: str) -> dict[str, Any]:
    given = parse_qs(query)
    parameters: dict[str, Any] = {}
    for name, shape in _input_shape(operation).members.items():
        if shape.serialization.get("location") == "querystring":
            values = given.get(shape.serialization["name"])
            if values:
                parameters[name] = values if isinstance(shape, ListShape) else values[0]
    return parameters


def _wrong_enum_values(value: object, shape: Shape, where: str) -> list[str]:
    """Report values that are not in their enum. botocore does not check this."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = ((f"{where}.{key}".lstrip("."), item, shape.members[key]) for key, item in value.items())
    elif isinstance(shape, ListShape) and isinstance(value, list):
        members = ((f"{where}[{index}]", item, shape.member) for index, item in enumerate(value))
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        members = ((f"{where}.{key}", item, shape.value) for key, item in value.items())
    elif isinstance(shape, StringShape) and shape.enum and isinstance(value, str):
        given = value.upper() if shape.name in CASE_INSENSITIVE_ENUMS else value
        return [] if given in shape.enum else [f"{where} {value!r} is not one of {', '.join(shape.enum)}"]
    else:
        return []
    return [problem for path, item, member in members for problem in _wrong_enum_values(item, member, path)]
