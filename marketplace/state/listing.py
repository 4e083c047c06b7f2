"""One listing: its details, and what this visitor has picked. What everybody picks comes by the stream, not from here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from typing_extensions import TypedDict

from marketplace import clock, datetimes
from marketplace.accounts import throttle
from marketplace.bookings import holding
from marketplace.bookings import queries as bookings
from marketplace.bookings.holding import Held
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import ListingPage, Status
from marketplace.components.values import PriceLine, Tone
from marketplace.db import transaction
from marketplace.errors import HoldfastError, Invalid, NotFound
from marketplace.i18n import _, ngettext, page_at
from marketplace.ids import HoldId, ListingId
from marketplace.inventory.errors import HoldReleased
from marketplace.money import Amount, Money
from marketplace.state import formatting
from marketplace.state.viewer import actor_of, part_of, tell, zone_of


class SeatPrice(TypedDict):
    """What a category costs, for the map's legend and cards."""

    amount: int
    currency: str
    text: str


@dataclass(frozen=True)
class Details:
    """A listing in words."""

    id: str = ""
    title: str = ""
    paragraphs: tuple[str, ...] = ()
    when_text: str = ""
    zone_text: str = ""
    yours_text: str = ""
    doors_text: str = ""
    place: str = ""
    address: str = ""
    seller: str = ""
    seller_about: str = ""
    seller_record: str = ""
    poster: str = ""
    policy: str = ""
    price: str = ""
    badge: str = ""
    badge_tone: Tone = "neutral"
    is_on_sale: bool = False
    why_not: str = ""
    """Where nothing can be bought: why, and what to do instead."""
    sale_starts_at: str = ""
    """Where the sale is still to begin: when."""
    max_per_buyer: int = 0
    surcharge_text: str = ""
    fees: str = ""
    no_single_seats: bool = False


NOTHING = Details()


class ListingState(rx.State):
    """Filled by `load`; `mine` and what belongs to it by every pick."""

    details: Details = NOTHING
    is_loading: bool = True
    is_missing: bool = False
    prices: dict[str, SeatPrice] = {}  # noqa: RUF012 - a Reflex var
    mine: list[str] = []  # noqa: RUF012
    lines: list[PriceLine] = []  # noqa: RUF012
    picked_text: str = ""
    fee_text: str = ""
    """What of the price does not come back when this visitor cancels."""
    total: str = ""
    expires_at: str = ""
    server_now: str = ""
    can_extend: bool = False
    is_busy: bool = False
    """While an answer to a pick is being made: the map takes back what `mine` does not grant once it is over."""
    unpaid_order: str = ""
    again: list[str] = []  # noqa: RUF012
    """Seats that ran out on this page, or were given back on another: one click asks for them again."""

    lost_text: str = ""
    """Why they are no longer held."""

    _hold: str = ""

    @rx.var
    def seats_url(self) -> str:
        return f"/api/v1/listings/{self.details.id}/seats" if self.details.id else ""

    @rx.event
    async def load(self) -> None:
        self._forget()
        try:
            async with transaction(reading=True) as session:
                page = await catalog.listing_page(
                    session, part_of(self, "listing_slug"), clock.now(), actor=await actor_of(self)
                )
                offered = await catalog.offered_by(session, page.seller.id)
        except NotFound:
            self.is_missing, self.is_loading = True, False
            return
        self.details = _details(page, offered, zone_of(self))
        self.server_now = clock.now().isoformat()
        self.prices = {
            entry.category: SeatPrice(
                amount=entry.price.minor, currency=entry.price.currency, text=formatting.price_text(entry.price)
            )
            for entry in page.prices
            if entry.price is not None
        }
        await self._look_at_mine(page.id)
        self.is_loading = False

    @rx.event
    async def pick(self, units: list[str]) -> AsyncIterator[None]:
        """Hold these seats, too."""
        self.is_busy, self.again = True, []
        yield
        await self._try(self._hold_more({"seats": [str(unit).removeprefix("seat:") for unit in units]}))

    @rx.event
    async def best(self, wish: dict[str, Any]) -> AsyncIterator[None]:
        """Find and hold the best seats together."""
        self.is_busy = True
        yield
        await self._try(self._find_best(wish))

    @rx.event
    async def stand(self, wish: dict[str, Any]) -> AsyncIterator[None]:
        """Hold places in a standing area."""
        self.is_busy = True
        yield
        await self._try(self._stand(wish))

    @rx.event
    async def drop(self, units: list[str]) -> AsyncIterator[None]:
        """Let go of these."""
        self.is_busy = True
        yield
        await self._try(self._drop([str(unit) for unit in units]))

    @rx.event
    async def extend(self) -> None:
        """More time, once."""
        await self._try(self._extend())

    @rx.event
    async def time_is_up(self, _lost: list[str] | None = None) -> None:
        """The countdown has ended, or the map says that what was ours is free: look at what is still ours."""
        if not self.details.id or not self.mine:
            return
        had, hold_id = list(self.mine), HoldId(self._hold)
        await self._look_at_mine(ListingId(self.details.id))
        if self.mine:
            return
        try:
            await holding.claim_of(await actor_of(self), hold_id)
        except HoldReleased as released:
            self.lost_text, self.again = released.message, had
        except HoldfastError:
            self.lost_text, self.again = _("Your time ran out and the seats were released."), had
        # Otherwise they are being paid for in another tab: `unpaid_order` leads there.

    @rx.event
    def check_out(self) -> EventSpec | None:
        return rx.redirect(page_at(f"/checkout/{self._hold}")) if self._hold else None

    async def _find_best(self, wish: dict[str, Any]) -> None:
        most = wish.get("maxAmount")
        price = None if most is None else Money(_number(most), next(iter(self.prices.values()))["currency"])
        await self._hold_more(
            {
                "quantity": _number(wish.get("quantity")),
                "category": wish.get("category") or None,
                "max_price": None if price is None else Amount.of(price),
            }
        )

    async def _stand(self, wish: dict[str, Any]) -> None:
        await self._hold_more({"area": str(wish.get("area")), "quantity": _number(wish.get("quantity"))})

    async def _hold_more(self, request: Mapping[str, Any]) -> None:
        actor = await actor_of(self)
        await throttle.pick(actor)
        self._show(await holding.hold(actor, ListingId(self.details.id), request, clock.now()))

    async def _drop(self, units: list[str]) -> None:
        actor = await actor_of(self)
        await holding.release(actor, HoldId(self._hold), units)
        await self._look_at_mine(ListingId(self.details.id))

    async def _extend(self) -> None:
        self._show(await holding.extend(await actor_of(self), HoldId(self._hold)))

    async def _try(self, work: Awaitable[None]) -> None:
        """Do it; what is refused is told, and the map learns what is ours in either case."""
        await tell(self, "")
        try:
            await work
        except HoldfastError as refused:
            await tell(self, refused.message)
            if isinstance(refused, NotFound):
                await self._look_at_mine(ListingId(self.details.id))
        finally:
            self.is_busy = False

    async def _look_at_mine(self, listing_id: ListingId) -> None:
        actor, now = await actor_of(self), clock.now()
        try:
            held = await holding.mine(actor, listing_id)
        except HoldfastError as away:
            await tell(self, away.message)
            held = None
        self._show(held)
        async with transaction(reading=True) as session:
            unpaid = await bookings.unpaid_of_cart(session, actor, listing_id, now)
        self.unpaid_order = "" if unpaid is None else page_at(f"/checkout/{unpaid.hold_id}")

    def _show(self, held: Held | None) -> None:
        self.server_now = clock.now().isoformat()
        self._hold = "" if held is None else held.id
        self.mine = [] if held is None else list(held.units)
        self.lines = [] if held is None else [
            PriceLine(label=line.label, text=line.price.text(), note=line.category) for line in held.lines
        ]  # fmt: skip
        self.picked_text = ngettext("{count} picked", "{count} picked", len(self.mine))
        self.fee_text = "" if held is None else formatting.fee_text(held.surcharge)
        self.total = "" if held is None else held.price.text()
        self.expires_at = "" if held is None else held.expires_at.isoformat()
        self.can_extend = held is not None and not held.is_extended

    def _forget(self) -> None:
        self.details, self.prices, self.is_missing, self.is_loading = NOTHING, {}, False, True
        self.unpaid_order, self.again = "", []
        self._show(None)


