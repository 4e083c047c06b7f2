"""Which news becomes mail.

Each mail is written in the transaction that marks its event as delivered, and its key makes it one mail, whatever else tells
of the same. News that has been overtaken (a reminder to pay for what is paid) is not sent.
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
from marketplace.db import Session
from marketplace.errors import NotFound
from marketplace.i18n import _, page_at, speaking
from marketplace.ids import AccountId, BookingId
from marketplace.money import Money
from marketplace.notifications import actions, emails, queries
from marketplace.notifications.layout import EmailTemplate
from marketplace.outbox import reacts_after
from marketplace.payments import queries as payments
from marketplace.payments.events import PaidTwice
from marketplace.payments.status import FailureReason


@reacts_after(BookingMade)
async def send_guests_the_link(session: Session, event: BookingMade, now: datetime) -> None:
    """Only to guests: others find the order in their account."""
    order = await _order(session, event.booking_id)
    if not order.has_account and _waits_for_money(order, now):
        await _send(session, order, emails.payment_wanted, now)


@reacts_after(PaymentDeclined)
async def tell_of_the_decline(session: Session, event: PaymentDeclined, now: datetime) -> None:
    """Once an order: whoever tries one card after the other is looking at the page."""
    order = await _order(session, event.booking_id)
    if _waits_for_money(order, now):
        await _send(session, order, lambda order, url: emails.declined(order, url, _reason(event.reason)), now)


@reacts_after(BookingConfirmed)
async def send_the_tickets(session: Session, event: BookingConfirmed, now: datetime) -> None:
    order = await _order(session, event.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(session, order, emails.confirmed, now)


@reacts_after(TicketsWanted)
async def send_the_tickets_again(session: Session, event: TicketsWanted, now: datetime) -> None:
    order = await _order(session, event.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(session, order, emails.confirmed, now, once_for=f"{order.id}:{event.at.isoformat()}")


@reacts_after(LinksWanted)
async def send_the_lost_links(session: Session, event: LinksWanted, now: datetime) -> None:
    """A mail an order, each with its own link; none where there are none."""
    found = await bookings.for_guests(session, event.email, now)
    for order in [await _order(session, id) for id in found]:
        await _send(session, order, emails.link_again, now, once_for=f"{order.id}:{event.at.isoformat()}")


@reacts_after(TimeRunsOut)
async def remind_to_pay(session: Session, event: TimeRunsOut, now: datetime) -> None:
    """Not whoever is paying this minute, or was written to about the same deadline a moment ago."""
    order = await _order(session, event.booking_id)
    if not _waits_for_money(order, now):
        return
    is_being_paid = await payments.live_payment(session, order.id) is not None
    knows = await queries.was_written_to(session, order.id, since=now - LAST_MINUTES)
    if not is_being_paid and not knows:
        await _send(session, order, emails.running_out, now)


@reacts_after(EventChanged)
async def tell_of_the_change(session: Session, event: EventChanged, now: datetime) -> None:
    """One mail an order and change, in the order of the changes; nobody is told of one that is over."""
    order = await _order(session, event.booking_id)
    if (order.status is Status.CONFIRMED and now < order.ends_at) or _waits_for_money(order, now):
        write = partial(emails.event_changed, was=event.was, is_now=event.is_now, now=now)
        await _send(session, order, write, now, once_for=f"{order.id}:{event.at.isoformat()}")


@reacts_after(BookingExpired)
async def tell_that_the_seats_are_gone(session: Session, event: BookingExpired, now: datetime) -> None:
    order = await _order(session, event.booking_id)
    if order.status is Status.EXPIRED:
        await _send(session, order, emails.expired, now)


@reacts_after(BookingCancelled)
async def tell_of_the_cancelling(session: Session, event: BookingCancelled, now: datetime) -> None:
    """Of the whole event's, where that is why: its seller's own words go along."""
    order = await _order(session, event.booking_id)
    refund, owed = await _given_back(session, order)
    why = await catalog.why_called_off(session, order.listing_id) if event.by == Party.SELLER else None
    if why is None:
        await _send(session, order, partial(emails.cancelled, by=event.by, refund=refund, owed=owed), now)
    else:
        await _send(session, order, partial(emails.called_off, reason=why, refund=refund, owed=owed), now)


@reacts_after(MoneyRefused)
async def tell_that_the_money_returns(session: Session, event: MoneyRefused, now: datetime) -> None:
    order = await _order(session, event.booking_id)
    await _send(session, order, partial(emails.money_returned, why=event.why), now, once_for=event.payment_id)


@reacts_after(PaidTwice)
async def tell_that_the_second_payment_returns(session: Session, event: PaidTwice, now: datetime) -> None:
    order = await _order(session, event.booking_id)
    await _send(session, order, partial(emails.money_returned, why="twice"), now, once_for=event.payment_id)


@reacts_after(BookingLetGo)
async def send_the_link_that_replaces_the_account(session: Session, event: BookingLetGo, now: datetime) -> None:
    order = await _order(session, event.booking_id)
    if order.status is Status.CONFIRMED:
        await _send(session, order, emails.kept_without_account, now)


@reacts_after(BuyerForgotten)
async def forget_what_was_written_about_the_order(session: Session, event: BuyerForgotten, now: datetime) -> None:
    await actions.forget(session, BookingId(event.booking_id))


@reacts_after(AccountErased)
async def forget_what_was_written_about_the_account(session: Session, event: AccountErased, now: datetime) -> None:
    await actions.forget(session, AccountId(event.account_id))


@reacts_after(VerificationWanted)
async def send_the_link_that_verifies(session: Session, event: VerificationWanted, now: datetime) -> None:
    account = await _account(session, event.account_id)
    if account is not None and account.verified_at is None:
        token = tokens.issue_step(Purpose.VERIFY, account.id, account.email, now)
        await _send_to_account(session, account, emails.verify_address, f"/verify?token={token}", event.at, now)


@reacts_after(SignedUpAgain)
async def tell_who_has_an_account_already(session: Session, event: SignedUpAgain, now: datetime) -> None:
    account = await _account(session, event.account_id)
    if account is not None:
        await _send_to_account(session, account, emails.signed_up_again, "/login", event.at, now)


@reacts_after(PasswordResetWanted)
async def send_the_link_that_resets(session: Session, event: PasswordResetWanted, now: datetime) -> None:
    """Nothing happens where there is no such account: only its owner would be told of it."""
    row = await accounts.account_by_email(session, event.email)
    account = None if row is None else await accounts.view_of(session, row)
    if row is not None and account is not None:
        token = tokens.issue_step(Purpose.RESET, account.id, row.password_hash, now)
        await _send_to_account(session, account, emails.reset_password, f"/reset?token={token}", event.at, now)


@reacts_after(PasswordChanged)
async def tell_of_the_new_password(session: Session, event: PasswordChanged, now: datetime) -> None:
    account = await _account(session, event.account_id)
    if account is not None:
        await _send_to_account(session, account, emails.password_changed, "/forgot", event.at, now)


@reacts_after(SecondFactorChanged)
async def tell_of_the_second_factor(session: Session, event: SecondFactorChanged, now: datetime) -> None:
    account = await _account(session, event.account_id)
    if account is not None:
        write = partial(emails.second_factor_changed, is_on=event.is_on)
        await _send_to_account(session, account, write, "/account", event.at, now)


async def _account(session: Session, id: str) -> AccountView | None:
    """None if it has been erased meanwhile."""
    try:
        return await accounts.account_view(session, AccountId(id))
    except NotFound:
        return None


async def _send_to_account(
    session: Session,
    account: AccountView,
    write: Callable[[AccountView, str], EmailTemplate],
    page: str,
    at: datetime,
    now: datetime,
) -> None:
    """In the language that they chose; `page` is what the email leads to."""
    with speaking(account.language):
        email = write(account, f"{settings.current().origin}{page_at(page)}")
        key = f"{email.kind}:{account.id}:{at.isoformat()}"
        await actions.write(session, to=account.email, email=email, key=key, about=account.id, now=now)


async def _order(session: Session, booking_id: str) -> Order:
    return await bookings.order_as_bought(session, SYSTEM, BookingId(booking_id))


async def _send(
    session: Session, order: Order, write: Callable[[Order, str], EmailTemplate], now: datetime, *, once_for: str = ""
) -> None:
    """In the language that the order was made in."""
    if not order.buyer_email:
        return  # forgotten: there is nobody to write to any more
    with speaking(order.language):
        email = write(order, _link(order, now))
        key = f"{email.kind}:{once_for or order.id}"
        await actions.write(session, to=order.buyer_email, email=email, key=key, about=order.id, now=now)


async def _given_back(session: Session, order: Order) -> tuple[Money | None, Money | None]:
    """What of the order's payment is promised back, None where nothing was paid; and what of that is still owed."""
    if order.payment_id is None:
        return None, None
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
