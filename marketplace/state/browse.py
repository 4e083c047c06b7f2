"""What is on: Home's shelves, and Browse with its filters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from typing_extensions import TypedDict

from marketplace import clock
from marketplace.cache import Cache
from marketplace.catalog import queries
from marketplace.catalog.views import ListingFilters, Sort
from marketplace.components.values import Choice
from marketplace.db import transaction
from marketplace.i18n import _, ngettext, spoken
from marketplace.money import AmountRefused
from marketplace.paging import first
from marketplace.state import formatting
from marketplace.state.cards import Card, card_of
from marketplace.state.filters import NO_FILTERS, Filters, zone_text
from marketplace.state.viewer import zone_of

ON_A_PAGE = 24
ON_A_SHELF = 4
MOST_COUNTED = 1_000
PRICES = ("least", "most")


class Shelves(TypedDict):
    """What Home shows. `near` is in the viewer's own time zone; `near_text` says which, `near_href` leads to all of it."""

    soon: list[Card]
    fast: list[Card]
    near: list[Card]
    near_text: str
    near_href: str


class ActiveFilter(TypedDict):
    """A filter that narrows the list, and the address without it."""

    name: str
    text: str
    href: str


_shelves: Cache[tuple[str, str], Shelves] = Cache(most=200, seconds=5)
"""Home as it is for everybody in one time zone who speaks one language: it is what most people ask for."""


class HomeState(rx.State):
    """Search first, then what is on soon, what sells fast, and what is near."""

    soon: list[Card] = []  # noqa: RUF012 - a Reflex var
    fast: list[Card] = []  # noqa: RUF012
    near: list[Card] = []  # noqa: RUF012
    near_text: str = ""
    near_href: str = ""
    is_loading: bool = True

    @rx.event
    async def load(self) -> None:
        zone = zone_of(self)

        async def fill() -> Shelves:
            return await fill_shelves(zone)

        found = await _shelves.get((zone, spoken()), fill)
        self.soon, self.fast, self.near = found["soon"], found["fast"], found["near"]
        self.near_text, self.near_href = found["near_text"], found["near_href"]
        self.is_loading = False

    @rx.event
    def search(self, form: dict[str, Any]) -> EventSpec:
        """Go and look for what was typed."""
        return rx.redirect(Filters.read({"text": str(form.get("text", ""))}).address)


