"""The outermost ASGI layer: what every page of the web UI needs from the server before its first script has run.

Pages are prerendered files. This layer gives their visitor a cart, tells the browser what they may load and do, and how
long to keep which file. It watches headers only: streams and websockets pass through as they come.
"""

from __future__ import annotations

import base64
import gzip
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace import clock, settings
from marketplace.accounts import tokens
from marketplace.accounts.errors import TokenRefused
from marketplace.api import asking
from marketplace.ids import CartId

API = "/api/"
FORMS = "/session/"
"""Also where a page that lay open until its cart ran out is sent to get another: a websocket brings no cookies."""

HASHED = "/assets/"
"""Files below this carry a digest of their content in their name."""

FOR_GOOD = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"
ASK_AGAIN = "private, no-cache"

POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Inline scripts are named one by one by their digests. Inline styles cannot be: React sets `style` attributes."""

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    # A magic link is a secret in an address: no other site is told where its visitor came from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=(self)",
}

_INLINE_SCRIPT = re.compile(
    rb"<script(?![^>]*\bsrc=)(?![^>]*\bapplication/(?:ld\+)?json)[^>]*>(.*?)</script>", re.DOTALL
)


class Pages:
    """Wraps the whole application. `compiled` is the folder of prerendered pages; without it, Vite serves them."""

    def __init__(self, app: ASGIApp, compiled: Path) -> None:
        self.app = GZipMiddleware(app, minimum_size=1024, compresslevel=5)
        pages = (page.relative_to(compiled).with_suffix("") for page in compiled.rglob("*.html"))
        self._prerendered = frozenset(f"/{page}" for page in pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not _is_own(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Another site's page may not connect."})
        elif scope["type"] == "http" and not scope["path"].startswith(API):
            if scope["path"] in self._prerendered:
                # The file server would send /login on to the folder /login/.
                scope = {**scope, "path": f"{scope['path']}.html"}
            await self.app(scope, receive, _Dressed(scope, send))
        else:
            await self.app(scope, receive, send)


class _Dressed:
    """`send` for one response outside the API. A page's first message waits until its scripts are known."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self.send = scope, send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self.start is None:
            await self.send(message)
        elif message["type"] == "http.response.pathsend":
            await self._send_page(_scripts_of_file(message["path"]), message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self._scripts_of_body(), {"type": "http.response.body", "body": self.body})

    async def _begin(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        for name, value in EVERYWHERE.items():
            headers.setdefault(name, value)
        if settings.current().origin.startswith("https://"):
            headers["Strict-Transport-Security"] = "max-age=31536000"
        is_page = headers.get("content-type", "").startswith("text/html")
        if (is_page or self.scope["path"].startswith(FORMS)) and not _has_cart(Headers(scope=self.scope)):
            headers.append("Set-Cookie", _fresh_cart())
        if is_page:
            self.start = start
            return
        if start["status"] in {200, 304}:
            is_file = "." in self.scope["path"].rpartition("/")[2]
            kept = FOR_GOOD if self.scope["path"].startswith(HASHED) else FOR_AN_HOUR if is_file else ASK_AGAIN
            headers.setdefault("Cache-Control", kept)
        await self.send(start)

    async def _send_page(self, scripts: str, body: Message) -> None:
        assert self.start is not None
        headers = MutableHeaders(scope=self.start)
        headers["Content-Security-Policy"] = POLICY.format(scripts=scripts)
        headers.setdefault("Cache-Control", ASK_AGAIN)
        await self.send(self.start)
        await self.send(body)

    def _scripts_of_body(self) -> str:
        assert self.start is not None
        is_packed = Headers(raw=self.start["headers"]).get("content-encoding") == "gzip"
        return _digests(gzip.decompress(self.body) if is_packed and self.body else self.body)


def _is_own(headers: Headers) -> bool:
    """Whether a browser's request comes from one of our pages. What is no browser says nothing."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc in {
        headers.get("host"),
        urlsplit(settings.current().origin).netloc,
    }


def _has_cart(headers: Headers) -> bool:
    token = cookie_parser(headers.get("cookie", "")).get(asking.CART, "")
    try:
        tokens.read_cart(token, clock.now())
    except TokenRefused:
        return False
    return True


def _fresh_cart() -> str:
    """A cookie with a cart in it."""
    carrier = Response()
    asking.give_cart(carrier, CartId.new())
    return carrier.headers["set-cookie"]


def _scripts_of_file(path: str) -> str:
    file = Path(path.removesuffix(".gz"))
    return _digests_of_file(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _digests_of_file(file: Path, _changed: int) -> str:
    return _digests(file.read_bytes())


def _digests(page: bytes) -> str:
    """The inline scripts of a page as sources of a Content Security Policy (CSP level 3, 2.3.1)."""
    digests = {base64.b64encode(sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page)}
    return " ".join(f"'sha256-{digest}'" for digest in sorted(digests))
