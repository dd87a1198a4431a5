"""Prepare requests for MiniStack, which is an ASGI application."""

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
    """Passes requests on as requests over TLS, with the path only, in the name of the acting service.

    Requests never leave this machine, so they are as safe as the TLS that policies ask for. A client that
    uses MiniStack as its proxy sends the whole URL in place of the path.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        prepared = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        if not scope["path"].startswith("/"):
            prepared["path"] = urlsplit(scope["path"]).path or "/"
            prepared["raw_path"] = urlsplit(scope["raw_path"]).path or b"/"
        with acting_service(scope["headers"]):
            await self._application(prepared, receive, send)
