"""Every door that a browser can be talked into knocking at asks the same question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from marketplace import settings
from marketplace.accounts import tokens
from marketplace.api import languages
from marketplace.api.html_middleware import HtmlMiddleware
from marketplace.ids import CartId
from tests.api.client import Client
from tests.makers.bookings import Market

PUBLIC = "https://tickets.example:8443"
OURS = ["http://test", "https://test", PUBLIC, "http://tickets.example:8443"]
"""The host that was asked for, behind whatever proxy, and the one that the settings name."""

ANOTHERS = [
    "https://evil.example", "http://test.evil.example", "https://evil.example/http://test", "http://test:81", "http://test@evil.example",
    "https://tickets.example", "null", "", "//", "test",
]  # fmt: skip
# The userinfo, the path, the port and the empty host are where a comparison of texts goes wrong.

Asked = Callable[[str], Awaitable[bool]]


@pytest.fixture(autouse=True)
def public_address(own_settings: settings.Settings) -> None:
    settings.use(own_settings.model_copy(update={"public_url": PUBLIC}))


@pytest.fixture(params=["a change with cookies", "a form", "the lab", "a websocket", "the page that led here"])
def is_let_in(request: pytest.FixtureRequest, api: Client, market: Market, tmp_path) -> Asked:
    """Whether one of the doors believes a browser that names this address."""
    cart = tokens.issue_cart(CartId.new(), market.now)
    cookie = {"Cookie": f"cart={cart}"}

    async def change(origin: str) -> bool:
        wanted = {"listing_id": market.listing.id, "seats": ["A-1"]}
        return (await api.post("/holds", json=wanted, headers=cookie | {"Origin": origin})).status_code != 403

    async def form(origin: str) -> bool:
        # Where a browser names nobody the token decides, which the last test looks at.
        csrf = tokens.csrf_for(cart) if origin not in {"", "null"} else ""
        fields = {"email": "nobody", "password": "x", "csrf": csrf}
        answer = await api.post("http://test/session/login", data=fields, headers=cookie | {"Origin": origin})
        return "cross_site" not in answer.headers["location"]

    async def lab(origin: str) -> bool:
        return (await api.get("/lab/clock", headers={"Origin": origin})).status_code != 403

    async def websocket(origin: str) -> bool:
        async def echo(socket: WebSocket) -> None:
            await socket.accept()
            await socket.close()

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        scope = {
            "type": "websocket", "path": "/_event", "raw_path": b"/_event", "query_string": b"", "root_path": "", "scheme": "ws",
            "headers": [(b"host", b"test"), (b"origin", origin.encode())], "subprotocols": [],
        }  # fmt: skip
        await HtmlMiddleware(Starlette(routes=[WebSocketRoute("/_event", echo)]), tmp_path)(scope, receive, send)
        return sent[0]["type"] == "websocket.accept"

    async def led(origin: str) -> bool:
        return languages.came_from(Headers({"host": "test", "referer": f"{origin}/browse"})) == "/browse"

    doors: dict[str, Asked] = {
        "a change with cookies": change, "a form": form, "the lab": lab, "a websocket": websocket, "the page that led here": led,
    }  # fmt: skip
    return doors[request.param]


@pytest.mark.parametrize("origin", OURS)
async def test_our_own_pages_are_believed(is_let_in: Asked, origin: str):
    assert await is_let_in(origin)


@pytest.mark.parametrize("origin", ANOTHERS)
async def test_nobody_elses_are(is_let_in: Asked, origin: str):
    assert not await is_let_in(origin)


async def test_a_page_that_names_no_origin_shows_its_token(api: Client, market: Market):
    cart = tokens.issue_cart(CartId.new(), market.now)
    for csrf, believed in ((tokens.csrf_for(cart), True), ("", False), ("guessed", False)):
        answer = await api.post(
            "http://test/session/login",
            data={"email": "nobody", "password": "x", "csrf": csrf},
            headers={"Cookie": f"cart={cart}", "Origin": "null", "Sec-Fetch-Site": "same-origin"},
        )
        assert ("cross_site" not in answer.headers["location"]) == believed
