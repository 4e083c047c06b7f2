"""The outermost ASGI layer: what every page of the web UI needs from the server before its first script has run.

Pages are prerendered files. This layer fills in what only the server knows (see meta.py), gives their visitor a cart,
tells the browser what they may load and do, and how long to keep which file. Of everything else it watches headers only:
streams and websockets pass through as they come.
"""

from __future__ import annotations

import base64
import gzip
import re
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import structlog
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace import clock, settings
from marketplace.accounts import tokens
from marketplace.accounts.errors import TokenRefused
from marketplace.addresses import API, SESSION
from marketplace.api import auth_context, languages, meta, same_origin
from marketplace.api.credentials import CART
from marketplace.cache import Cache
from marketplace.i18n import read_address, speaking
from marketplace.ids import CartId

log = structlog.get_logger()

FORMS = f"{SESSION}/"
"""Also where a page that lay open until its cart ran out is sent to get another: a websocket brings no cookies."""

HASHED = "/assets/"
"""Files below this carry a digest of their content in their name."""

NEVER_CHANGED = (HASHED, "/fonts/")
"""Another font gets another name."""

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

CHANGES_WITH_US = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"})
"""What a browser asks of a page that concerns the whole answer: the file inside is only a part of it."""

_INLINE_SCRIPT = re.compile(
    rb"<script(?![^>]*\bsrc=)(?![^>]*\bapplication/(?:ld\+)?json)[^>]*>(.*?)</script>", re.DOTALL
)


class HtmlMiddleware:
    """Wraps the whole application. `compiled` is the folder of prerendered pages; without it, Vite serves them."""

    def __init__(self, app: ASGIApp, compiled: Path) -> None:
        self.app = GZipMiddleware(app, minimum_size=1024, compresslevel=5)
        pages = (page.relative_to(compiled).with_suffix("") for page in compiled.rglob("*.html"))
        self._prerendered = frozenset(f"/{page}" for page in pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and same_origin.names_another(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Another site's page may not connect."})
        elif scope["type"] == "http" and not scope["path"].startswith(f"{API}/"):
            elsewhere = languages.way_to_own(scope)
            if elsewhere is None:
                await self.app(self._inner(scope), receive, _HtmlResponse(scope, send))
            else:
                await elsewhere(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _inner(self, scope: Scope) -> Scope:
        """The request as the file server shall see it."""
        path = scope["path"]
        if _is_file(path) or path.startswith(FORMS):
            return scope
        headers = [(name, value) for name, value in scope["headers"] if name not in CHANGES_WITH_US]
        # Also for HEAD we need the page, to tell its length and scripts.
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        # The file server would send /login on to the folder /login/.
        path = f"{path}.html" if path in self._prerendered else path
        return {**scope, "method": method, "headers": headers, "path": path}


@dataclass(frozen=True, slots=True)
class _Filled:
    """A page as it is sent, plain and compressed."""

    plain: bytes
    packed: bytes
    policy: str
    is_missing: bool


_pages: Cache[tuple[str, str, bool, object], _Filled] = Cache(most=500, seconds=5)
"""Filled pages, by address, whether something was asked for, and file."""


class _HtmlResponse:
    """`send` for one response outside the API. A page's first message waits until the page has been filled."""

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
            await self._send_page(Path(message["path"]))
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self.body)

    async def _begin(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        for name, value in EVERYWHERE.items():
            headers.setdefault(name, value)
        if settings.current().origin.startswith("https://"):
            headers["Strict-Transport-Security"] = "max-age=31536000"
        is_page = headers.get("content-type", "").startswith("text/html")
        if (is_page or self.scope["path"].startswith(FORMS)) and not _has_cart(Headers(scope=self.scope)):
            for cookie in _fresh_cart():
                headers.append("Set-Cookie", cookie)
        if is_page:
            if read_address(self.scope["path"])[0] == "en":
                headers.add_vary_header(languages.WHAT_DECIDES)
            self.start = start
            return
        if start["status"] in {200, 304}:
            path = self.scope["path"]
            kept = FOR_GOOD if path.startswith(NEVER_CHANGED) else FOR_AN_HOUR if _is_file(path) else ASK_AGAIN
            headers.setdefault("Cache-Control", kept)
        await self.send(start)

    async def _send_page(self, source: Path | bytes) -> None:
        assert self.start is not None
        page = await self._filled(source)
        if page.is_missing:
            self.start["status"] = 404
        headers = MutableHeaders(scope=self.start)
        headers["Content-Security-Policy"] = POLICY.format(scripts=page.policy)
        headers.setdefault("Cache-Control", ASK_AGAIN)
        headers.add_vary_header("Accept-Encoding")
        del headers["Content-Encoding"]
        is_packed = "gzip" in Headers(scope=self.scope).get("accept-encoding", "")
        body = page.packed if is_packed else page.plain
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        # They spoke of the file alone.
        del headers["ETag"], headers["Last-Modified"], headers["Accept-Ranges"]
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": b"" if self.scope["method"] == "HEAD" else body})

    async def _filled(self, source: Path | bytes) -> _Filled:
        path = self.scope["path"].rstrip("/") or "/"
        query = QueryParams(self.scope["query_string"])
        key = (path, query.get("category", ""), bool(query), _version(source))
        return await _pages.get(key, partial(_fill, path, query, source))


async def _fill(path: str, query: QueryParams, source: Path | bytes) -> _Filled:
    language, english_path = read_address(path)
    page = _text(source).replace('<html lang="en"', f'<html lang="{language}"', 1)
    is_missing = False
    try:
        with speaking(language):
            known = await meta.meta_of(english_path, query)
            page, is_missing = known.fill(page), known.is_missing
    except Exception:
        # A page without its description is better than none: it says itself what is wrong.
        log.exception("page.unfilled", path=path)
    plain = page.encode()
    return _Filled(plain, gzip.compress(plain, 6), _digests(plain), is_missing)


def _version(source: Path | bytes) -> object:
    return sha256(source).digest() if isinstance(source, bytes) else (source, source.stat().st_mtime_ns)


def _text(source: Path | bytes) -> str:
    return (source if isinstance(source, bytes) else source.read_bytes()).decode()


def _is_file(path: str) -> bool:
    return "." in path.rpartition("/")[2]


def _has_cart(headers: Headers) -> bool:
    token = cookie_parser(headers.get("cookie", "")).get(CART, "")
    try:
        tokens.read_cart(token, clock.now())
    except TokenRefused:
        return False
    return True


def _fresh_cart() -> list[str]:
    """The cookies that bring a cart."""
    carrier = Response()
    auth_context.give_cart(carrier, CartId.new())
    return carrier.headers.getlist("set-cookie")


def _digests(page: bytes) -> str:
    """The inline scripts of a page as sources of a Content Security Policy (CSP level 3, 2.3.1)."""
    digests = {base64.b64encode(sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page)}
    return " ".join(f"'sha256-{digest}'" for digest in sorted(digests))
