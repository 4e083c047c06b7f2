import base64
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from marketplace import clock
from marketplace.accounts import tokens
from marketplace.api.html_middleware import FOR_GOOD, HtmlMiddleware
from marketplace.ids import CartId

SCRIPT = "console.log('ours')"
PAGE = f"<html><head><script>{SCRIPT}</script><script src='/a.js'></script></head></html>"


@pytest.fixture
def pages(tmp_path: Path) -> HtmlMiddleware:
    (tmp_path / "login").mkdir()
    for name in ("index.html", "login.html", "login/index.html", "404.html"):
        (tmp_path / name).write_text(PAGE)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a-1f3e.js").write_text(SCRIPT)
    (tmp_path / "fonts").mkdir()
    for name in ("fonts/figtree.woff2", "holdfast.css"):
        (tmp_path / name).write_text("as it is")

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    inner = Starlette(
        routes=[
            Route("/api/thing", lambda _: JSONResponse({})),
            Route("/session/renew", lambda _: PlainTextResponse("")),
            Route("/made", lambda _: HTMLResponse(PAGE)),
            WebSocketRoute("/_event", echo),
            Mount("/", PrecompressedStaticFiles(directory=tmp_path, html=True, encodings=["brotli", "gzip"])),
        ]
    )
    return HtmlMiddleware(inner, compiled=tmp_path)


@pytest.fixture
async def browser(pages: HtmlMiddleware) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/login", "/made", "/session/renew"])
async def test_a_visitor_without_a_cart_is_given_one(browser: httpx.AsyncClient, path: str):
    answer = await browser.get(path)
    cookie = answer.headers["set-cookie"]
    assert tokens.read_cart(answer.cookies["cart"], clock.now())
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("path", ["/nowhere", "/favicon.ico", "/wp-login.php"])
async def test_what_does_not_exist_is_answered_with_a_page(browser: httpx.AsyncClient, path: str, encoding: str):
    answer = await browser.get(path, headers={"Accept-Encoding": encoding})
    assert answer.status_code == 404
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert SCRIPT in answer.text


async def test_a_visitor_keeps_the_cart_they_have(browser: httpx.AsyncClient):
    browser.cookies.set("cart", tokens.issue_cart(CartId.new(), clock.now()))
    assert "set-cookie" not in (await browser.get("/")).headers


async def test_a_forged_cart_is_replaced(browser: httpx.AsyncClient):
    browser.cookies.set("cart", "eyJhbGciOiJub25lIn0.e30.")
    assert "set-cookie" in (await browser.get("/")).headers


async def test_files_and_the_api_give_no_cart(browser: httpx.AsyncClient):
    assert "set-cookie" not in (await browser.get("/assets/a-1f3e.js")).headers
    assert "set-cookie" not in (await browser.get("/api/thing")).headers


@pytest.mark.parametrize("path", ["/", "/made", "/nowhere"])
async def test_only_the_scripts_of_the_page_itself_may_run(browser: httpx.AsyncClient, path: str):
    policy = (await browser.get(path)).headers["content-security-policy"]
    digest = base64.b64encode(sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe-eval" not in policy


async def test_a_prerendered_page_answers_without_a_detour(browser: httpx.AsyncClient):
    assert (await browser.get("/login")).status_code == 200


async def test_what_carries_a_digest_in_its_name_is_kept_for_good(browser: httpx.AsyncClient):
    assert (await browser.get("/assets/a-1f3e.js")).headers["cache-control"] == FOR_GOOD
    assert "no-cache" in (await browser.get("/")).headers["cache-control"]


async def test_fonts_are_kept_for_good_and_every_file_can_be_asked_for_anew(browser: httpx.AsyncClient):
    assert (await browser.get("/fonts/figtree.woff2")).headers["cache-control"] == FOR_GOOD
    style = await browser.get("/holdfast.css")
    assert style.headers["cache-control"] == "public, max-age=3600"
    again = await browser.get("/holdfast.css", headers={"If-None-Match": style.headers["etag"]})
    assert again.status_code == 304


async def connects(pages: HtmlMiddleware, **headers: str) -> bool:
    """Whether a websocket with these headers is accepted."""
    sent: list[str] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await pages({"type": "websocket", "path": "/_event", "headers": raw, "subprotocols": []}, receive, send)
    return sent[0] == "websocket.accept"


async def test_only_our_own_pages_open_a_websocket(pages: HtmlMiddleware):
    assert await connects(pages, host="tickets.example", origin="http://tickets.example")
    assert await connects(pages, host="tickets.example")
    assert not await connects(pages, host="tickets.example", origin="https://evil.example")
    assert not await connects(pages, host="tickets.example", origin="null")
