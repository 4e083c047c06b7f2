"""Orders: the list, and one with its tickets."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import reflex as rx
from typing_extensions import TypedDict

from marketplace import clock
from marketplace.bookings import actions as bookings
from marketplace.bookings import documents, queries
from marketplace.bookings.views import Order, OrderCard, Status, TicketView
from marketplace.components.values import PriceLine, TimelineItem, Tone
from marketplace.db import transaction
from marketplace.errors import HoldfastError, NotFound
from marketplace.ids import BookingId
from marketplace.payments import queries as payments
from marketplace.payments.views import PaymentView, RefundView
from marketplace.state import phrases
from marketplace.state.viewer import ViewerState
from marketplace.words import page_at, say

_TRAIL = {
    Status.PENDING_PAYMENT: "Order made",
    Status.CONFIRMED: "Confirmed",
    Status.EXPIRED: "Time to pay ran out",
    Status.CANCELLED_BY_BUYER: "Cancelled",
    Status.CANCELLED_BY_SELLER: "Cancelled by the seller",
    Status.CANCELLED_BY_OPERATOR: "Cancelled by us",
}


class OrderRow(TypedDict):
    id: str
    href: str
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


class OrdersState(ViewerState):
    rows: list[OrderRow] = []  # noqa: RUF012 - a Reflex var
    is_loading: bool = True

    @rx.event
    async def load(self) -> None:
        async with transaction(reading=True) as session:
            cards = await queries.orders(session, await self._actor())
        self.rows, self.is_loading = [_row(card) for card in cards], False


class OrderState(ViewerState):
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

    @rx.event
    async def load(self) -> None:
        self.is_loading, self.is_missing, self.is_asking = True, False, False
        try:
            actor = await self._actor()
            async with transaction(reading=True) as session:
                order = await queries.order(session, actor, BookingId(self._part("order_id")))
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
                session, await self._actor(), BookingId(self._part("order_id")), clock.now()
            )
        self.notice = say("On its way to {email}.", email=self.email)

    @rx.event
    async def ask_to_cancel(self) -> None:
        """Show what cancelling would bring back, before anything is decided."""
        async with transaction(reading=True) as session:
            quote_now = await bookings.cancel_quote(
                session, await self._actor(), BookingId(self._part("order_id")), clock.now()
            )
        self.quote = (
            f"You get {phrases.money_text(quote_now.refund)} back; {phrases.money_text(quote_now.kept)} is kept."
            if quote_now.refund or quote_now.kept
            else "Nothing has been paid, and nothing is kept."
        )
        self.is_asking = True

    @rx.event
    def keep(self) -> None:
        self.is_asking = False

    @rx.event
    async def cancel(self) -> Any:
        async with transaction() as session:
            await bookings.cancel(session, await self._actor(), BookingId(self._part("order_id")), clock.now())
        self.is_asking = False
        return OrderState.load

    def _show(self, order: Order, paid: list[PaymentView], refunds: list[RefundView]) -> None:
        self.number, self.title, self.place = order.id, order.title, order.place_name
        self.when_text = f"{phrases.when_text(order.starts_at, order.zone)} {phrases.zone_text(order.zone)}"
        self.status, self.tone = phrases.BOOKING_STATUS[order.status]
        self.is_confirmed = order.status is Status.CONFIRMED
        self.is_unpaid = order.status is Status.PENDING_PAYMENT
        self.can_cancel = self.is_unpaid or (self.is_confirmed and clock.now() < order.starts_at)
        self.pay_href = page_at(f"/checkout/{order.hold_id}")
        self.buyer, self.email = order.buyer_name, order.buyer_email
        self.tickets = [_ticket(ticket) for ticket in order.tickets]
        self.lines = [
            PriceLine(label=line.label, text=phrases.money_text(line.amount), note=line.category or "")
            for line in order.bought
        ]
        self.total = phrases.money_text(order.total)
        self.refunds = [
            PriceLine(label=f"Refund, {refund.status}", text=phrases.money_text(refund.amount), note=refund.reason)
            for refund in refunds
        ]
        self.policy = phrases.POLICIES[order.policy]
        self.trail = [
            TimelineItem(label=label, at=at.isoformat(), at_text=phrases.moment_text(at, self.zone), detail=detail)
            for at, label, detail in sorted(
                [(step.at, _TRAIL[Status(step.target)], "") for step in order.steps]
                + [(step.at, step.label, step.detail) for payment in paid for step in payment.steps]
            )
        ]
        key = self.router.url.query_parameters.get("key", "")
        suffix = f"?key={quote(key)}" if key else ""
        self.pdf_href = f"/api/v1/bookings/{order.id}/tickets.pdf{suffix}"
        self.calendar_href = f"/api/v1/bookings/{order.id}/event.ics{suffix}"


def _row(card: OrderCard) -> OrderRow:
    status, tone = phrases.BOOKING_STATUS[card.status]
    return OrderRow(
        id=card.id, href=page_at(f"/o/{card.id}"), title=card.title, when_text=phrases.when_text(card.starts_at, card.zone),
        place=card.place_name, quantity=f"{card.quantity} ticket{'' if card.quantity == 1 else 's'}",
        total=phrases.money_text(card.total), status=status, tone=tone,
    )  # fmt: skip


def _ticket(ticket: TicketView) -> TicketRow:
    svg = base64.b64encode(documents.qr_svg(ticket).encode()).decode()
    return TicketRow(
        id=ticket.id, label=ticket.label, category=ticket.category, code=ticket.id[-8:],
        qr=f"data:image/svg+xml;base64,{svg}", is_void=ticket.is_void,
    )  # fmt: skip
