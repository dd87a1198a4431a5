"""Runs the Pulumi program, or one component, against a recording engine and looks at what it registered."""

import asyncio
import json
import runpy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_pulumi_func

PROJECT = "parakeet-transcription"
STACK = "test"
ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION, PARTITION = "123456789012", "eu-central-1", "aws"

FUNCTIONS: dict[str, dict[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "arn": "arn:aws:iam::1:user/u"},
    "aws:index/getPartition:getPartition": {"partition": PARTITION, "dnsSuffix": "amazonaws.com"},
    "aws:index/getRegion:getRegion": {"region": REGION, "name": REGION},
    "aws:ec2/getVpc:getVpc": {"id": "vpc-default", "default": True},
    "aws:ec2/getSubnets:getSubnets": {"ids": ["subnet-a", "subnet-b", "subnet-0a", "subnet-0b"]},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["eu-central-1a", "eu-central-1b"]},
    "aws:ec2/getInstanceTypes:getInstanceTypes": {
        "instanceTypes": [
            *("g4dn.xlarge", "g4dn.metal", "g5.xlarge", "g5.2xlarge", "g5.12xlarge"),
            *("g6.xlarge", "g6.2xlarge", "p5.48xlarge"),
        ]
    },
    "aws:s3/getBucket:getBucket": {"arn": f"arn:{PARTITION}:s3:::found", "bucketRegion": REGION},
    "aws:ec2/getRouteTables:getRouteTables": {"ids": ["rtb-a"]},
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {"userName": "AWS", "password": "secret"},
}


@dataclass(frozen=True)
class Registered:
    """One resource as the engine was told of it."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    outlives_the_stack: bool
    """Whether the engine leaves it where it is when it is taken out of the stack."""

    comes_after: frozenset[str]
    """The names of the resources that it waits for."""


@dataclass
class Graph:
    """All resources of a run, the stack's exports, and what was asked of the provider's functions."""

    resources: list[Registered] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The arguments of each call, by the function's token."""

    def of_type(self, kind: str) -> list[Registered]:
        """Resources whose type ends in ``kind``, such as ``Bucket`` or ``iam/role:Role``."""
        return [
            each for each in self.resources if each.type.split(":")[-1] == kind or each.type.endswith(kind)
        ]

    def one(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """The inputs of the only resource of ``kind`` (and ``name``)."""
        found = [each for each in self.of_type(kind) if name is None or each.name == name]
        assert len(found) == 1, f"{kind} {name}: {[each.urn for each in found]} of {self.names()}"
        return found[0].inputs

    def names(self) -> list[str]:
        """Type and name of everything."""
        return [f"{each.type} {each.name}" for each in self.resources]

    def policies(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and document of every policy that stands in the graph."""
        return [
            (f"{each.urn} {key}", json.loads(each.inputs[key]))
            for each in self.resources
            for key in ("policy", "policyDocument", "assumeRolePolicy")
            if key in each.inputs and "Statement" in each.inputs[key]
        ]


class _Monitor(mocks.MockMonitor):
    """Keeps what the mocks are not told of: the options of resources."""

    def __init__(self, engine: "_Engine") -> None:
        super().__init__(engine)
        self.engine = engine

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        self.engine.requests[request.type, request.name] = request
        return super().RegisterResource(request)


class _Engine(mocks.Mocks):
    """Answers like AWS where the program looks at an answer, and writes down what is asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.requests: dict[tuple[str, str], Any] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        urn = f"urn:pulumi:{STACK}::{PROJECT}::{args.typ}::{args.name}"
        if args.typ.startswith(("aws:", "docker:")):
            request = self.requests[args.typ, args.name]
            self.graph.resources.append(
                Registered(
                    urn,
                    args.typ,
                    args.name,
                    dict(args.inputs),
                    bool(request.retainOnDelete),
                    frozenset(each.rpartition("::")[2] for each in request.dependencies),
                )
            )
        service = args.typ.split("/")[0].removeprefix("aws:")
        outputs = {
            "arn": f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{args.name}",
            "arnPrefix": f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:job-definition/{args.name}",
            "name": f"{args.name}-1234567",
            "bucket": f"{args.name}-1234567",
            "url": f"https://sqs/{args.name}",
            "latestVersion": 3,
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.name}",
            "registryId": ACCOUNT,
            "repoDigest": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.name}@sha256:{'0' * 64}",
        }
        return f"{args.name}-id", outputs | dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        self.graph.asked.setdefault(args.token, []).append(args.args)
        return FUNCTIONS[args.token], []


def run(body: Callable[[], Any], config: dict[str, str] | None = None, graph: Graph | None = None) -> Graph:
    """Run ``body`` as a Pulumi program with the stack config; return ``graph`` with what it registered."""
    graph = graph or Graph()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    engine = _Engine(graph)
    # A new stack for each run: one that is kept gathers the resources of all, and each run walks through it.
    set_root_resource(None)
    mocks.set_mocks(engine, project=PROJECT, stack=STACK, preview=False, monitor=_Monitor(engine))
    pulumi.runtime.set_all_config({f"{PROJECT}:{key}": value for key, value in (config or {}).items()})

    def recorded() -> None:
        body()
        stack = pulumi.runtime.get_root_resource()
        assert stack is not None
        pulumi.Output.from_input(dict(stack.outputs)).apply(graph.exports.update)

    try:
        loop.run_until_complete(run_pulumi_func(recorded))
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    return graph


def run_program(config: dict[str, str] | None = None, graph: Graph | None = None) -> Graph:
    """Run the repository's `__main__.py`."""
    return run(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"), config, graph)
