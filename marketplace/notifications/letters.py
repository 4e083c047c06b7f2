"""The words of every mail: short, plain, in the second person."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from marketplace.accounts.views import AccountView
from marketplace.bookings.views import Order
from marketplace.money import Money
from marketplace.notifications.attachments import CALENDAR, TICKETS
from marketplace.notifications.layout import Button, Letter

_SHOW = "Show the code at the door, on your phone or on paper: each one admits one person, once."
_BY_LINK = "Anyone with this link can open your order, so keep this mail to yourself."
_BY_ACCOUNT = "You get this mail because you bought on Holdfast."

_ABOUT_ACCOUNT = "You get this mail because there is an account with this address on Holdfast."

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


def kept_without_account(order: Order, url: str) -> Letter:
    """To somebody who has erased their account before going."""
    return Letter(
        kind="kept_without_account",
        subject=f"Your order stays yours: {order.title}",
        preview="Your account is erased; this link opens your order from now on.",
        heading="Your order stays yours",
        paragraphs=(
            "Your account is erased, as you asked. What you have bought for later stays valid.",
            "From now on this link opens it. We forget your name and address once the event is over.",
        ),
        facts=_facts(order),
        button=Button("Open your order", url),
        footnote=_BY_LINK,
    )


def verify_address(account: AccountView, url: str) -> Letter:
    return Letter(
        kind="verify_address",
        subject="Please confirm your e-mail address",
        preview="One press, and we know that our mail reaches you.",
        heading="Is this your address?",
        paragraphs=(
            f"Hello {account.name}, somebody made an account on Holdfast with this address.",
            "If that was you, please confirm it within three days. If not, leave this mail alone.",
        ),
        button=Button("Confirm my address", url),
        footnote=_ABOUT_ACCOUNT,
    )


def reset_password(account: AccountView, url: str) -> Letter:
    return Letter(
        kind="reset_password",
        subject="Set a new password",
        preview="The link is good for one hour, and once.",
        heading="Set a new password",
        paragraphs=(
            f"Hello {account.name}, somebody asked for a new password for your account.",
            "If that was you, use this link within an hour. It works once, and logs you out everywhere.",
            "If not, leave this mail alone: your password stays as it is.",
        ),
        button=Button("Set a new password", url),
        footnote=_ABOUT_ACCOUNT,
    )


def password_changed(account: AccountView, url: str) -> Letter:
    """`url` is where a password is set anew."""
    return Letter(
        kind="password_changed",
        subject="Your password has been changed",
        preview="If that was not you, set a new one now.",
        heading="Your password has been changed",
        paragraphs=(
            f"Hello {account.name}, your password has been changed, and other devices have been logged out.",
            "If that was not you, set a new one now.",
        ),
        button=Button("That was not me", url),
        footnote=_ABOUT_ACCOUNT,
    )


def second_factor_changed(account: AccountView, url: str, *, is_on: bool) -> Letter:
    """`url` is the account's page."""
    news = (
        "From now on, logging in takes a code from your authenticator app, too. Keep the recovery codes in a safe place."
        if is_on
        else "From now on, your password alone is enough to log in."
    )
    what = f"Your second factor is {'on' if is_on else 'off'}"
    return Letter(
        kind="second_factor_changed",
        subject=what,
        preview=news,
        heading=what,
        paragraphs=(f"Hello {account.name}. {news}", "If you did not do this, change your password now."),
        button=Button("Open your account", url),
        footnote=_ABOUT_ACCOUNT,
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
