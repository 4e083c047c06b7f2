"""What every API answer has in common, as one plain ASGI layer: a request id, a body limit, headers, numbers."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace import limits
from marketplace.addresses import NO_PAGES
from marketplace.api import languages, problems
from marketplace.api.auth_context import RATE
from marketplace.i18n import speaking, spoken
from marketplace.ids import ulid

REQUESTS = Counter(
    "holdfast_requests_total", "API requests by route, method and status.", ["route", "method", "status"]
)
SECONDS = Histogram(
    "holdfast_request_seconds", "Seconds an API request took, by route.", ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip

log = structlog.get_logger()

PATIENCE, SLOWEST = 20.0, 16 << 10
"""Seconds that we wait for a body, and the bytes that earn it one more: who sends byte after byte holds nothing for long."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class _HeadersAreEnough(Exception):
    """Ends what would go on to send a body, be it a stream without end."""


class _Body:
    """The body of one request: it may be `most` bytes long, and come only so slowly."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._read, self._is_whole = 0, False
        self._asked_at = asyncio.get_running_loop().time()

    async def receive(self) -> Message:
        """Its next piece; after the last, the end of the connection, however late that is."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._asked_at + PATIENCE + self._read / SLOWEST):
                message = await self._receive()
        except TimeoutError:
            raise problems.too_slow() from None
        self._read += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._read > self._most:
            raise problems.too_large(self._most)
        return message


class Edge:
    """Wraps the API: assigns `X-Request-ID`, bounds bodies, counts and times.

    A body over 1 MiB (a plan's: 32 MiB) is refused with 413, one that is too slow with 408.
    HEAD is answered as GET without the body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(NO_PAGES):
            await self.app(scope, receive, send)
            return
        with speaking(languages.of_request(scope)):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else ulid()
        began, status = time.perf_counter(), 0
        is_head = scope["method"] == "HEAD"
        asked = {**scope, "method": "GET"} if is_head else scope
        most = limits.PLAN if scope["path"] == "/api/v1/plans" else limits.BODY
        body = _Body(receive, most)

        async def marked_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = MutableHeaders(scope=message)
                answered.update(asked.get(RATE, {}))
                answered["X-Request-ID"] = request_id
                answered["X-Content-Type-Options"] = "nosniff"
                answered.setdefault("Cache-Control", "no-store")
                answered["Content-Language"] = spoken()
                answered.add_vary_header("Accept-Language")
            await send(message)
            if is_head:
                await send({"type": "http.response.body"})
                raise _HeadersAreEnough

        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                length = headers.get("content-length", "0")
                if length.isdecimal() and int(length) <= most:
                    await self.app(asked, body.receive, marked_send)
                else:
                    await problems.of_http(problems.too_large(most))(asked, receive, marked_send)
        except _HeadersAreEnough:
            pass
        except Exception:
            log.exception("api.unforeseen", path=scope["path"], request_id=request_id)
            if status:  # too late for a better answer
                raise
            with suppress(_HeadersAreEnough):
                await problems.unforeseen()(asked, receive, marked_send)
        finally:
            route = getattr(asked.get("route"), "path", "unmatched")
            REQUESTS.labels(route, scope["method"], status).inc()
            SECONDS.labels(route).observe(time.perf_counter() - began)
