"""Answer the calls of the Pulumi SDK in this process; in ``pulumi up`` the engine answers them by gRPC.

``pulumi.runtime.set_mocks`` is not enough: it drops the outputs of the stack, gives ``new_resource`` neither
URN nor dependencies, and passes unknown values as None.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.rpc import UNKNOWN

from emulator.deployment.account import Account
from emulator.deployment.creation import Creation, Handler
from emulator.deployment.errors import DeploymentError, UnsupportedError
from emulator.deployment.functions import Function
from emulator.deployment.messages import from_struct, holds_unknown, to_struct
from emulator.deployment.properties import Properties
from emulator.deployment.sdk import output_names

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class DeployedResource:
    """A resource that exists in the emulated account."""

    urn: str
    type: str
    name: str
    id: str
    outputs: Mapping[str, Any]
    delete: Callable[[], None]
    outlives_the_stack: bool
    """Whether the program wants to keep it when the stack is destroyed (``retain_on_delete``)."""


class Monitor:
    """Creates the resources that the program registers, and answers the functions that it invokes.

    The SDK calls from several threads, for each resource as soon as its inputs are known. After the first
    failure no other resource is created. ``deployed`` has the resources that exist, in order of creation.
    """

    def __init__(
        self,
        project: str,
        stack: str,
        account: Account,
        handlers: Mapping[str, Handler],
        functions: Mapping[str, Function],
    ) -> None:
        self.deployed: list[DeployedResource] = []
        self.outputs: dict[str, Any] = {}
        self.failure: DeploymentError | None = None
        self._urn_prefix = f"urn:pulumi:{stack}::{project}::"
        self._account = account
        self._handlers = handlers
        self._functions = functions
        self._urns: set[str] = set()
        self._lock = threading.Lock()

    def SupportsFeature(self, _request: Any) -> Any:  # noqa: N802
        """Decline all optional features, so that secrets, outputs and resources arrive as plain values."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=False)

    def SignalAndWaitForShutdown(self, _request: Any) -> Any:  # noqa: N802
        """Let the program end at once."""
        return empty_pb2.Empty()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Create a resource. The stack and components need no call to AWS."""
        urn = self._register(request)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        resource = self._attempt(
            f"{request.type} {request.name!r} ({urn})", lambda: self._create(urn, request)
        )
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=resource.id, object=to_struct(resource.outputs)
        )

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """Refuse to read an existing resource."""
        raise self._fail(
            UnsupportedError(
                f"{request.type} {request.name!r}: reading an existing resource is not supported."
            )
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the stack's exports."""
        if f"::{STACK_TYPE}::" in request.urn:
            outputs = from_struct(request.outputs)
            for name, value in outputs.items():
                if holds_unknown(value):
                    raise self._fail(UnsupportedError(f"The stack's output {name} {_UNKNOWN_REASON}."))
            self.outputs = dict(sorted(outputs.items()))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        """Answer a provider function such as ``aws.ec2.get_vpc``. The program may handle its failure."""
        try:
            answer = self._call(request)
        except UnsupportedError as error:
            raise self._fail(UnsupportedError(f"{request.tok}: {_sentence(error)}")) from error
        except (DeploymentError, ClientError, BotoCoreError) as error:
            reason = provider_pb2.CheckFailure(property=request.tok, reason=_sentence(error))
            return provider_pb2.InvokeResponse(failures=[reason])
        return provider_pb2.InvokeResponse(**{"return": to_struct(answer)})

    def _create(self, urn: str, request: Any) -> DeployedResource:
        handler = self._handlers.get(request.type)
        if not handler:
            raise UnsupportedError(_refusal(request.type))
        if request.importId:
            raise UnsupportedError("importing an existing resource is not supported")
        inputs = from_struct(request.object)
        for name, value in inputs.items():
            if holds_unknown(value):
                sources = ", ".join(request.propertyDependencies[name].urns)
                raise UnsupportedError(f"{name} {_UNKNOWN_REASON}: one of {sources}")
        properties = Properties(inputs)
        creation = Creation(self._account, request.name, properties)
        try:
            created = handler(creation)
            _refuse_unread(request.type, properties)
        except Exception:
            creation.delete()
            raise
        known = {**inputs, **created.outputs}
        resource = DeployedResource(
            urn=urn,
            type=request.type,
            name=request.name,
            id=created.id,
            outputs={**dict.fromkeys(output_names(request.type) - {*known}, UNKNOWN), **known},
            delete=creation.delete,
            outlives_the_stack=bool(request.retainOnDelete),
        )
        with self._lock:
            self.deployed.append(resource)
        return resource

    def _call(self, request: Any) -> Mapping[str, Any]:
        function = self._functions.get(request.tok)
        if not function:
            raise UnsupportedError("this function is not supported by the local deployment")
        arguments = Properties(from_struct(request.args))
        answer = function(self._account, arguments)
        _refuse_unread(request.tok, arguments)
        return answer

    def _register(self, request: Any) -> str:
        """Return the URN that the engine would give. Its type names the components around the resource."""
        around = request.parent.split("::")[2] if request.parent else STACK_TYPE
        qualified_type = request.type if around == STACK_TYPE else f"{around}${request.type}"
        urn = f"{self._urn_prefix}{qualified_type}::{request.name}"
        with self._lock:
            if self.failure:
                raise self.failure
            taken = urn in self._urns
            self._urns.add(urn)
        if taken:
            raise self._fail(DeploymentError(f"Two resources have the URN {urn}."))
        return urn

    def _attempt(self, what: str, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except UnsupportedError as error:
            raise self._fail(UnsupportedError(f"{what}: {_sentence(error)}")) from error
        except (DeploymentError, ClientError, BotoCoreError) as error:
            raise self._fail(DeploymentError(f"{what}: {_sentence(error)}")) from error

    def _fail(self, error: DeploymentError) -> DeploymentError:
        with self._lock:
            self.failure = self.failure or error
        return error


_UNKNOWN_REASON = "depends on an output that the local deployment does not provide"


def _sentence(error: Exception) -> str:
    return f"{' '.join(str(error).split()).rstrip('.')}."


def _refusal(resource_type: str) -> str:
    if resource_type.startswith(("docker:", "docker-build:", "aws:ecr/")):
        return "the local deployment builds no image; set imageUri"
    return "this resource type is not supported by the local deployment"


def _refuse_unread(what: str, properties: Properties) -> None:
    unread = properties.unread()
    if unread:
        names: Iterable[str] = (f"{what}.{path}" for path in unread)
        raise UnsupportedError(f"{', '.join(names)} is not supported by the local deployment")
