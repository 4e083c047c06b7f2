"""Bodies are read from those who may send them, and only for so long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.types import Message

from marketplace.api import middleware
from marketplace.api.app import ROUTERS, create_app
from marketplace.api.auth_context import member_from
from tests.api.test_listings import guest_with_account
from tests.api.test_purchase import bearer
from tests.makers.bookings import Market
from tests.waiting import eventually

MEMBERS_BODIES = [
    (method, path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method, path in [("".join(route.methods), route.path)]
    if method not in {"GET", "HEAD"} and any(part.call is member_from for part in route.dependant.dependencies)
]


class Answer(dict[str, Any]):
    status: int
    headers: dict[bytes, bytes]


async def asked(
    app: Any,
    method: str,
    path: str,
    receive: Callable[[], Awaitable[Message]],
    headers: dict[str, str],
    query: str = "",
) -> Answer:
    """The problem that `app` answers with to a raw request."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method,
        "path": f"/api/v1{path}", "raw_path": f"/api/v1{path}".encode(), "root_path": "", "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 50000), "server": ("test", 80),
    }  # fmt: skip
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answer = Answer(json.loads(sent[1]["body"]))
    answer.status, answer.headers = sent[0]["status"], dict(sent[0]["headers"])
    return answer


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "key"}], ids=["plain", "with a key"])
@pytest.mark.parametrize(("method", "path"), MEMBERS_BODIES)
async def test_nothing_is_read_of_a_stranger_where_somebody_must_be_logged_in(
    app: Any, method: str, path: str, headers: dict[str, str]
) -> None:
    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    refused = await asked(
        app,
        method,
        path,
        receive,
        {"Content-Type": "application/json"} | headers,
        "seller_id=x" if "plans" in path else "",
    )
    assert (refused.status, refused["code"]) == (401, "unauthenticated")


def test_what_takes_the_largest_bodies_is_for_members() -> None:
    assert {("POST", "/plans"), ("POST", "/listings"), ("PATCH", "/me"), ("POST", "/owed/{id}/settle")} <= {
        *MEMBERS_BODIES
    }


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_nothing_is_read_of_a_plan_for_somebody_elses_shop(app: Any, market: Market) -> None:
    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    headers = await bearer(guest_with_account(), market.now)
    refused = await asked(app, "POST", "/plans", receive, headers, f"seller_id={market.listing.seller.id}")
    assert (refused.status, refused["code"]) == (403, "forbidden")


class TestSlowBodies:
    @pytest.fixture(autouse=True)
    def hurry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(middleware, "PATIENCE", 0.01)

    async def sent(self, app: Any, receive: Callable[[], Awaitable[Message]]) -> Answer:
        async with asyncio.timeout(30):
            return await asked(app, "POST", "/auth/login", receive, {"Content-Type": "application/json"})

    async def test_a_body_that_never_comes_is_not_waited_for(self, app: Any) -> None:
        async def never() -> Message:
            return await asyncio.Future()

        refused = await self.sent(app, never)
        assert (refused.status, refused["code"]) == (408, "too_slow")
        assert refused.headers[b"connection"] == b"close"

    async def test_nor_is_one_that_comes_byte_after_byte(self, app: Any) -> None:
        async def drops() -> Message:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b" ", "more_body": True}

        assert (await self.sent(app, drops)).status == 408

    async def test_one_that_keeps_the_pace_may_take_longer(self, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(middleware, "SLOWEST", 10)
        now = asyncio.get_running_loop().time
        pieces = iter([b" " * 1000, b"{}"])
        first_at = 0.0

        async def in_time() -> Message:
            nonlocal first_at
            body = next(pieces)
            first_at = first_at or now()
            if body == b"{}":
                await eventually(lambda: now() > first_at + 3 * middleware.PATIENCE)
            return {"type": "http.request", "body": body, "more_body": body != b"{}"}

        assert (await self.sent(app, in_time)).status == 422

    async def test_whoever_waits_for_the_end_of_the_connection_is_left_in_peace(self) -> None:
        heard: list[str] = []
        late = asyncio.get_running_loop().time() + 3 * middleware.PATIENCE

        async def listening(scope: Any, receive: Any, send: Any) -> None:
            heard.extend([(await receive())["type"] for _ in range(2)])

        messages = iter([{"type": "http.request"}, {"type": "http.disconnect"}])

        async def receive() -> Message:
            message = next(messages)
            if message["type"] == "http.disconnect":
                await eventually(lambda: asyncio.get_running_loop().time() > late)
            return message

        scope = {"type": "http", "method": "GET", "path": "/api/v1/stream", "headers": []}
        await middleware.Edge(listening)(scope, receive, lambda _: asyncio.sleep(0))
        assert heard == ["http.request", "http.disconnect"]


def test_the_document_tells_of_slow_bodies() -> None:
    document = create_app().openapi()
    assert "408" in document["paths"]["/api/v1/plans"]["post"]["responses"]
    assert "408" not in document["paths"]["/api/v1/listings"]["get"]["responses"]
