"""An HTTP request as it was received, and a check of its sender."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from emulator.access.errors import AccessError

LOCAL_HOST = re.compile(r"(127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)*localhost)(:\d{1,5})?", re.IGNORECASE)
"""The names of this machine that need no DNS server (RFC 6761, section 6.3)."""

FROM_BROWSERS = ("origin", "sec-fetch-site", "sec-fetch-mode")
"""Browsers add these headers to requests of web pages, and pages can't remove them."""


@dataclass(frozen=True)
class ReceivedRequest:
    """A request without its body; names of headers are in lower case."""

    method: str
    raw_path: str
    """As sent, without the query."""
    raw_query: str
    headers: Mapping[str, str]

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's values, decoded, by name."""
        return parse_qs(self.raw_query, keep_blank_values=True)


def joined_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by their names in lower case. Repeated ones are joined as for a signature."""
    values: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        values[key] = f"{values[key]},{value}" if key in values else value
    return values


def check_sender(headers: Mapping[str, Any]) -> None:
    """Refuse requests of web pages and requests for another host.

    A page can make its own name point to this machine (DNS rebinding). ``Host`` then has that name.

    Raises:
        AccessError: the request is one of these.
    """
    host = str(headers.get("host", ""))
    if not LOCAL_HOST.fullmatch(host):
        raise AccessError("AccessDenied", f"Host is {host!a}; allowed: 127.0.0.1, localhost, [::1].")
    if found := next((name for name in FROM_BROWSERS if name in headers), None):
        raise AccessError("AccessDenied", f"Requests with the header {found} are those of web pages.")
