"""Which news becomes mail, to whom, and with which link."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from marketplace import settings
from marketplace.accounts import tokens
from marketplace.bookings.errors import BookingNotFound
from marketplace.bookings.events import (
    BookingCancelled,
    BookingConfirmed,
    BookingExpired,
    BookingMade,
    MoneyRefused,
    PaymentDeclined,
    TicketsWanted,
)
from marketplace.bookings.views import Order, Status
from marketplace.db import transaction
from marketplace.ids import BookingId, PaymentId
from marketplace.money import Money
from marketplace.notifications import queries, reactions
from marketplace.notifications.views import MailStatus, MailView
from marketplace.outbox import DomainEvent, deliver_due, record
from marketplace.payments import queries as payments
from marketplace.payments.events import PaidTwice
from marketplace.payments.status import FailureReason
from tests.notifications.conftest import make_confirmed, make_order

pytestmark = pytest.mark.usefixtures("database")


async def mailed() -> list[MailView]:
    async with transaction(reading=True) as session:
        page = await queries.mailbox(session)
        return [await queries.mail(session, card.id) for card in reversed(page.items)]


async def tell(event: DomainEvent, now: datetime) -> None:
    async with transaction() as session:
        record(session, event, now)
    assert await deliver_due(now) == 1


async def kinds() -> list[str]:
    return [mail.card.kind for mail in await mailed()]


def link_in(mail: MailView) -> str:
    [link] = [line for line in mail.text.splitlines() if line.startswith("http")]
    return link


async def test_a_guest_gets_a_link_that_opens_exactly_this_order(orders: dict[str, Order], now: datetime) -> None:
    order = make_order(now)
    orders[order.id] = order
    await tell(BookingMade(order.id, now), now)
    [mail] = await mailed()
    link = urlsplit(link_in(mail))
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{settings.current().origin}/o/{order.id}"
    [key] = parse_qs(link.query)["key"]
    assert tokens.read_booking_key(key, now).booking == order.id
    assert (mail.card.to, mail.card.about, mail.card.kind) == ("grace@example.org", order.id, "payment_wanted")
    assert mail.card.status is MailStatus.KEPT


async def test_an_account_holders_mail_carries_no_key(orders: dict[str, Order], now: datetime) -> None:
    order = make_confirmed(now, has_account=True)
    orders[order.id] = order
    await tell(BookingMade(order.id, now), now)
    await tell(BookingConfirmed(order.id, now), now)
    [mail] = await mailed()
    assert link_in(mail) == f"{settings.current().origin}/o/{order.id}"
    assert mail.card.kind == "confirmed"


async def test_an_account_holder_is_not_reminded_of_what_the_account_shows(
    orders: dict[str, Order], now: datetime
) -> None:
    order = make_order(now, has_account=True)
    orders[order.id] = order
    await tell(BookingMade(order.id, now), now)
    assert await kinds() == []


async def test_news_told_twice_is_one_mail(orders: dict[str, Order], now: datetime) -> None:
    order = make_confirmed(now)
    orders[order.id] = order
    for at in (now, now + timedelta(minutes=1)):
        await tell(BookingConfirmed(order.id, now), at)
        await tell(MoneyRefused(order.id, "pay_1", "twice", now), at)
        await tell(PaidTwice(PaymentId.new(), order.id, 100, "EUR"), at)
    assert await kinds() == ["confirmed", "money_returned", "money_returned", "money_returned"]


async def test_tickets_that_are_wanted_again_are_sent_once_a_wish(orders: dict[str, Order], now: datetime) -> None:
    order = make_confirmed(now)
    orders[order.id] = order
    await tell(BookingConfirmed(order.id, now), now)
    later = now + timedelta(minutes=1)
    for wish in (now, now, later):
        await tell(TicketsWanted(order.id, wish), later)
    assert await kinds() == ["confirmed"] * 3


@pytest.mark.parametrize(
    ("event", "overtaken_by"),
    [
        (TicketsWanted, {"status": Status.CANCELLED_BY_BUYER}),
        (BookingMade, {"status": Status.CONFIRMED}),
        (BookingMade, {"expires_at": datetime.fromisoformat("2020-01-01T00:00:00Z")}),
        (lambda booking, at: PaymentDeclined(booking, "card_declined", at), {"status": Status.CONFIRMED}),
        (BookingConfirmed, {"status": Status.CANCELLED_BY_BUYER}),
        (BookingExpired, {"status": Status.CONFIRMED}),
    ],
)
async def test_news_that_has_been_overtaken_is_not_sent(
    event: Any, overtaken_by: dict[str, Any], orders: dict[str, Order], now: datetime
) -> None:
    order = make_order(now, **overtaken_by)
    orders[order.id] = order
    await tell(event(order.id, now), now)
    assert await kinds() == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [("insufficient_funds", FailureReason.INSUFFICIENT_FUNDS.message), ("canceled", "The payment was called off.")],
)
async def test_a_declined_payment_says_why_once(
    reason: str, words: str, orders: dict[str, Order], now: datetime
) -> None:
    order = make_order(now)
    orders[order.id] = order
    await tell(PaymentDeclined(order.id, reason, now), now)
    await tell(PaymentDeclined(order.id, "card_declined", now), now + timedelta(minutes=1))
    [mail] = await mailed()
    assert words in mail.html


async def test_seats_that_were_released_are_mourned(orders: dict[str, Order], now: datetime) -> None:
    order = make_order(now, status=Status.EXPIRED)
    orders[order.id] = order
    await tell(BookingExpired(order.id, now), now)
    assert await kinds() == ["expired"]


async def test_a_cancelled_order_tells_what_comes_back(
    orders: dict[str, Order], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Paid:
        refunded = Money(8500, "EUR")

    async def payment_view(session: Any, id: PaymentId) -> type[Paid]:
        return Paid

    async def owed_for(session: Any, id: BookingId) -> dict[str, Money]:
        return {}

    monkeypatch.setattr(payments, "payment_view", payment_view)
    monkeypatch.setattr(payments, "owed_for", owed_for)
    paid = make_confirmed(now, status=Status.CANCELLED_BY_SELLER)
    unpaid = make_order(now, status=Status.CANCELLED_BY_BUYER)
    orders.update({paid.id: paid, unpaid.id: unpaid})
    await tell(BookingCancelled(paid.id, now, "seller"), now)
    await tell(BookingCancelled(unpaid.id, now, "buyer"), now)
    first, second = await mailed()
    assert "€85.00 goes back" in first.text
    assert "Nothing was charged." in second.text


async def test_an_order_that_does_not_exist_is_an_error_to_be_seen(orders: dict[str, Order], now: datetime) -> None:
    with pytest.raises(BookingNotFound):
        async with transaction() as session:
            await reactions.send_the_tickets(session, BookingConfirmed(BookingId.new(), now), now)
    assert await kinds() == []
