"""Encode the keys in listings of object versions. MiniStack does not encode them.

SDKs ask for encoded keys, because XML can't hold every key, and then decode them. So a `+` became a space.
"""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import quote

from emulator.ministack.cloudwatch_protocols import Answer, Handler

ENCODED = re.compile(r"<(Delimiter|Key|KeyMarker|NextKeyMarker|Prefix)>(.*?)</\1>", re.DOTALL)
"""The elements that are encoded (S3 API reference, ListObjectVersions). The listing may not be valid XML."""


class ObjectVersions:
    """Has ``others`` answer each request to S3, and encodes the keys of such listings."""

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
