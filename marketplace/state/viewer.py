"""Who is looking. Every handler asks `await actor_of(self)` before it acts.

The browser's cookies are HttpOnly; they arrive here with the websocket's first request. What a handler asks of them are
functions of any State: they read the router, which comes with every event, and nothing else has to be loaded. Every public
method of a State is an event that any browser may send, so helpers begin with an underscore.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote

import reflex as rx
from starlette.requests import cookie_parser

from marketplace import clock, datetimes, settings
from marketplace.accounts import queries as accounts
from marketplace.accounts import throttle, tokens
from marketplace.accounts.errors import SessionEnded, TokenRefused
from marketplace.accounts.views import Actor
from marketplace.addresses import renewal
from marketplace.db import transaction
from marketplace.i18n import _
from marketplace.ids import CartId

RENEWED_AGO = timedelta(seconds=30)
"""Cookies that were renewed a moment ago and are refused again are not renewed once more: that would go in circles."""


class ViewerState(rx.State):
    """What every page shows of its viewer, and the one place where it tells them something."""

    name: str = ""
    is_signed_in: bool = False
    is_operator: bool = False
    csrf: str = ""
    moves_no_money: bool = False
    """Whether payments are simulated where people might take them for real ones: every page says so."""

    has_lab: bool = False
    """Whether the testers' lab is open here."""

    notice: str = ""
    away: str = ""
    """Where the browser goes next, by a whole navigation: a redirect of Reflex' own stays among the pages."""

    _began_with: str = ""
    """The cart of the visitor whom this tab's States belong to."""

    _renewed_at: datetime | None = None
    _renewed_on: str = ""

    @rx.event
    async def look(self) -> None:
        """First on every page's `on_load`: learn who is looking."""
        self.csrf = tokens.csrf_for(_cookies(self).get("cart", ""))
        self.notice = ""
        self.moves_no_money = settings.current().moves_no_money
        self.has_lab = settings.current().lab_is_open
        try:
            actor = await actor_of(self)
        except (TokenRefused, SessionEnded):
            self._renew(_("Your session has expired. Please log in again."))
            return
        if actor.cart is None:
            self._renew(_("Please allow cookies: without them we cannot keep seats for you."))
            return
        # Half an operator is led to the desk as well: it says what is missing.
        self.is_operator = actor.is_operator or actor.lacks_second_factor
        self.is_signed_in = actor.account is not None
        self.name = ""
        if actor.account is not None:
            async with transaction(reading=True) as session:
                self.name = (await accounts.account_view(session, actor.account)).name

    @rx.event
    def renew(self) -> None:
        """Have a log-in renewed that ran out while the page lay open."""
        self._renew(_("Your session has expired. Please log in again."))

    @rx.event
    def tell(self, message: str) -> None:
        """Show a passing word on whatever page is open."""
        self.notice = message

    @rx.event
    def dismiss(self) -> None:
        self.notice = ""

    def _is_of_another(self) -> bool:
        """Whether this tab belongs to another visitor than the one who has connected."""
        return self._began_with not in {"", _cart_of(self) or ""}

    def _begin(self) -> None:
        """From now on it belongs to whoever has connected."""
        self._began_with = _cart_of(self) or ""

    def _come_back(self, now: datetime) -> None:
        """Have the page that is open loaded anew."""
        self.away = renewal(_here(self), now)

    def _renew(self, otherwise: str) -> None:
        """Go and fetch fresh cookies; say `otherwise` if that was tried a moment ago."""
        now, connection = clock.now(), self.router.session.session_id
        if self._renewed_on == connection:
            return  # this page is being left already
        if self._renewed_at is not None and now - self._renewed_at < RENEWED_AGO:
            self.is_signed_in, self.name, self.notice = False, "", otherwise
            return
        self._renewed_at, self._renewed_on = now, connection
        self.away = renewal(_here(self), now)


async def actor_of(state: rx.State) -> Actor:
    """Whoever this browser's cookies vouch for. Raises TokenRefused, SessionEnded where a log-in has run out."""
    now, url = clock.now(), state.router.url
    key = url.query_parameters.get("key", "")
    link = tokens.read_booking_key(key, now) if key else None
    network = throttle.network_of(state.router.session.client_ip)
    access = _cookies(state).get("access", "")
    if not access:
        return Actor(cart=_cart_of(state), link=link, network=network)
    claims = tokens.read_access(access, now)
    async with transaction(reading=True) as session:
        own_cart = await accounts.cart_of_log_in(session, claims.session, now)
    return replace(claims.actor(cart=own_cart or _cart_of(state), link=link), network=network)


def zone_of(state: rx.State) -> str:
    """The IANA zone of the viewer's own clock."""
    zone = unquote(_cookies(state).get("zone", ""))
    return zone if zone in datetimes.zones() else "UTC"


def typed(state: rx.State, name: str) -> str:
    """What was typed into a form that has come back."""
    try:
        return str(json.loads(tokens.unsealed(_cookies(state).get("typed", ""))).get(name, ""))
    except (TokenRefused, ValueError):
        return ""


def part_of(state: rx.State, name: str) -> str:
    """A part of the address: the slug of `/l/[listing_slug]`. Reflex gives it to States when the page is added."""
    return str(getattr(state, name, ""))


async def tell(state: rx.State, message: str) -> None:
    """Show a passing word with what the handler has changed; an empty one takes the last away."""
    (await state.get_state(ViewerState)).notice = message


async def fetch_cookies(state: rx.State, then: str) -> None:
    """Go by the log-in routes to `then`: with fresh cookies or, where the log-in has ended, without."""
    (await state.get_state(ViewerState)).away = renewal(then, clock.now())


def _cart_of(state: rx.State) -> CartId | None:
    """The visitor's cart. One that has run out counts as none: the next page brings a fresh one."""
    try:
        return tokens.read_cart(_cookies(state).get("cart", ""), clock.now())
    except TokenRefused:
        return None


def _cookies(state: rx.State) -> dict[str, str]:
    return cookie_parser(state.router.headers.cookie)


def _here(state: rx.State) -> str:
    """The address that is open, without its host."""
    url = state.router.url
    return f"{url.path}?{url.query}" if url.query else url.path
