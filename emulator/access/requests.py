"""An HTTP request as it arrived, and who may have sent it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from emulator.access.errors import AccessError

LOCAL_HOST = re.compile(r"(127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)*localhost)(:\d{1,5})?", re.IGNORECASE)
"""Names of this machine that no DNS server is asked for (RFC 6761, section 6.3)."""

FROM_BROWSERS = ("origin", "sec-fetch-site", "sec-fetch-mode")
"""Headers that browsers add to what web pages ask for, and pages can't take away."""


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
    """Return headers by their names in lower case; one on several lines is joined as signatures have it."""
    values: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        values[key] = f"{values[key]},{value}" if key in values else value
    return values


def check_sender(headers: Mapping[str, Any]) -> None:
    """Refuse what a browser sends for a web page, and what was meant for another host.

    A page may have its own name point to this machine (DNS rebinding): the name then stands in ``Host``.

    Raises:
        AccessError: it is such a request.
    """
    host = str(headers.get("host", ""))
    if not LOCAL_HOST.fullmatch(host):
        raise AccessError("AccessDenied", f"Host is {host!a}; allowed: 127.0.0.1, localhost, [::1].")
    if found := next((name for name in FROM_BROWSERS if name in headers), None):
        raise AccessError("AccessDenied", f"Requests with the header {found} are those of web pages.")
