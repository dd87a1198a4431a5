"""Check the conditions of trust policies when a service assumes a role. MiniStack does not check them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator

from emulator.access import service_headers
from emulator.policies import allows_service


@dataclass(frozen=True)
class Actor:
    """A service, and the resource that it acts for."""

    service: str
    source_arn: str


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@contextmanager
def acting_service(given: Iterable[tuple[bytes, bytes]]) -> Iterator[None]:
    """Within the block, the request is made by the service in its headers ``given``, if they name one."""
    values = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in given}
    service, source_arn = values.get(service_headers.SERVICE), values.get(service_headers.SOURCE_ARN)
    token = _actor.set(Actor(service, source_arn) if service and source_arn else None)
    try:
        yield
    finally:
        _actor.reset(token)


def let_services_assume_roles() -> None:
    """Make MiniStack check AssumeRole of a service by the service's name and source ARN."""
    evaluate = iam_evaluator.evaluate_trust_policy

    def evaluate_trust_policy(document: Any, caller_arn: str, *arguments: Any) -> bool:
        actor = _actor.get()
        if actor is None or not caller_arn.endswith(":root"):
            return bool(evaluate(document, caller_arn, *arguments))
        context = {"aws:SourceArn": actor.source_arn, "aws:SourceAccount": actor.source_arn.split(":")[4]}
        return allows_service(document, actor.service, "sts:AssumeRole", context=context)

    iam_evaluator.evaluate_trust_policy = evaluate_trust_policy
