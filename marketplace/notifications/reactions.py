"""Which news becomes mail.

Facts may come late and more than once. News that has been overtaken (a reminder to pay for what is paid) is not sent,
and each mail's key makes it one mail however often its fact is told.
"""

from __future__ import annotations

from datetime import datetime

from marketplace import settings
from marketplace.accounts import queries as accounts
from marketplace.accounts import tokens
from marketplace.accounts.events import (
    AccountErased,
    PasswordChanged,
    PasswordResetWanted,
    SecondFactorChanged,
    VerificationWanted,
)
from marketplace.accounts.tokens import Purpose
from marketplace.accounts.views import SYSTEM, AccountView
from marketplace.bookings import queries as bookings
from marketplace.bookings.events import (
    BookingCancelled,
    BookingConfirmed,
    BookingExpired,
    BookingLetGo,
    BookingMade,
    BuyerForgotten,
    MoneyRefused,
    PaymentDeclined,
    TicketsWanted,
)
from marketplace.bookings.views import Order, Status
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.ids import AccountId, BookingId
from marketplace.money import Money
from marketplace.notifications import actions, letters
from marketplace.notifications.layout import Letter
from marketplace.outbox import reacts_to
from marketplace.payments import queries as payments
from marketplace.payments.events import PaidTwice
from marketplace.payments.status import FailureReason


@reacts_to(BookingMade)
async def send_guests_the_link(fact: BookingMade, now: datetime) -> None:
    """Only to guests: others find the order in their account."""
    order = await _order(fact.booking_id)
    if not order.has_account and _waits_for_money(order, now):
        await _send(order, letters.payment_wanted(order, _link(order, now)), now)


@reacts_to(PaymentDeclined)
async def tell_of_the_decline(fact: PaymentDeclined, now: datetime) -> None:
    """Once an order: whoever tries one card after the other is looking at the page."""
    order = await _order(fact.booking_id)
    if _waits_for_money(order, now):
        await _send(order, letters.declined(order, _link(order, now), _reason(fact.reason)), now)


