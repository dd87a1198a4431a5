"""Read requests and write answers in the three protocols of CloudWatch, by botocore's model of the service.

SDKs use CBOR, JSON, or the older Query protocol (form in, XML out).
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import botocore.session
import cbor2
from botocore.model import ListShape, OperationModel, Shape, StructureShape

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, list[str]]], Awaitable[Answer]]
"""A function of MiniStack that answers a request: method, path, headers, body, query."""


@dataclass(frozen=True)
class Request:
    """A request and how to answer it."""

    operation: OperationModel
    protocol: str
    parameters: dict[str, Any]

    def answer(self, output: dict[str, Any]) -> Answer:
        """Return ``output`` in the request's protocol. Timestamps in ``output`` are numbers."""
        shape = self.operation.output_shape
        if self.protocol == "json":
            return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(output).encode()
        if self.protocol == "cbor":
            value = _with_times(output, shape) if shape else output
            headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
            return 200, headers, cbor2.dumps(value, datetime_as_timestamp=True)
        return 200, {"Content-Type": "text/xml"}, _xml(self.operation, output)


class RequestReader:
    """Reads requests to one service."""

    def __init__(self, service: str) -> None:
        self._model = botocore.session.get_session().get_service_model(service)

    def read(self, path: str, headers: Mapping[str, str], body: bytes) -> Request | None:
        """Return the request; None if it is not an operation of the service."""
        if "cbor" in headers.get("content-type", ""):
            protocol, name = "cbor", path.rpartition("/operation/")[2]
            parameters = cbor2.loads(body) if body else {}
        elif target := headers.get("x-amz-target", ""):
            protocol, name = "json", target.rpartition(".")[2]
            parameters = json.loads(body or b"{}")
        else:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            protocol, name, parameters = "query", form.get("Action", ""), {}
        if name not in self._model.operation_names:
            return None
        operation = self._model.operation_model(name)
        if protocol == "query" and operation.input_shape:
            parameters = _from_form(operation.input_shape, form, "")
        return Request(operation, protocol, parameters or {})

    def members(self, operation: str) -> set[str]:
        """Return the names of the parameters of an operation."""
        shape = self._model.operation_model(operation).input_shape
        return set(shape.members) if shape else set()


def _from_form(shape: Shape, form: Mapping[str, str], path: str) -> Any:
    """Return the value at ``path`` (``Metrics.member.1.Id``) of a form, or None."""
    if isinstance(shape, StructureShape):
        prefix = f"{path}." if path else ""
        members = {name: _from_form(member, form, prefix + name) for name, member in shape.members.items()}
        return {name: value for name, value in members.items() if value is not None} or None
    if isinstance(shape, ListShape):
        values: list[Any] = []
        while (value := _from_form(shape.member, form, f"{path}.member.{len(values) + 1}")) is not None:
            values.append(value)
        return values or None
    text = form.get(path)
    if text is None:
        return None
    match shape.type_name:
        case "integer" | "long":
            return int(text)
        case "double" | "float":
            return float(text)
        case "boolean":
            return text == "true"
        case _:
            return text


def _with_times(value: Any, shape: Shape) -> Any:
    """Return ``value`` with its timestamps as datetimes."""
    if isinstance(shape, StructureShape):
        return {name: _with_times(item, shape.members[name]) for name, item in value.items()}
    if isinstance(shape, ListShape):
        return [_with_times(item, shape.member) for item in value]
    return datetime.fromtimestamp(value, UTC) if shape.type_name == "timestamp" else value


def _xml(operation: OperationModel, output: dict[str, Any]) -> bytes:
    namespace = operation.service_model.metadata["xmlNamespace"]
    root = ElementTree.Element(f"{operation.name}Response", xmlns=namespace)
    if operation.output_shape:
        result = ElementTree.SubElement(root, f"{operation.name}Result")
        _write(result, output, operation.output_shape)
    metadata = ElementTree.SubElement(root, "ResponseMetadata")
    ElementTree.SubElement(metadata, "RequestId").text = "0"
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root)


def _write(element: ElementTree.Element, value: Any, shape: Shape) -> None:
    if isinstance(shape, StructureShape):
        for name, item in value.items():
            _write(ElementTree.SubElement(element, name), item, shape.members[name])
    elif isinstance(shape, ListShape):
        for item in value:
            _write(ElementTree.SubElement(element, "member"), item, shape.member)
    elif shape.type_name == "timestamp":
        element.text = datetime.fromtimestamp(value, UTC).isoformat()
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
