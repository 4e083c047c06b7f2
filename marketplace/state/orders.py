"""Orders: the list, and one with its tickets."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any
from urllib.parse import quote

import reflex as rx
from typing_extensions import TypedDict

from marketplace import clock, datetimes
from marketplace.bookings import actions as bookings
from marketplace.bookings import documents, queries
from marketplace.bookings.views import Order, OrderCard, Status, TicketView
from marketplace.bookings.views import Step as BookingStep
from marketplace.catalog.views import poster_url
from marketplace.components.values import PriceLine, TimelineItem, Tone
from marketplace.db import transaction
from marketplace.errors import Conflict, HoldfastError, NotFound
from marketplace.i18n import _, gettext_noop, ngettext, page_at
from marketplace.ids import BookingId
from marketplace.money import Money
from marketplace.paging import first
from marketplace.payments import queries as payments
from marketplace.payments.status import RefundStatus
from marketplace.payments.views import PaymentView, RefundView
from marketplace.state import formatting
from marketplace.state.viewer import ViewerState, actor_of, part_of, tell, typed, zone_of

_TRAIL = {
    Status.PENDING_PAYMENT: gettext_noop("Order made"),
    Status.CONFIRMED: gettext_noop("Confirmed"),
    Status.EXPIRED: gettext_noop("Time to pay ran out"),
    Status.CANCELLED_BY_BUYER: gettext_noop("Cancelled"),
    Status.CANCELLED_BY_SELLER: gettext_noop("Cancelled by the seller"),
    Status.CANCELLED_BY_OPERATOR: gettext_noop("Cancelled by us"),
}


_CHANGED = {
    "title": gettext_noop("New title"),
    **dict.fromkeys(("place_name", "address", "city"), gettext_noop("New place")),
    **dict.fromkeys(("zone", "starts_at", "ends_at", "doors_at"), gettext_noop("New time")),
}
"""What of an event has changed, by the names of its EventDetails."""

PAGE = 24
"""Orders that are shown at first, and with each wish for more."""


class OrderRow(TypedDict):
    id: str
    href: str
    poster: str
    title: str
    when_text: str
    place: str
    quantity: str
    total: str
    status: str
    tone: Tone


class TicketRow(TypedDict):
    id: str
    label: str
    category: str
    code: str
    qr: str
    is_void: bool


class OrdersState(rx.State):
    """What this visitor has bought: what is coming, soonest first, and what is past, latest first."""

    coming: list[OrderRow] = []  # noqa: RUF012 - a Reflex var
    past: list[OrderRow] = []  # noqa: RUF012
    is_loading: bool = True
    has_more: bool = False

    is_sent: bool = False
    """Lost links were asked for, and are on their way."""
    problem: str = ""
    lost_email: str = ""

    _shown: int = 0

    @rx.event
    async def load(self) -> None:
        asked = self.router.url.query_parameters
        code = asked.get("problem", "")
        self.problem = _why_no_links(code) if code else ""
        self.lost_email, self.is_sent = typed(self, "email"), asked.get("sent", "") == "1"
        await self._show(PAGE)
        self.is_loading = False

    @rx.event
    async def more(self) -> None:
        """Show earlier ones as well."""
        await self._show(self._shown + PAGE)

    async def _show(self, count: int) -> None:
        now = clock.now()
        async with transaction(reading=True) as session:
            page = await first(count, partial(queries.orders, session, await actor_of(self)))
        self.has_more, self._shown = page.next_cursor is not None, count
        coming = [card for card in page.items if card.is_coming(now)]
        self.coming = [_row(card) for card in sorted(coming, key=lambda card: card.starts_at)]
        self.past = [_row(card) for card in page.items if not card.is_coming(now)]


class OrderState(rx.State):
    """One order. `key` in the address (a magic link) opens it for somebody without an account."""

    is_loading: bool = True
    is_missing: bool = False
    number: str = ""
    title: str = ""
    when_text: str = ""
    place: str = ""
    status: str = ""
    tone: Tone = "neutral"
    is_confirmed: bool = False
    is_unpaid: bool = False
    pay_href: str = ""
    buyer: str = ""
    email: str = ""
    tickets: list[TicketRow] = []  # noqa: RUF012
    lines: list[PriceLine] = []  # noqa: RUF012
    total: str = ""
    trail: list[TimelineItem] = []  # noqa: RUF012
    refunds: list[PriceLine] = []  # noqa: RUF012
    pdf_href: str = ""
    calendar_href: str = ""
    policy: str = ""
    can_cancel: bool = False
    quote: str = ""
    is_asking: bool = False

    _quoted: dict[str, str] | None = None
    """What was said to come back, and of an order with which status."""

    @rx.event
    async def load(self) -> None:
        self.is_loading, self.is_missing, self.is_asking = True, False, False
        try:
            actor = await actor_of(self)
            async with transaction(reading=True) as session:
                order = await queries.order(session, actor, BookingId(part_of(self, "order_id")))
                paid = await payments.payments_of(session, order.id)
                refunds = [refund for payment in paid for refund in await payments.refunds_of(session, payment.id)]
        except (NotFound, HoldfastError):
            self.is_missing, self.is_loading = True, False
            return
        self._show(order, paid, refunds)
        self.is_loading = False

    @rx.event
    async def send_again(self) -> None:
        """The mail with the tickets once more."""
        async with transaction() as session:
            await bookings.send_tickets_again(
                session, await actor_of(self), BookingId(part_of(self, "order_id")), clock.now()
            )
        await tell(self, _("On its way to {email}.", email=self.email))

    @rx.event
    async def ask_to_cancel(self) -> None:
        """Show what cancelling would bring back, before anything is decided."""
        async with transaction(reading=True) as session:
            quote_now = await bookings.cancel_quote(
                session, await actor_of(self), BookingId(part_of(self, "order_id")), clock.now()
            )
        self.quote = quote_now.words
        self._quoted = {
            "status": quote_now.status, "refund": str(quote_now.refund.minor), "currency": quote_now.refund.currency,
        }  # fmt: skip
        self.is_asking = True

    @rx.event
    def keep(self) -> None:
        self.is_asking = False

    @rx.event
    async def cancel(self) -> Any:
        """As it was quoted: where that has changed meanwhile, the order is shown anew and nothing is cancelled."""
        self.is_asking = False
        quoted = self._quoted
        if quoted is None:
            return None
        try:
            async with transaction() as session:
                await bookings.cancel(
                    session, await actor_of(self), BookingId(part_of(self, "order_id")), clock.now(),
                    status=Status(quoted["status"]), refund=Money(int(quoted["refund"]), quoted["currency"]),
                )  # fmt: skip
        except Conflict as refused:
            return [OrderState.load, ViewerState.tell(refused.message)]
        return OrderState.load

    def _show(self, order: Order, paid: list[PaymentView], refunds: list[RefundView]) -> None:
        self.number, self.title, self.place = order.id, order.title, order.place_name
        self.when_text = f"{datetimes.short(order.starts_at, order.zone)} {datetimes.zone_text(order.zone)}"
        self.status, self.tone = formatting.booking_status(order.status)
        self.is_confirmed = order.status is Status.CONFIRMED
        self.is_unpaid = order.status is Status.PENDING_PAYMENT
        self.can_cancel = self.is_unpaid or (self.is_confirmed and clock.now() < order.starts_at)
        self.pay_href = page_at(f"/checkout/{order.hold_id}")
        self.buyer, self.email = order.buyer_name, order.buyer_email
        self.tickets = [ticket_row(ticket) for ticket in order.tickets]
        self.lines = [
            PriceLine(label=line.label, text=line.amount.text(), note=line.category or "") for line in order.bought
        ]
        self.total = order.total.text()
        self.refunds = [PriceLine(label=_refund_text(refund), text=refund.amount.text()) for refund in refunds]
        self.policy = f"{formatting.terms_text(order, clock.now())} {formatting.fee_text(order.surcharge)}".strip()
        self.trail = [
            TimelineItem(label=label, at=at.isoformat(), at_text=datetimes.exact(at, zone_of(self)), detail=detail)
            for at, label, detail in sorted(
                [(step.at, *_told(step)) for step in order.steps]
                + [(step.at, step.label, step.detail) for payment in paid for step in payment.steps]
            )
        ]
        key = self.router.url.query_parameters.get("key", "")
        suffix = f"?key={quote(key)}" if key else ""
        self.pdf_href = f"/api/v1/bookings/{order.id}/tickets.pdf{suffix}"
        self.calendar_href = f"/api/v1/bookings/{order.id}/event.ics{suffix}"


def _row(card: OrderCard) -> OrderRow:
    status, tone = formatting.booking_status(card.status)
    return OrderRow(
        id=card.id, href=page_at(f"/o/{card.id}"), poster=poster_url(card.listing_id),
        title=card.title, when_text=datetimes.short(card.starts_at, card.zone), place=card.place_name,
        quantity=ngettext("{count} ticket", "{count} tickets", card.quantity),
        total=card.total.text(), status=status, tone=tone,
    )  # fmt: skip


def _why_no_links(code: str) -> str:
    return {
        "invalid": _("This does not look like an e-mail address."),
        "too_many_requests": _("Too many attempts. Please try again later."),
        "cross_site": _("The form has expired. Please send it again."),
    }.get(code) or _("That did not work. Please try again.")


def _told(step: BookingStep) -> tuple[str, str]:
    """A step of the order, and what more there is to say of it."""
    if step.changed:
        return _("The event has changed"), " · ".join(dict.fromkeys(_(_CHANGED[name]) for name in step.changed))
    return _(_TRAIL[Status(step.target)]), step.words


def _refund_text(refund: RefundView) -> str:
    """How far money on its way back has come."""
    return {
        RefundStatus.SUCCEEDED: _("Refunded"), RefundStatus.SETTLED: _("Paid back by other means"),
        RefundStatus.OWED: _("Refund delayed: it has not gone through yet, and we are working on it"),
    }.get(refund.status, _("Refund on its way"))  # fmt: skip


def ticket_row(ticket: TicketView) -> TicketRow:
    svg = base64.b64encode(documents.qr_svg(ticket).encode()).decode()
    return TicketRow(
        id=ticket.id, label=ticket.label, category=ticket.category, code=ticket.id[-8:],
        qr=f"data:image/svg+xml;base64,{svg}", is_void=ticket.is_void,
    )  # fmt: skip
