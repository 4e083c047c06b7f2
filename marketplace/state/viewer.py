"""Who is looking: every other State inherits from this one and asks `await self._actor()` before it acts.

The browser's cookies are HttpOnly; they arrive here with the websocket's first request. Every public method of a State
is an event that any browser may send, so helpers begin with an underscore.
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
    """What every screen shows of its viewer, and the one place where it tells them something."""

    name: str = ""
    is_signed_in: bool = False
    is_operator: bool = False
    is_seller: bool = False
    csrf: str = ""
    zone: str = "UTC"
    """The IANA zone of the viewer's own clock."""

    moves_no_money: bool = False
    """Whether payments are simulated where people might take them for real ones: every page says so."""

    has_lab: bool = False
    """Whether the testers' lab is open here."""

    notice: str = ""
    away: str = ""
    """Where the browser goes next, by a whole navigation: a redirect of Reflex' own stays among the pages."""

    _began_with: str = ""
    """The cart of the visitor whom this State belongs to."""

    _renewed_at: datetime | None = None
    _renewed_on: str = ""

    @rx.event
    async def look(self) -> None:
        """First on every page's `on_load`: learn who is looking."""
        cookies = self._cookies()
        zone = unquote(cookies.get("zone", ""))
        self.zone = zone if zone in datetimes.zones() else "UTC"
        self.csrf = tokens.csrf_for(cookies.get("cart", ""))
        self.notice = ""
        self.moves_no_money = settings.current().moves_no_money
        self.has_lab = settings.current().lab_is_open
        try:
            actor = await self._actor()
        except (TokenRefused, SessionEnded):
            self._renew(_("Your session has expired. Please log in again."))
            return
        if actor.cart is None:
            self._renew(_("Please allow cookies: without them we cannot keep seats for you."))
            return
        # Half an operator is led to the desk as well: it says what is missing.
        self.is_operator = actor.is_operator or actor.lacks_second_factor
        self.is_seller = bool(actor.sellers)
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

    async def _actor(self) -> Actor:
        """Whoever this browser's cookies vouch for. Raises TokenRefused, SessionEnded where a log-in has run out."""
        cookies, now = self._cookies(), clock.now()
        key = self.router.url.query_parameters.get("key", "")
        link = tokens.read_booking_key(key, now) if key else None
        network = throttle.network_of(self.router.session.client_ip)
        access = cookies.get("access", "")
        if not access:
            return Actor(cart=self._cart(), link=link, network=network)
        claims = tokens.read_access(access, now)
        async with transaction(reading=True) as session:
            own_cart = await accounts.cart_of_log_in(session, claims.session, now)
        return replace(claims.actor(cart=own_cart or self._cart(), link=link), network=network)

    def _cart(self) -> CartId | None:
        """The visitor's cart. One that has run out counts as none: the next page brings a fresh one."""
        try:
            return tokens.read_cart(self._cookies().get("cart", ""), clock.now())
        except TokenRefused:
            return None

    def _typed(self, name: str) -> str:
        """What was typed into a form that has come back."""
        try:
            return str(json.loads(tokens.unsealed(self._cookies().get("typed", ""))).get(name, ""))
        except (TokenRefused, ValueError):
            return ""

    def _turns_away(self, now: datetime, *, may_begin_anew: bool) -> bool:
        """Whether this State belongs to another visitor than the one who has connected.

        It is emptied for the new one if it `may_begin_anew`; else the page is made to come back.
        """
        cart = self._cart() or ""
        if self._began_with not in {"", cart}:
            if not may_begin_anew:
                self._fetch_cookies(self._here(), now)
                return True
            self._get_root_state().reset()  # type: ignore[no-untyped-call]  # Reflex has not typed it
        self._began_with = cart
        return False

    def _cookies(self) -> dict[str, str]:
        return cookie_parser(self.router.headers.cookie)

    def _part(self, name: str) -> str:
        """A part of the address: the slug of `/l/[listing_slug]`. Reflex gives it to the State when the page is added."""
        return str(getattr(self, name, ""))

    def _here(self) -> str:
        """The address that is open, without its host."""
        url = self.router.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def _renew(self, otherwise: str) -> None:
        """Go and fetch fresh cookies; say `otherwise` if that was tried a moment ago."""
        now, connection = clock.now(), self.router.session.session_id
        if self._renewed_on == connection:
            return  # this page is being left already
        if self._renewed_at is not None and now - self._renewed_at < RENEWED_AGO:
            self.is_signed_in, self.name, self.notice = False, "", otherwise
            return
        self._renewed_at, self._renewed_on = now, connection
        self._fetch_cookies(self._here(), now)

    def _fetch_cookies(self, then: str, now: datetime) -> None:
        """Go by the log-in routes to `then`: with fresh cookies or, where the log-in has ended, without."""
        self.away = renewal(then, now)