@reacts_to(BookingConfirmed)
async def send_the_tickets(fact: BookingConfirmed, now: datetime) -> None:
    order = await _order(fact.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(order, letters.confirmed(order, _link(order, now)), now)


@reacts_to(TicketsWanted)
async def send_the_tickets_again(fact: TicketsWanted, now: datetime) -> None:
    order = await _order(fact.booking_id)
    if order.status is Status.CONFIRMED:
        letter = letters.confirmed(order, _link(order, now))
        await _send(order, letter, now, once_for=f"{order.id}:{fact.at.isoformat()}")


@reacts_to(BookingExpired)
async def tell_that_the_seats_are_gone(fact: BookingExpired, now: datetime) -> None:
    order = await _order(fact.booking_id)
    if order.status is Status.EXPIRED:
        await _send(order, letters.expired(order, _link(order, now)), now)


@reacts_to(BookingCancelled)
async def tell_of_the_cancelling(fact: BookingCancelled, now: datetime) -> None:
    order = await _order(fact.booking_id)
    await _send(order, letters.cancelled(order, _link(order, now), fact.by, await _given_back(order)), now)


@reacts_to(MoneyRefused)
async def tell_that_the_money_returns(fact: MoneyRefused, now: datetime) -> None:
    order = await _order(fact.booking_id)
    await _send(order, letters.money_returned(order, _link(order, now), fact.why), now, once_for=fact.payment_id)


@reacts_to(PaidTwice)
async def tell_that_the_second_payment_returns(fact: PaidTwice, now: datetime) -> None:
    order = await _order(fact.booking_id)
    await _send(order, letters.money_returned(order, _link(order, now), "twice"), now, once_for=fact.payment_id)


@reacts_to(BookingLetGo)
async def send_the_link_that_replaces_the_account(fact: BookingLetGo, now: datetime) -> None:
    order = await _order(fact.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(order, letters.kept_without_account(order, _link(order, now)), now)


@reacts_to(BuyerForgotten)
async def forget_what_was_written_about_the_order(fact: BuyerForgotten, now: datetime) -> None:
    async with transaction() as session:
        await actions.forget(session, BookingId(fact.booking_id))


@reacts_to(AccountErased)
async def forget_what_was_written_about_the_account(fact: AccountErased, now: datetime) -> None:
    async with transaction() as session:
        await actions.forget(session, AccountId(fact.account_id))


@reacts_to(VerificationWanted)
async def send_the_link_that_verifies(fact: VerificationWanted, now: datetime) -> None:
    account = await _account(fact.account_id)
    if account is not None and account.verified_at is None:
        token = tokens.issue_step(Purpose.VERIFY, account.id, account.email, now)
        url = f"{settings.current().origin}/verify?token={token}"
        await _send_to_account(account, letters.verify_address(account, url), fact.at, now)


@reacts_to(PasswordResetWanted)
async def send_the_link_that_resets(fact: PasswordResetWanted, now: datetime) -> None:
    """Nothing happens where there is no such account: only its owner would be told of it."""
    async with transaction(reading=True) as session:
        row = await accounts.account_by_email(session, fact.email)
        account = None if row is None else await accounts.view_of(session, row)
    if row is not None and account is not None:
        token = tokens.issue_step(Purpose.RESET, account.id, row.password_hash, now)
        url = f"{settings.current().origin}/reset?token={token}"
        await _send_to_account(account, letters.reset_password(account, url), fact.at, now)


@reacts_to(PasswordChanged)
async def tell_of_the_new_password(fact: PasswordChanged, now: datetime) -> None:
    account = await _account(fact.account_id)
    if account is not None:
        url = f"{settings.current().origin}/forgot"
        await _send_to_account(account, letters.password_changed(account, url), fact.at, now)


@reacts_to(SecondFactorChanged)
async def tell_of_the_second_factor(fact: SecondFactorChanged, now: datetime) -> None:
    account = await _account(fact.account_id)
    if account is not None:
        url = f"{settings.current().origin}/account"
        letter = letters.second_factor_changed(account, url, is_on=fact.is_on)
        await _send_to_account(account, letter, fact.at, now)


async def _account(id: str) -> AccountView | None:
    """None if it has been erased meanwhile."""
    async with transaction(reading=True) as session:
        try:
            return await accounts.account_view(session, AccountId(id))
        except NotFound:
            return None


async def _send_to_account(account: AccountView, letter: Letter, at: datetime, now: datetime) -> None:
    key = f"{letter.kind}:{account.id}:{at.isoformat()}"
    async with transaction() as session:
        mail = await actions.write(session, to=account.email, letter=letter, key=key, about=account.id, now=now)
    await actions.send(mail, now)


async def _order(booking_id: str) -> Order:
    async with transaction(reading=True) as session:
        return await bookings.order(session, SYSTEM, BookingId(booking_id))


async def _send(order: Order, letter: Letter, now: datetime, *, once_for: str = "") -> None:
    if not order.buyer_email:
        return  # forgotten: there is nobody to write to any more
    key = f"{letter.kind}:{once_for or order.id}"
    async with transaction() as session:
        mail = await actions.write(session, to=order.buyer_email, letter=letter, key=key, about=order.id, now=now)
    await actions.send(mail, now)


async def _given_back(order: Order) -> Money | None:
    """What of the order's payment has been given back or is on its way; None where nothing was paid."""
    if order.payment_id is None:
        return None
    async with transaction(reading=True) as session:
        return (await payments.payment_view(session, order.payment_id)).refunded


def _link(order: Order, now: datetime) -> str:
    page = f"{settings.current().origin}/o/{order.id}"
    return page if order.has_account else f"{page}?key={tokens.issue_booking_key(order.id, now)}"


def _waits_for_money(order: Order, now: datetime) -> bool:
    return order.status is Status.PENDING_PAYMENT and now < order.expires_at


def _reason(reason: str) -> str:
    known = {str(member): member.message for member in FailureReason}
    return known.get(reason, "The payment was called off. Nothing was charged.")
