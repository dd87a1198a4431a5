"""What can happen to a request, and to the process that made it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.proxy import Answer

HELD_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Refused:
    """An answer that the service itself never gave; the request does not reach it."""

    kind: str
    answer: Answer

    def meet(self, forward: Callable[[], Answer]) -> Answer:
        """Return the answer."""
        return self.answer


@dataclass(frozen=True)
class Slow:
    """The answer takes its time."""

    seconds: float
    kind: str = "slow"

    def meet(self, forward: Callable[[], Answer]) -> Answer:
        """Wait and return the service's answer."""
        time.sleep(self.seconds)
        return forward()


@dataclass(frozen=True)
class Held:
    """The request waits, so that others overtake it."""

    until: Callable[[], bool]
    most_seconds: float
    kind: str = "write overtaken"

    def meet(self, forward: Callable[[], Answer]) -> Answer:
        """Wait and return the service's answer."""
        deadline = time.monotonic() + self.most_seconds
        while not self.until() and time.monotonic() < deadline:
            time.sleep(HELD_POLL_SECONDS)
        return forward()


@dataclass(frozen=True)
class CutOff:
    """The body ends before its announced length."""

    share: float
    kind: str = "cut-off body"

    def meet(self, forward: Callable[[], Answer]) -> Answer:
        """Return the service's answer without the end of its body."""
        answer = forward()
        return Answer(answer.status, answer.headers, answer.body[: int(len(answer.body) * self.share)])


@dataclass(frozen=True)
class Reset:
    """The connection breaks: before the request arrives, or, ``after``, before its answer does."""

    after: bool

    @property
    def kind(self) -> str:
        """What reports call it."""
        return "answer lost" if self.after else "connection reset"

    def meet(self, forward: Callable[[], Answer]) -> None:
        """Ask the service or don't; there is no answer."""
        if self.after:
            forward()


@dataclass(frozen=True)
class Strike:
    """Something befalls the process that asked: before the request arrives, or, ``after``, once it did."""

    kind: str
    action: Callable[[], object]
    after: bool

    def meet(self, forward: Callable[[], Answer]) -> Answer:
        """Let the service answer; do it before or after."""
        if self.after:
            answer = forward()
            self.action()
            return answer
        self.action()
        return forward()
