"""Requests on their way to MiniStack, which is an ASGI application."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from emulator.ministack.role_trust import acting_service

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Application = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class RequestContext:
    """Hands requests on as MiniStack should see them.

    They never leave the machine, which is as safe as the TLS that policies ask for. A client that takes
    MiniStack for a proxy names the whole URL where others name the path.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Hand one request on."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        prepared = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        if not scope["path"].startswith("/"):
            prepared["path"] = urlsplit(scope["path"]).path or "/"
            prepared["raw_path"] = urlsplit(scope["raw_path"]).path or b"/"
        with acting_service(scope["headers"]):
            await self._application(prepared, receive, send)