def _number(value: object) -> int:
    """A count that came from a browser. Raises Invalid for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or not 0 < value < 10**12:
        raise Invalid(_("How many? Use a whole number."))
    return int(value)


def _why_not(page: ListingPage) -> str:
    match page.status:
        case Status.PUBLISHED:
            starts = datetimes.short(page.sale_starts_at, page.place.zone)
            return _(
                "Tickets go on sale on {moment}, {zone}.", moment=starts, zone=datetimes.zone_text(page.place.zone)
            )
        case Status.SOLD_OUT:
            return _("Every seat is sold. Seats may become available again, so check back.")
        case Status.CANCELLED:
            news = (
                _("This event has been cancelled."),
                page.cancel_reason,
                _("Ticket holders get a full refund."),
            )
            return " ".join(filter(None, news))
        case Status.CLOSED:
            if clock.now() < page.starts_at:
                return _("Sales have ended. See what else is on.")
            return _("This has taken place. See what else is on.")
        case _:
            return _("Not on sale at the moment.")


def _details(page: ListingPage, offered: int, zone: str) -> Details:
    """`offered` is how many listings the shop has had in all."""
    badge, tone = formatting.listing_badge(page.status)
    share = formatting.share_text(page.guest_surcharge_bp)
    surcharge = _("Buying without an account adds {share}.", share=share) if page.guest_surcharge_bp else ""
    return Details(
        id=page.id, title=page.title, paragraphs=page.paragraphs,
        when_text=datetimes.short(page.starts_at, page.place.zone), zone_text=datetimes.zone_text(page.place.zone),
        yours_text=formatting.viewers_time(page.starts_at, page.place.zone, zone),
        doors_text="" if page.doors_at is None else datetimes.time_of_day(page.doors_at, page.place.zone),
        place=f"{page.place.name}, {page.place.city}", address=page.place.address, seller=page.seller.name,
        seller_about=page.seller.about, seller_record=_record(offered),
        poster=page.poster_url, policy=formatting.cancelling_text(page.policy, page.guest_surcharge_bp),
        price=formatting.price_range(page.price_from, page.price_to), badge=badge, badge_tone=tone,
        is_on_sale=page.is_on_sale,
        why_not="" if page.is_on_sale else _why_not(page), max_per_buyer=page.max_per_buyer,
        sale_starts_at=page.sale_starts_at.isoformat() if page.status is Status.PUBLISHED else "",
        surcharge_text=surcharge,
        fees=" ".join(filter(None, (_("No additional fees."), surcharge))),
        no_single_seats=getattr(page.terms, "no_single_seats", False),
    )  # fmt: skip


def _record(offered: int) -> str:
    """What there is to know of a shop where nobody has judged it: how often it has sold here."""
    if offered <= 1:
        return _("This is their first event here.")
    return ngettext("{count} event here so far", "{count} events here so far", offered)
