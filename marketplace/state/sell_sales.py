"""How one listing sells: numbers and orders that follow every sale, seats for the box office, and the end of it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx
from babel.dates import format_datetime
from typing_extensions import TypedDict

from marketplace import clock, datetimes
from marketplace.bookings import sales, selling
from marketplace.bookings.views import CallOffQuote, CategorySales, HeldBack, RevenuePeriod, Sales, SoldOrder
from marketplace.bookings.views import Status as BookingStatus
from marketplace.catalog import queries
from marketplace.catalog.views import Status
from marketplace.components.values import Bar, Tone
from marketplace.db import transaction
from marketplace.errors import HoldfastError, NotFound
from marketplace.i18n import _, locale, ngettext, page_at
from marketplace.ids import HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.kinds.seats.kind import plan_of
from marketplace.money import Money
from marketplace.paging import Page, first
from marketplace.state import charts, formatting
from marketplace.state.charts import Point
from marketplace.state.viewer import actor_of, part_of, tell, zone_of

ON_A_PAGE = 20
MOST_AT_ONCE = 500
_OPEN = {Status.PUBLISHED, Status.ON_SALE, Status.SOLD_OUT}


class CategoryRow(TypedDict):
    name: str
    color: str
    sold: str
    capacity: str
    left: str
    revenue: str
    sold_share: float
    held_share: float
    back_share: float
    detail: str


class OrderRow(TypedDict):
    id: str
    number: str
    buyer: str
    email: str
    seats: str
    total: str
    status: str
    tone: Tone
    when_text: str


class BackRow(TypedDict):
    id: str
    title: str
    seats: str
    when_text: str


class MapPrice(TypedDict):
    amount: int
    currency: str
    text: str


@dataclass(frozen=True)
class Figures:
    """A listing's places and money at a glance."""

    sold: str = ""
    sold_note: str = ""
    held: str = ""
    left: str = ""
    held_back: str = ""
    revenue: str = ""
    revenue_note: str = ""


@dataclass(frozen=True)
class Chart:
    """Revenue over time: the bars, and what stands beside the highest, below the first and below the last."""

    bars: tuple[Bar, ...] = ()
    top: str = ""
    first: str = ""
    last: str = ""


NO_FIGURES = Figures()
NO_BARS = Chart()


class SellSalesState(rx.State):
    """Filled by `load`, and anew by `refresh` whenever the stream of seats says that something has happened."""

    is_loading: bool = True
    is_missing: bool = False
    id: str = ""
    title: str = ""
    when_text: str = ""
    place: str = ""
    badge: str = ""
    tone: Tone = "neutral"
    page_href: str = ""
    edit_href: str = ""
    csv_href: str = ""
    is_open: bool = False
    is_shut: bool = True
    is_cancelled: bool = False
    can_call_off: bool = False
    cancel_text: str = ""
    figures: Figures = NO_FIGURES
    categories: list[CategoryRow] = []  # noqa: RUF012 - a Reflex var
    chart: Chart = NO_BARS
    orders: list[OrderRow] = []  # noqa: RUF012
    has_more: bool = False
    kept: list[BackRow] = []  # noqa: RUF012
    prices: dict[str, MapPrice] = {}  # noqa: RUF012

    _cursor: str | None = None

    @rx.var
    def seats_url(self) -> str:
        return f"/api/v1/listings/{self.id}/seats" if self.id else ""

    @rx.event
    async def load(self) -> None:
        self.is_loading, self.is_missing = True, False
        try:
            self.id = ListingId(part_of(self, "sell_id"))
            await self._look(ON_A_PAGE)
        except NotFound:
            self.id, self.is_missing = "", True
        self.is_loading = False

    @rx.event
    async def refresh(self) -> None:
        """Look again, at as many orders as are shown."""
        if self.id:
            await self._look(max(ON_A_PAGE, len(self.orders)))

    @rx.event
    async def more(self) -> None:
        """The next orders, below these."""
        actor = await actor_of(self)
        async with transaction(reading=True) as session:
            page = await sales.orders(session, actor, ListingId(self.id), clock.now(), self._cursor, ON_A_PAGE)
        self._show_orders(page, [*self.orders])

    async def _look(self, limit: int) -> None:
        actor, now, id = await actor_of(self), clock.now(), ListingId(self.id)
        async with transaction(reading=True) as session:
            seen = await sales.sales(session, actor, id, now)
            bars = await sales.revenue_over_time(session, actor, id, now)
            kept = await sales.held_back(session, actor, id, now)
            page = await first(limit, partial(sales.orders, session, actor, id, now))
        self._show(seen)
        self.chart = _chart(bars, seen.listing.place.zone)
        self.kept = [_kept(entry, zone_of(self)) for entry in kept]
        self._show_orders(page, [])

    def _show(self, seen: Sales) -> None:
        listing = seen.listing
        self.title, self.place = listing.title, f"{listing.place.name}, {listing.place.city}"
        self.when_text = datetimes.short(listing.starts_at, listing.place.zone)
        badge, tone = formatting.listing_badge(listing.status)
        self.badge, self.tone = badge or _("On sale"), tone if badge else "good"
        self.page_href, self.edit_href = page_at(f"/l/{listing.slug}"), page_at(f"/sell/{listing.id}/edit")
        self.csv_href = f"/api/v1/listings/{listing.id}/orders.csv"
        self.is_open, self.is_cancelled = listing.status in _OPEN, listing.status is Status.CANCELLED
        self.is_shut = not self.is_open
        self.can_call_off = not self.is_cancelled and clock.now() < listing.ends_at
        self.cancel_text = _progress(seen.statuses) if self.is_cancelled else ""
        self.figures = _figures(seen)
        self.categories = [_category(entry) for entry in seen.categories]
        self.prices = {
            entry.category: MapPrice(amount=entry.price.minor, currency=entry.price.currency, text=entry.price.text())
            for entry in listing.prices
            if entry.price is not None
        }

    def _show_orders(self, page: Page[SoldOrder], before: list[OrderRow]) -> None:
        self.orders = [*before, *(_order(order, zone_of(self)) for order in page.items)]
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None


