"""The front door: one ASGI application with every page, the websocket and the API."""

# No postponed annotations here: Reflex evaluates those of the exception handler in a module of its own.
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import reflex as rx
import structlog
from reflex.app import default_error_boundary
from reflex.event import EventSpec
from reflex_base.event.context import EventContext

from marketplace import settings, wiring
from marketplace.accounts.errors import SessionEnded, TokenRefused
from marketplace.api.app import create_app
from marketplace.api.pages import Pages
from marketplace.components.theme import DARK, LIGHT
from marketplace.errors import HoldfastError
from marketplace.jobs.worker import working
from marketplace.lab.lockstep import following
from marketplace.pages.routes import add_pages
from marketplace.state.arguments import Arguments
from marketplace.state.newcomers import Newcomers
from marketplace.state.tongue import Tongue
from marketplace.state.viewer import ViewerState
from marketplace.words import read_address, say, speak

log = structlog.get_logger()

AS_FONT = {"as": "font", "type": "font/woff2", "crossOrigin": "anonymous"}
COMPILED = Path(".web/build/client")
"""Where Reflex puts the compiled pages; the launcher works from the project's folder."""

FONTS = ("bricolage-grotesque-latin-wght-normal", "figtree-latin-wght-normal")

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


def tell_or_log(exception: Exception) -> EventSpec:
    """What we refuse on purpose is told in its own words; anything else is logged and told in ours."""
    # It runs in a task of its own, which knows nothing of what the event's was speaking.
    speak(read_address(str(EventContext.get().router_data.get("pathname", "")))[0])
    if isinstance(exception, TokenRefused | SessionEnded):
        return ViewerState.renew()
    if isinstance(exception, HoldfastError):
        return ViewerState.tell(exception.message)
    log.error("page.failed", exc_info=exception)
    return ViewerState.tell(say("Something went wrong on our side. Nothing was lost; please try again."))


@asynccontextmanager
async def open_house() -> AsyncIterator[None]:
    """For as long as a web process lives: its connections and, where the settings say so, a worker."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(wiring.house())
        await stack.enter_async_context(following())
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
    api_transformer=[create_app(), partial(Pages, compiled=COMPILED)],
)
app.add_middleware(Newcomers(), index=0)
app.add_middleware(Tongue())
app.add_middleware(Arguments())
app.register_lifespan_task(open_house)
add_pages(app)
