"""Which news becomes mail.

Events may come late and more than once. News that has been overtaken (a reminder to pay for what is paid) is not sent,
and each mail's key makes it one mail however often its event is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from marketplace import settings
from marketplace.accounts import queries as accounts
from marketplace.accounts import tokens
from marketplace.accounts.events import (
    AccountErased,
    PasswordChanged,
    PasswordResetWanted,
    SecondFactorChanged,
    SignedUpAgain,
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
    EventChanged,
    LinksWanted,
    MoneyRefused,
    PaymentDeclined,
    TicketsWanted,
    TimeRunsOut,
)
from marketplace.bookings.queries import LAST_MINUTES
from marketplace.bookings.views import Order, Party, Status
from marketplace.catalog import queries as catalog
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.i18n import _, page_at, speaking
from marketplace.ids import AccountId, BookingId
from marketplace.money import Money
from marketplace.notifications import actions, emails, queries
from marketplace.notifications.layout import EmailTemplate
from marketplace.outbox import reacts_to
from marketplace.payments import queries as payments
from marketplace.payments.events import PaidTwice
from marketplace.payments.status import FailureReason


@reacts_to(BookingMade)
async def send_guests_the_link(event: BookingMade, now: datetime) -> None:
    """Only to guests: others find the order in their account."""
    order = await _order(event.booking_id)
    if not order.has_account and _waits_for_money(order, now):
        await _send(order, emails.payment_wanted, now)


@reacts_to(PaymentDeclined)
async def tell_of_the_decline(event: PaymentDeclined, now: datetime) -> None:
    """Once an order: whoever tries one card after the other is looking at the page."""
    order = await _order(event.booking_id)
    if _waits_for_money(order, now):
        await _send(order, lambda order, url: emails.declined(order, url, _reason(event.reason)), now)


@reacts_to(BookingConfirmed)
async def send_the_tickets(event: BookingConfirmed, now: datetime) -> None:
    order = await _order(event.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(order, emails.confirmed, now)


@reacts_to(TicketsWanted)
async def send_the_tickets_again(event: TicketsWanted, now: datetime) -> None:
    order = await _order(event.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(order, emails.confirmed, now, once_for=f"{order.id}:{event.at.isoformat()}")


@reacts_to(LinksWanted)
async def send_the_lost_links(event: LinksWanted, now: datetime) -> None:
    """A mail an order, each with its own link; none where there are none."""
    async with transaction(reading=True) as session:
        found = await bookings.for_guests(session, event.email, now)
    for order in [await _order(id) for id in found]:
        await _send(order, emails.link_again, now, once_for=f"{order.id}:{event.at.isoformat()}")


@reacts_to(TimeRunsOut)
async def remind_to_pay(event: TimeRunsOut, now: datetime) -> None:
    """Not whoever is paying this minute, or was written to about the same deadline a moment ago."""
    order = await _order(event.booking_id)
    if not _waits_for_money(order, now):
        return
    async with transaction(reading=True) as session:
        is_being_paid = await payments.live_payment(session, order.id) is not None
        knows = await queries.was_written_to(session, order.id, since=now - LAST_MINUTES)
    if not is_being_paid and not knows:
        await _send(order, emails.running_out, now)


@reacts_to(EventChanged)
async def tell_of_the_change(event: EventChanged, now: datetime) -> None:
    """One mail an order and change, in the order of the changes; nobody is told of one that is over."""
    order = await _order(event.booking_id)
    if (order.status is Status.CONFIRMED and now < order.ends_at) or _waits_for_money(order, now):
        write = partial(emails.event_changed, was=event.was, is_now=event.is_now, now=now)
        await _send(order, write, now, once_for=f"{order.id}:{event.at.isoformat()}")


@reacts_to(BookingExpired)
async def tell_that_the_seats_are_gone(event: BookingExpired, now: datetime) -> None:
    order = await _order(event.booking_id)
    if order.status is Status.EXPIRED:
        await _send(order, emails.expired, now)


@reacts_to(BookingCancelled)
async def tell_of_the_cancelling(event: BookingCancelled, now: datetime) -> None:
    """Of the whole event's, where that is why: its seller's own words go along."""
    order = await _order(event.booking_id)
    refund, owed = await _given_back(order)
    async with transaction(reading=True) as session:
        why = await catalog.why_called_off(session, order.listing_id) if event.by == Party.SELLER else None
    if why is None:
        await _send(order, partial(emails.cancelled, by=event.by, refund=refund, owed=owed), now)
    else:
        await _send(order, partial(emails.called_off, reason=why, refund=refund, owed=owed), now)


@reacts_to(MoneyRefused)
async def tell_that_the_money_returns(event: MoneyRefused, now: datetime) -> None:
    order = await _order(event.booking_id)
    await _send(order, partial(emails.money_returned, why=event.why), now, once_for=event.payment_id)


@reacts_to(PaidTwice)
async def tell_that_the_second_payment_returns(event: PaidTwice, now: datetime) -> None:
    order = await _order(event.booking_id)
    await _send(order, partial(emails.money_returned, why="twice"), now, once_for=event.payment_id)


@reacts_to(BookingLetGo)
async def send_the_link_that_replaces_the_account(event: BookingLetGo, now: datetime) -> None:
    order = await _order(event.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(order, emails.kept_without_account, now)


@reacts_to(BuyerForgotten)
async def forget_what_was_written_about_the_order(event: BuyerForgotten, now: datetime) -> None:
    async with transaction() as session:
        await actions.forget(session, BookingId(event.booking_id))


@reacts_to(AccountErased)
async def forget_what_was_written_about_the_account(event: AccountErased, now: datetime) -> None:
    async with transaction() as session:
        await actions.forget(session, AccountId(event.account_id))


@reacts_to(VerificationWanted)
async def send_the_link_that_verifies(event: VerificationWanted, now: datetime) -> None:
    account = await _account(event.account_id)
    if account is not None and account.verified_at is None:
        token = tokens.issue_step(Purpose.VERIFY, account.id, account.email, now)
        await _send_to_account(account, emails.verify_address, f"/verify?token={token}", event.at, now)


@reacts_to(SignedUpAgain)
async def tell_who_has_an_account_already(event: SignedUpAgain, now: datetime) -> None:
    account = await _account(event.account_id)
    if account is not None:
        await _send_to_account(account, emails.signed_up_again, "/login", event.at, now)


@reacts_to(PasswordResetWanted)
async def send_the_link_that_resets(event: PasswordResetWanted, now: datetime) -> None:
    """Nothing happens where there is no such account: only its owner would be told of it."""
    async with transaction(reading=True) as session:
        row = await accounts.account_by_email(session, event.email)
        account = None if row is None else await accounts.view_of(session, row)
    if row is not None and account is not None:
        token = tokens.issue_step(Purpose.RESET, account.id, row.password_hash, now)
        await _send_to_account(account, emails.reset_password, f"/reset?token={token}", event.at, now)


@reacts_to(PasswordChanged)
async def tell_of_the_new_password(event: PasswordChanged, now: datetime) -> None:
    account = await _account(event.account_id)
    if account is not None:
        await _send_to_account(account, emails.password_changed, "/forgot", event.at, now)


@reacts_to(SecondFactorChanged)
async def tell_of_the_second_factor(event: SecondFactorChanged, now: datetime) -> None:
    account = await _account(event.account_id)
    if account is not None:
        write = partial(emails.second_factor_changed, is_on=event.is_on)
        await _send_to_account(account, write, "/account", event.at, now)


async def _account(id: str) -> AccountView | None:
    """None if it has been erased meanwhile."""
    async with transaction(reading=True) as session:
        try:
            return await accounts.account_view(session, AccountId(id))
        except NotFound:
            return None


async def _send_to_account(
    account: AccountView, write: Callable[[AccountView, str], EmailTemplate], page: str, at: datetime, now: datetime
) -> None:
    """In the language that they chose; `page` is what the email leads to."""
    with speaking(account.language):
        email = write(account, f"{settings.current().origin}{page_at(page)}")
        key = f"{email.kind}:{account.id}:{at.isoformat()}"
        async with transaction() as session:
            await actions.write(session, to=account.email, email=email, key=key, about=account.id, now=now)


async def _order(booking_id: str) -> Order:
    async with transaction(reading=True) as session:
        return await bookings.order_as_bought(session, SYSTEM, BookingId(booking_id))


async def _send(
    order: Order, write: Callable[[Order, str], EmailTemplate], now: datetime, *, once_for: str = ""
) -> None:
    """In the language that the order was made in."""
    if not order.buyer_email:
        return  # forgotten: there is nobody to write to any more
    with speaking(order.language):
        email = write(order, _link(order, now))
        key = f"{email.kind}:{once_for or order.id}"
        async with transaction() as session:
            await actions.write(session, to=order.buyer_email, email=email, key=key, about=order.id, now=now)


async def _given_back(order: Order) -> tuple[Money | None, Money | None]:
    """What of the order's payment is promised back, None where nothing was paid; and what of that is still owed."""
    if order.payment_id is None:
        return None, None
    async with transaction(reading=True) as session:
        paid = await payments.payment_view(session, order.payment_id)
        owed = await payments.owed_for(session, order.id)
    return paid.refunded, owed.get(paid.refunded.currency)


def _link(order: Order, now: datetime) -> str:
    page = f"{settings.current().origin}{page_at(f'/o/{order.id}')}"
    return page if order.has_account else f"{page}?key={tokens.issue_booking_key(order.id, order.buyer_email, now)}"


def _waits_for_money(order: Order, now: datetime) -> bool:
    return order.status is Status.PENDING_PAYMENT and now < order.expires_at


def _reason(reason: str) -> str:
    known = {str(member): member.message for member in FailureReason}
    return known.get(reason, _("The payment was called off. Nothing was charged."))
