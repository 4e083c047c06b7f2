"""The front door: one ASGI application with every page, the websocket and the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import reflex as rx
from reflex.app import default_error_boundary

from marketplace import settings, wiring
from marketplace.api import sockets
from marketplace.api.app import create_app
from marketplace.api.html_middleware import HtmlMiddleware
from marketplace.api.sockets import Sockets
from marketplace.brand import DARK, LIGHT
from marketplace.jobs.worker import working
from marketplace.lab.cluster_sync import following
from marketplace.pages.failures import tell_or_log
from marketplace.pages.routes import add_pages
from marketplace.state.arguments import Arguments
from marketplace.state.language_middleware import LanguageMiddleware
from marketplace.state.newcomers import Newcomers

AS_FONT = {"as": "font", "type": "font/woff2", "crossOrigin": "anonymous"}
COMPILED = Path(".web/build/client")
"""Where Reflex puts the compiled pages; the launcher works from the project's folder."""

FONTS = ("bricolage-grotesque-latin-650", "figtree-latin-400-700")

TELL_ZONE = (
    "document.cookie = 'zone=' + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)"
    " + '; path=/; max-age=31536000; samesite=lax'"
)
"""Runs before the websocket opens, so that times are right in the first answer already."""

VISITS = """(() => {
  const visit = () => (document.cookie.match(/(?:^|; )visit=([^;]*)/) || [])[1] || "";
  const mine = visit();
  const anew = () => { if (visit() !== mine) { sessionStorage.clear(); location.reload(); } };
  if ((sessionStorage.getItem("visit") ?? mine) !== mine) sessionStorage.clear();
  sessionStorage.setItem("visit", mine);
  localStorage.setItem("visit", mine);
  addEventListener("storage", (change) => { if (change.key === "visit") anew(); });
  addEventListener("pageshow", anew);
  document.addEventListener("visibilitychange", anew);
})()"""
"""Runs before the page asks for its State: one that belongs to whoever was logged in before is left behind. Every other tab
hears of it and begins anew, as does a page that “back” brings from the browser's memory."""


def head() -> list[rx.Component]:
    """What every page's head holds beside its title."""
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/apple-touch-icon.png"),
        rx.el.link(rel="manifest", href="/manifest.webmanifest"),
        # As attributes: Reflex takes `media` for CSS.
        *(
            rx.el.meta(
                name="theme-color", content=theme["ground"], custom_attrs={"media": f"(prefers-color-scheme: {scheme})"}
            )
            for scheme, theme in (("light", LIGHT), ("dark", DARK))
        ),
        *(rx.el.link(rel="preload", href=f"/fonts/{font}.woff2", custom_attrs=AS_FONT) for font in FONTS),
        rx.el.script(TELL_ZONE),
        rx.el.script(VISITS),
    ]


@asynccontextmanager
async def open_house() -> AsyncIterator[None]:
    """For as long as a web process lives: its connections and, where the settings say so, a worker."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(wiring.app_context())
        await stack.enter_async_context(following())
        await stack.enter_async_context(sockets.watching_the_store())
        if settings.current().jobs_in_web:
            await stack.enter_async_context(working())
        yield


app = rx.App(
    stylesheets=["/holdfast.css"],
    head_components=head(),
    html_lang="en",
    # Ours are in pages/frame.py: no toaster, no banner.
    toaster=None,
    app_wraps={(55, "ErrorBoundary"): lambda _: default_error_boundary()},
    backend_exception_handler=tell_or_log,
    api_transformer=[create_app(), Sockets, partial(HtmlMiddleware, compiled=COMPILED)],
)
app.add_middleware(Newcomers(), index=0)
app.add_middleware(LanguageMiddleware())
app.add_middleware(Arguments())
app.register_lifespan_task(open_house)
add_pages(app)
