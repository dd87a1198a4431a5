"""Names, ARNs and pages of Batch resources."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.batch.errors import ClientError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
PAGE_LIMIT = 100


@dataclass(frozen=True)
class Arns:
    """The ARNs of one account in one region."""

    region: str
    account: str

    def make(self, kind: str, name: str) -> str:
        """Return the ARN of a Batch resource, e.g. ``kind`` "job-queue"."""
        return f"arn:aws:batch:{self.region}:{self.account}:{kind}/{name}"

    def name_of(self, kind: str, reference: str) -> str:
        """Return the name in ``reference``, a name or an ARN of this kind.

        Raises:
            ClientError: it is an ARN of something else.
        """
        if not reference.startswith("arn:"):
            return reference
        prefix = self.make(kind, "")
        if not reference.startswith(prefix):
            raise ClientError(f"{reference} is not the ARN of a {kind} in this account and region.")
        return reference.removeprefix(prefix)


def check_name(field: str, name: str) -> None:
    """Check a name by the rules of Batch.

    Raises:
        ClientError: not 1-128 letters, digits, hyphens and underscores that start with a letter or digit.
    """
    if not NAME.fullmatch(name):
        raise ClientError(
            f"{field} {name!r} is not valid: use up to 128 letters, numbers, hyphens and underscores, "
            "starting with a letter or number."
        )


def page(
    parameters: dict[str, Any], key: str, items: Sequence[Any], describe: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """Return one page of ``items``, by ``maxResults`` and ``nextToken`` of the request.

    Raises:
        ClientError: ``maxResults`` is not 1-100, or ``nextToken`` did not come from a previous answer.
    """
    size = parameters.get("maxResults", PAGE_LIMIT)
    if not 1 <= size <= PAGE_LIMIT:
        raise ClientError(f"maxResults {size} is not between 1 and {PAGE_LIMIT}.")
    start = _offset(parameters.get("nextToken"))
    answer: dict[str, Any] = {key: [describe(item) for item in items[start : start + size]]}
    if start + size < len(items):
        answer["nextToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return answer


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError) as error:
        raise ClientError(f"nextToken {token!r} did not come from a previous answer.") from error
