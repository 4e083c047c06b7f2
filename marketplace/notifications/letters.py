"""The words of every mail: short, plain, in the second person."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from marketplace.bookings.views import Order
from marketplace.money import Money
from marketplace.notifications.attachments import CALENDAR, TICKETS
from marketplace.notifications.layout import Button, Letter

_SHOW = "Show the code at the door, on your phone or on paper: each one admits one person, once."
_BY_LINK = "Anyone with this link can open your order, so keep this mail to yourself."
_BY_ACCOUNT = "You get this mail because you bought on Holdfast."

_SENT_BACK = {
    "late": "Your payment came after your time to pay had run out, and your seats have gone to somebody else.",
    "twice": "You paid for this order twice.",
    "wrong_amount": "The amount that reached us is not what this order costs.",
    "after_cancelling": "Your payment came after this order had been cancelled.",
}


def payment_wanted(order: Order, url: str) -> Letter:
    """To a guest who has checked out: the link that opens the order."""
    until = _time(order.expires_at, order.zone)
    return Letter(
        kind="payment_wanted",
        subject=f"Your seats are waiting: {order.title}",
        preview=f"Pay until {until} to keep them.",
        heading="Your seats are waiting",
        paragraphs=(
            f"Hello {order.buyer_name}, we are keeping these seats for you until {until}.",
            "If you have just paid, there is nothing left to do: your tickets are on their way.",
        ),
        facts=_facts(order),
        lines=_lines(order),
        total=order.total,
        button=Button("Open your order", url),
        footnote=_footnote(order),
    )


def confirmed(order: Order, url: str) -> Letter:
    many = len(order.tickets) != 1
    return Letter(
        kind="confirmed",
        subject=f"Your tickets for {order.title}",
        preview=f"{_day(order)} at {order.place_name}",
        heading="You are going",
        paragraphs=(
            f"Hello {order.buyer_name}, your order is confirmed.",
            f"Your {'tickets are' if many else 'ticket is'} attached. {_SHOW}",
        ),
        facts=_facts(order),
        lines=_lines(order),
        total=order.total,
        button=Button("Open your tickets" if many else "Open your ticket", url),
        footnote=_footnote(order),
        attachments=(TICKETS, CALENDAR),
    )


def declined(order: Order, url: str, why: str) -> Letter:
    until = _time(order.expires_at, order.zone)
    return Letter(
        kind="declined",
        subject=f"Your payment did not go through: {order.title}",
        preview=f"Your seats are still yours until {until}.",
        heading="Your payment did not go through",
        paragraphs=(why, f"Your seats are still yours until {until}."),
        facts=_facts(order),
        button=Button("Try again", url),
        footnote=_footnote(order),
    )


def expired(order: Order, url: str) -> Letter:
    return Letter(
        kind="expired",
        subject=f"Your seats have been released: {order.title}",
        preview="Nothing was charged.",
        heading="Your seats have been released",
        paragraphs=(
            "The time to pay has run out, so other people can buy your seats now. Nothing was charged.",
            "If you still want to go, pick seats again.",
        ),
        facts=_facts(order),
        button=Button("Open your order", url),
        footnote=_footnote(order),
    )


def cancelled(order: Order, url: str, by: str, refund: Money | None) -> Letter:
    """`by` is buyer, seller or operator; `refund` is what goes back, None where nothing was paid."""
    news = {
        "buyer": "You have cancelled this order. Its tickets are not valid any more.",
        "seller": "We are sorry: the seller has cancelled this order. Its tickets are not valid any more.",
    }.get(by, "We are sorry: this order had to be cancelled. Its tickets are not valid any more.")
    if refund is None:
        money = "Nothing was charged."
    elif refund:
        money = f"{refund.text()} goes back the way you paid. This usually takes a few days."
    else:
        money = "Under this order’s refund policy, nothing is paid back."
    return Letter(
        kind="cancelled",
        subject=f"Your order is cancelled: {order.title}",
        preview=money,
        heading="Your order is cancelled",
        paragraphs=(news, money),
        facts=_facts(order),
        button=Button("Open your order", url),
        footnote=_footnote(order),
    )


def money_returned(order: Order, url: str, why: str) -> Letter:
    """`why` is late, twice, wrong_amount or after_cancelling."""
    return Letter(
        kind="money_returned",
        subject=f"We are sending your money back: {order.title}",
        preview="You need not do anything.",
        heading="We are sending your money back",
        paragraphs=(f"{_SENT_BACK[why]} All of this payment goes back the way you paid. You need not do anything.",),
        facts=_facts(order),
        button=Button("Open your order", url),
        footnote=_footnote(order),
    )


def _facts(order: Order) -> tuple[tuple[str, str], ...]:
    return (("What", order.title), ("When", _day(order)), ("Where", order.place_name), ("Order", order.id))


def _lines(order: Order) -> tuple[tuple[str, Money], ...]:
    return tuple((line.label, line.amount) for line in order.bought)


def _day(order: Order) -> str:
    """As people read it where it happens."""
    local = order.starts_at.astimezone(ZoneInfo(order.zone))
    said = format_datetime(local, "EEEE, d MMMM y 'at' HH:mm", locale="en")
    return f"{said} ({_place_of(order.zone)} time)"


def _time(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M} ({_place_of(zone)} time)"


def _place_of(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")


def _footnote(order: Order) -> str:
    return _BY_ACCOUNT if order.has_account else _BY_LINK