class BoxOfficeState(rx.State):
    """What a seller takes out of the sale, and puts back."""

    chosen: list[str] = []  # noqa: RUF012 - a Reflex var
    """Units that the seller has picked on the map and not held back yet: nobody else knows of them."""
    chosen_text: str = ""

    @rx.event
    def clear(self) -> None:
        """Pick nothing."""
        self._chose([])

    @rx.event
    def choose(self, units: list[str]) -> None:
        """Pick seats for the box office."""
        self._chose(list(dict.fromkeys([*self.chosen, *(str(unit) for unit in units)]))[:MOST_AT_ONCE])

    @rx.event
    def unchoose(self, units: list[str]) -> None:
        """Let go of them again."""
        self._chose([unit for unit in self.chosen if unit not in set(units)])

    @rx.event
    async def choose_standing(self, wish: dict[str, Any]) -> None:
        """Pick free places of a standing area, from its end: visitors are given the first ones."""
        quantity = wish.get("quantity")
        if not isinstance(quantity, int) or not 0 < quantity <= MOST_AT_ONCE:
            return
        offer = await queries.offer(self._listing_id())
        area = plan_of(offer).standing_area(str(wish.get("area")))
        taken = {*(await inventory.snapshot(ResourceId(self._listing_id()))).status, *self.chosen}
        free = [unit for unit in area.units() if unit not in taken]
        self._chose([*self.chosen, *free[-quantity:]])

    @rx.event
    async def hold_back(self) -> Any:
        """Keep what is picked for the box office."""
        actor = await actor_of(self)
        try:
            async with transaction() as session:
                await selling.hold_back(session, actor, self._listing_id(), self.chosen, clock.now())
        except HoldfastError as refused:
            await tell(self, refused.message)
            await self._keep_what_is_free()
            return None
        self._chose([])
        return SellSalesState.refresh

    @rx.event
    async def give_back(self, hold_id: str) -> Any:
        """Put seats on sale again."""
        actor = await actor_of(self)
        async with transaction() as session:
            await selling.give_back(session, actor, self._listing_id(), HoldId(str(hold_id)), clock.now())
        return SellSalesState.refresh

    async def _keep_what_is_free(self) -> None:
        taken = (await inventory.snapshot(ResourceId(self._listing_id()))).status
        self._chose([unit for unit in self.chosen if unit not in taken])

    def _chose(self, units: list[str]) -> None:
        self.chosen = units
        self.chosen_text = ngettext("{count} place picked", "{count} places picked", len(units)) if units else ""

    def _listing_id(self) -> ListingId:
        return ListingId(part_of(self, "sell_id"))


class CallOffState(rx.State):
    """Cancelling the event, and what that costs."""

    is_asking: bool = False
    quote: str = ""
    quote_lines: list[str] = []  # noqa: RUF012 - a Reflex var

    _cost: int = 0
    """What it was said to give back, in minor units of `_currency`."""

    _currency: str = ""

    @rx.event
    async def ask_to_call_off(self) -> None:
        """Show what it would cost, before anything is decided."""
        actor = await actor_of(self)
        async with transaction(reading=True) as session:
            quote = await sales.call_off_quote(session, actor, ListingId(part_of(self, "sell_id")), clock.now())
        self.quote, self.quote_lines = _quote(quote)
        self._cost, self._currency = quote.refund.minor, quote.refund.currency
        self.is_asking = True

    @rx.event
    def keep(self) -> None:
        self.is_asking = False

    @rx.event
    async def call_off(self, form: dict[str, Any]) -> Any:
        """Cancel the event. Orders are cancelled and paid back one by one, in the background."""
        actor = await actor_of(self)
        self.is_asking = False
        async with transaction() as session:
            reason = str(form.get("reason", ""))
            await selling.call_off(
                session,
                actor,
                ListingId(part_of(self, "sell_id")),
                reason,
                clock.now(),
                refund=Money(self._cost, self._currency),
            )
        return SellSalesState.refresh


