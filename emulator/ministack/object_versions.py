"""Listings of object versions with encoded keys, which MiniStack leaves as they are.

SDKs ask for the encoding, as XML can't hold every key, and decode what they get: a `+` became a space.
"""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import quote

from emulator.ministack.cloudwatch_protocols import Answer, Handler

ENCODED = re.compile(r"<(Delimiter|Key|KeyMarker|NextKeyMarker|Prefix)>(.*?)</\1>", re.DOTALL)
"""What ``EncodingType`` speaks of (S3 API reference, ListObjectVersions); the text may be no XML."""


class ObjectVersions:
    """Handles the requests of S3: encodes such listings, and hands all else to ``others``."""

    def __init__(self, others: Handler) -> None:
        self._others = others

    async def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Answer:
        """Answer a request whose caller is allowed to make it."""
        answer = await self._others(method, path, headers, body, query)
        if method != "GET" or "versions" not in query or query.get("encoding-type") != ["url"]:
            return answer
        status, answer_headers, listing = answer
        text = ENCODED.sub(lambda found: f"<{found[1]}>{_encoded(found[2])}</{found[1]}>", listing.decode())
        text = text.replace("<IsTruncated>", "<EncodingType>url</EncodingType><IsTruncated>", 1)
        return status, answer_headers, text.encode()


def _encoded(text: str) -> str:
    return quote(unescape(text), safe="/")