class BrowseState(rx.State):
    """The filters live in the address, so that a page can be shared, reloaded and gone back to."""

    filters: Filters = NO_FILTERS
    address: str = ""
    """Where this list can be found again; the page keeps the browser's own in step with it."""
    edition: int = 0
    """Grows when the filters change by other means than the form, which then has to show them."""
    search_edition: int = 0
    """The same for the search alone: what somebody has begun to type stays while other filters change."""

    cards: list[Card] = []  # noqa: RUF012 - a Reflex var
    active: list[ActiveFilter] = []  # noqa: RUF012
    count_text: str = ""
    order_text: str = ""
    """What there is to know about the order, where it is not plain."""
    cities: list[Choice] = []  # noqa: RUF012
    currencies: list[Choice] = []  # noqa: RUF012
    price_errors: dict[str, str] = dict.fromkeys(PRICES, "")
    """What is wrong with a price that was typed."""
    least: str = ""
    most: str = ""
    """The prices of the filters in the reader's own format."""
    currency: str = ""
    """What prices are typed in, unless the filters say otherwise."""
    is_loading: bool = True
    """Nothing can be shown yet."""
    is_busy: bool = False
    """What is shown is about to change."""
    has_more: bool = False

    _cursor: str | None = None

    @rx.event
    async def load(self) -> AsyncIterator[None]:
        """Show what the address asks for: as much of it as was shown before, for whoever comes back."""
        wanted = Filters.read(self.router.url.query_parameters)
        is_back = wanted == self.filters and not self.is_loading
        self.address = wanted.address  # in the language of this page: they may have come back in another one
        if not is_back:
            self.is_busy = True
            if wanted != self.filters:
                self.search_edition += wanted.text != self.filters.text
                self.filters, self.edition = wanted, self.edition + 1
                self.least, self.most = wanted.shown_price(wanted.least), wanted.shown_price(wanted.most)
                self.price_errors = dict.fromkeys(PRICES, "")
            yield
        await self._show(len(self.cards) if is_back else ON_A_PAGE)

    @rx.event
    async def narrow(self, name: str, value: str | bool) -> AsyncIterator[None]:
        """Change one filter. The list answers at once; the address follows, and finds it done."""
        said = ("1" if value else "") if isinstance(value, bool) else str(value)
        if name == "currency":
            self.currency = said
        async for _step in self._change(name, said):
            yield

    @rx.event
    async def typed(self, name: str, value: str, edition: int) -> AsyncIterator[None]:
        """The same for what is typed, which comes a while after the last key: too late if the form is another by now."""
        if edition == (self.search_edition if name == "text" else self.edition):
            async for _step in self._change(name, value):
                yield

    @rx.event
    async def search(self, form: dict[str, Any]) -> AsyncIterator[None]:
        """What was typed, at once."""
        async for _step in self._change("text", str(form.get("text", ""))):
            yield

    async def _change(self, name: str, said: str) -> AsyncIterator[None]:
        before = replace(self.filters, currency=self.filters.currency or self.currency)
        self.price_errors = self.price_errors | {name: ""}
        if name in PRICES:
            try:
                said = before.typed_price(said)
            except AmountRefused as refused:
                self.price_errors = self.price_errors | {name: refused.message}
                return
        changed = before.changed(**{name: said})
        if changed == self.filters:
            return
        self.filters, self.is_busy = changed, True
        yield
        try:
            await self._show(ON_A_PAGE)
        finally:
            self.is_busy = False
        self.address = changed.address

    @rx.event
    async def more(self) -> AsyncIterator[None]:
        """The next page, below this one. None where the list is whole: a page that was away may ask twice for the last."""
        if self._cursor is None:
            return
        self.is_busy = True
        yield
        try:
            async with transaction(reading=True) as session:
                page = await queries.listing_cards(
                    session, self._wanted(), clock.now(), cursor=self._cursor, limit=ON_A_PAGE, sort=self.filters.order,
                    currency=self.currency,
                )  # fmt: skip
        finally:
            self.is_busy = False
        self.cards = [*self.cards, *map(card_of, page.items)]
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None

    def _wanted(self) -> ListingFilters:
        return self.filters.listing_filters(clock.now(), zone_of(self))

    async def _show(self, count: int) -> None:
        """The first `count` cards or a few more, and what belongs to them."""
        now, wanted = clock.now(), self._wanted()
        async with transaction(reading=True) as session:
            find = partial(
                queries.listing_cards, session, wanted, now, sort=self.filters.order,
                currency=self.filters.currency or self.currency,
            )  # fmt: skip
            page = await first(max(count, ON_A_PAGE), find)
            total = await queries.listing_count(session, wanted, now, MOST_COUNTED)
            cities, currencies = await queries.cities(session, now), await queries.currencies(session, now)
        self.cards = [card_of(card) for card in page.items]
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.count_text = _count_text(total)
        has_bounds = wanted.price_from is not None or wanted.price_to is not None
        is_mixed = self.filters.order is Sort.CHEAPEST and len(currencies) > 1 and not has_bounds
        self.order_text = _("Each currency by itself: there are no exchange rates here.") if is_mixed else ""
        self.active = [
            ActiveFilter(name=name, text=text, href=without.address) for name, text, without in self.filters.said()
        ]
        self.cities = [Choice(value=city, label=city) for city in cities]
        self.currencies = [Choice(value=currency, label=currency) for currency in currencies]
        self.currency = self.filters.currency or self.currency or next(iter(currencies), "")
        self.is_loading = self.is_busy = False


async def fill_shelves(zone: str) -> Shelves:
    """Home for a viewer in this time zone. What is near is left out where “Coming up” begins with the same cards."""
    now, here = clock.now(), Filters.read({"zone": zone})
    async with transaction(reading=True) as session:
        soon = await queries.listing_cards(session, ListingFilters(), now, limit=2 * ON_A_SHELF)
        fast = await queries.listing_cards(
            session, ListingFilters(only_available=True), now, limit=ON_A_SHELF, sort=Sort.SELLING_FAST
        )
        near = (
            (await queries.listing_cards(session, here.listing_filters(now, zone), now, limit=ON_A_SHELF)).items
            if here.zone
            else ()
        )
    return Shelves(
        soon=[card_of(card) for card in soon.items],
        fast=[card_of(card) for card in fast.items if card.is_selling_fast],
        near=[card_of(card) for card in near] if near != soon.items[: len(near)] else [],
        near_text=zone_text(here.zone),
        near_href=here.address,
    )


def _count_text(total: int) -> str:
    if total > MOST_COUNTED:
        return _("More than {count} events", count=formatting.count_text(MOST_COUNTED))
    return ngettext("{count} event", "{count} events", total)