def _figures(seen: Sales) -> Figures:
    of_all = _("of {capacity}", capacity=formatting.count_text(seen.listing.capacity))
    elsewhere = formatting.elsewhere_text(seen.sold_elsewhere) if seen.sold_elsewhere else ""
    return Figures(
        sold=formatting.count_text(seen.sold), sold_note=", ".join(filter(None, (of_all, elsewhere))),
        held=formatting.count_text(seen.held), left=formatting.count_text(seen.left),
        held_back=formatting.count_text(seen.held_back), revenue=seen.revenue.text(),
        revenue_note=_(
            "{payout} after our {fee}, due on {day}",
            payout=(seen.revenue - seen.commission).text(), fee=seen.commission.text(),
            day=datetimes.day(seen.paid_out_at.astimezone(ZoneInfo(seen.listing.place.zone)).date()),
        ),
    )  # fmt: skip


def _chart(periods: tuple[RevenuePeriod, ...], zone: str) -> Chart:
    if not periods:
        return NO_BARS
    bars = charts.bars([Point(_period(bar, zone), bar.revenue.minor, bar.revenue.text()) for bar in periods])
    highest = max(bar.revenue for bar in periods)
    return Chart(tuple(bars), top=highest.text(), first=bars[0]["label"], last=bars[-1]["label"])


def _category(entry: CategorySales) -> CategoryRow:
    return CategoryRow(
        name=entry.category, color=entry.color, sold=formatting.count_text(entry.sold),
        capacity=formatting.count_text(entry.capacity), left=formatting.count_text(entry.left),
        revenue=entry.revenue.text(), sold_share=round(_share(entry.sold, entry.capacity), 2),
        held_share=round(_share(entry.held, entry.capacity), 2),
        back_share=round(_share(entry.held_back, entry.capacity), 2),
        detail=_(
            "{sold} sold, {held} on hold, {back} held back, {left} left", sold=entry.sold, held=entry.held,
            back=entry.held_back, left=entry.left,
        ),
    )  # fmt: skip


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _period(bar: RevenuePeriod, zone: str) -> str:
    hours = (bar.until - bar.since).total_seconds() / 3600
    shape = _("EEE HH:mm") if hours < 2 else _("d MMM")
    return format_datetime(bar.since.astimezone(ZoneInfo(zone)), shape, locale=locale())


def _order(order: SoldOrder, zone: str) -> OrderRow:
    status, tone = formatting.booking_status(order.status)
    return OrderRow(
        id=order.id, number=order.id[-8:], buyer=order.buyer_name, email=order.buyer_email,
        seats=" · ".join(order.seats), total=order.total.text(), status=status, tone=tone,
        when_text=datetimes.exact(order.created_at, zone),
    )  # fmt: skip


def _kept(entry: HeldBack, zone: str) -> BackRow:
    return BackRow(
        id=entry.id, title=ngettext("{count} place", "{count} places", len(entry.units)), seats=" · ".join(entry.labels[:12])
        + (" …" if len(entry.labels) > 12 else ""), when_text=datetimes.exact(entry.since, zone),
    )  # fmt: skip


def _quote(quote: CallOffQuote) -> tuple[str, list[str]]:
    if not quote.orders and not quote.unpaid:
        return _("No orders yet: nothing to refund."), []
    lines = [
        ngettext("{count} order is cancelled", "{count} orders are cancelled", quote.orders),
        ngettext("{count} ticket becomes invalid", "{count} tickets become invalid", quote.tickets),
    ]
    if quote.surcharge:
        lines.append(_("of this, fees of guests: {amount}", amount=quote.surcharge.text()))
    if quote.unpaid:
        lines.append(
            ngettext(
                "{count} unpaid order is cancelled",
                "{count} unpaid orders are cancelled",
                quote.unpaid,
            )
        )
    return _("{amount} goes back to your buyers.", amount=quote.refund.text()), lines


def _progress(statuses: Mapping[BookingStatus, int]) -> str:
    left = statuses.get(BookingStatus.CONFIRMED, 0) + statuses.get(BookingStatus.PENDING_PAYMENT, 0)
    done = statuses.get(BookingStatus.CANCELLED_BY_SELLER, 0)
    if left:
        return _(
            "{done} of {all} orders are cancelled so far; the rest follow by themselves.", done=done, all=done + left
        )
    return (
        ngettext(
            "{count} order was cancelled. The money is on its way back.",
            "{count} orders were cancelled. The money is on its way back.",
            done,
        )
        if done
        else _("Nothing to refund.")
    )
