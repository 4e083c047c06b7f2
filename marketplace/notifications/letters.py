"""The words of every mail: short, plain, in the second person, in the language that is being spoken."""

from __future__ import annotations

from datetime import datetime

from marketplace import moments
from marketplace.accounts.views import AccountView
from marketplace.bookings import policy
from marketplace.bookings.views import Order, Status
from marketplace.catalog.views import Occasion
from marketplace.money import Money
from marketplace.notifications.attachments import CALENDAR, TICKETS
from marketplace.notifications.layout import Button, Change, Letter
from marketplace.words import later, say, say_n

_SENT_BACK = {
    "late": later("Your payment came after your time to pay had run out, and your seats have gone to somebody else."),
    "twice": later("You paid for this order twice."),
    "wrong_amount": later("The amount that reached us is not what this order costs."),
    "after_cancelling": later("Your payment came after this order had been cancelled."),
}


def payment_wanted(order: Order, url: str) -> Letter:
    """To a guest who has checked out: the link that opens the order."""
    until = _time(order.expires_at, order.zone)
    return Letter(
        kind="payment_wanted",
        subject=say("Your seats are waiting: {title}", title=order.title),
        preview=say("Pay until {until} to keep them.", until=until),
        heading=say("Your seats are waiting"),
        paragraphs=(
            say("Hello {name}, we are keeping these seats for you until {until}.", name=order.buyer_name, until=until),
            say("If you have just paid, there is nothing left to do: your tickets are on their way."),
        ),
        facts=_facts(order),
        lines=_lines(order),
        total=order.total,
        button=Button(say("Open your order"), url),
        footnote=_footnote(order),
    )


def confirmed(order: Order, url: str) -> Letter:
    count = len(order.tickets)
    return Letter(
        kind="confirmed",
        subject=say("Your tickets for {title}", title=order.title),
        preview=say("{when} at {place}", when=_day(order), place=order.place_name),
        heading=say("You are going"),
        paragraphs=(
            say("Hello {name}, your order is confirmed.", name=order.buyer_name),
            say_n("Your ticket is attached.", "Your tickets are attached.", count),
            say("Show the code at the door, on your phone or on paper: each one admits one person, once."),
        ),
        facts=_facts(order),
        lines=_lines(order),
        total=order.total,
        button=Button(say_n("Open your ticket", "Open your tickets", count), url),
        footnote=_footnote(order),
        attachments=(TICKETS, CALENDAR),
    )


def declined(order: Order, url: str, why: str) -> Letter:
    until = _time(order.expires_at, order.zone)
    return Letter(
        kind="declined",
        subject=say("Your payment did not go through: {title}", title=order.title),
        preview=say("Your seats are still yours until {until}.", until=until),
        heading=say("Your payment did not go through"),
        paragraphs=(why, say("Your seats are still yours until {until}.", until=until)),
        facts=_facts(order),
        button=Button(say("Try again"), url),
        footnote=_footnote(order),
    )


def running_out(order: Order, url: str) -> Letter:
    """To an account holder whose order is near its end."""
    until = _time(order.expires_at, order.zone)
    return Letter(
        kind="running_out",
        subject=say("Your seats are running out: {title}", title=order.title),
        preview=say("Pay until {until} to keep them.", until=until),
        heading=say("Your seats are running out"),
        paragraphs=(
            say(
                "Hello {name}, we are keeping these seats for you until {until}, and they are not paid for yet.",
                name=order.buyer_name,
                until=until,
            ),
            say("If you have just paid, there is nothing left to do: your tickets are on their way."),
        ),
        facts=_facts(order),
        lines=_lines(order),
        total=order.total,
        button=Button(say("Pay now"), url),
        footnote=_footnote(order),
    )


def expired(order: Order, url: str) -> Letter:
    return Letter(
        kind="expired",
        subject=say("Your seats have been released: {title}", title=order.title),
        preview=say("Nothing was charged."),
        heading=say("Your seats have been released"),
        paragraphs=(
            say("The time to pay has run out, so other people can buy your seats now. Nothing was charged."),
            say("If you still want to go, pick seats again."),
        ),
        facts=_facts(order),
        button=Button(say("Open your order"), url),
        footnote=_footnote(order),
    )


def event_changed(order: Order, url: str, was: Occasion, is_now: Occasion, now: datetime) -> Letter:
    """To a buyer who has paid or is about to; `was` is what they knew."""
    changes = changes_between(was, is_now)
    changed = {change.name for change in changes}
    if order.status is Status.CONFIRMED:
        standing = say("Your tickets stay valid as they are, and the new calendar entry is attached.")
    else:
        standing = say("Your seats are still yours until {until}.", until=_time(order.expires_at, order.zone))
    return Letter(
        kind="event_changed",
        # By the name that they know it by.
        subject=say("The event has changed: {title}", title=was.title),
        preview=" ".join(f"{change.name}: {change.now}." for change in changes),
        heading=say("The event has changed"),
        paragraphs=(
            say(
                "Hello {name}, the seller has changed the event: this is how it was, and how it is now.",
                name=order.buyer_name,
            ),
            standing,
            way_out(order, now),
        ),
        changes=changes,
        facts=tuple((name, value) for name, value in _facts(order) if name not in changed),
        button=Button(say("Open your order"), url),
        footnote=_footnote(order),
        attachments=(CALENDAR,) if order.status is Status.CONFIRMED else (),
    )


def changes_between(was: Occasion, is_now: Occasion) -> tuple[Change, ...]:
    """What is no longer as it was, as its buyers read it."""
    return tuple(
        Change(name, before, after)
        for (name, before), (_, after) in zip(_told(was), _told(is_now), strict=True)
        if before != after
    )


def _told(occasion: Occasion) -> tuple[tuple[str, str], ...]:
    """All that people plan by, as they read it."""
    doors = occasion.doors_at
    return (
        (say("What"), occasion.title),
        (say("When"), _moment(occasion.starts_at, occasion.zone)),
        (say("Until"), _moment(occasion.ends_at, occasion.zone)),
        (say("Doors"), say("Not announced") if doors is None else _moment(doors, occasion.zone)),
        (say("Where"), occasion.where),
    )


def way_out(order: Order, now: datetime) -> str:
    """What cancelling brings back from now on, in words, and what of it never does."""
    fee = (
        say("The fee of {fee} for buying without an account is not paid back.", fee=order.surcharge.text())
        if order.surcharge and order.confirmed_at is not None
        else ""
    )
    return f"{_what_comes_back(order, now)} {fee}".strip()


def _what_comes_back(order: Order, now: datetime) -> str:
    if order.confirmed_at is None:
        return say("If it does not suit you any more, leave it unpaid: nothing has been charged.")
    left = {
        share: _moment(min(until, order.starts_at), order.zone)
        for until, share in policy.deadlines(order.policy, starts_at=order.counts_from, booked_at=order.confirmed_at)
        if now <= until
    }
    match left:
        case {policy.ALL: all_until, policy.HALF: half_until} if all_until != half_until:
            return say(
                "If it does not suit you any more, you can cancel: all that the seats cost comes back until {all_until},"
                " half of it until {half_until}.",
                all_until=all_until,
                half_until=half_until,
            )
        case {policy.ALL: until}:
            return say(
                "If it does not suit you any more, you can cancel: all that the seats cost comes back until {until}.",
                until=until,
            )
        case {policy.HALF: until}:
            return say(
                "If it does not suit you any more, you can cancel: half of what the seats cost comes back until {until}.",
                until=until,
            )
    return say("You can still cancel, but under this order’s refund policy nothing is paid back any more.")


def cancelled(order: Order, url: str, by: str, refund: Money | None, owed: Money | None = None) -> Letter:
    """`by` is buyer, seller or operator; `refund` is what goes back, None where nothing was paid.

    `owed` is the part of it that could not be given back so far, None where that is nothing.
    """
    news = {
        "buyer": say("You have cancelled this order. Its tickets are not valid any more."),
        "seller": say("We are sorry: the seller has cancelled this order. Its tickets are not valid any more."),
    }.get(by, say("We are sorry: this order had to be cancelled. Its tickets are not valid any more."))
    money = _given_back(refund, owed)
    return Letter(
        kind="cancelled",
        subject=say("Your order is cancelled: {title}", title=order.title),
        preview=money,
        heading=say("Your order is cancelled"),
        paragraphs=(news, money),
        facts=_facts(order),
        button=Button(say("Open your order"), url),
        footnote=_footnote(order),
    )


def called_off(order: Order, url: str, reason: str, refund: Money | None, owed: Money | None = None) -> Letter:
    """`reason` is what the seller wrote about it, which may be nothing; `refund` and `owed` as for `cancelled`."""
    news = (
        say("We are sorry: the event has been called off. Your tickets are not valid any more.")
        if order.tickets
        else say("We are sorry: the event has been called off.")
    )
    money = _given_back(refund, owed)
    return Letter(
        kind="called_off",
        subject=say("The event has been called off: {title}", title=order.title),
        preview=money,
        heading=say("The event has been called off"),
        paragraphs=(news, *([say("The seller writes: {reason}", reason=reason)] if reason else []), money),
        facts=_facts(order),
        button=Button(say("Open your order"), url),
        footnote=_footnote(order),
    )


def _given_back(refund: Money | None, owed: Money | None) -> str:
    if refund is None:
        return say("Nothing was charged.")
    if owed:
        return say(
            "{refund} is yours again. {owed} of it could not be paid back the way you paid so far: we owe it to you,"
            " and see to it. You need not do anything.",
            refund=refund.text(), owed=owed.text(),
        )  # fmt: skip
    if refund:
        return say("{refund} goes back the way you paid. This usually takes a few days.", refund=refund.text())
    return say("Under this order’s refund policy, nothing is paid back.")


def money_returned(order: Order, url: str, why: str) -> Letter:
    """`why` is late, twice, wrong_amount or after_cancelling."""
    return Letter(
        kind="money_returned",
        subject=say("We are sending your money back: {title}", title=order.title),
        preview=say("You need not do anything."),
        heading=say("We are sending your money back"),
        paragraphs=(
            say(_SENT_BACK[why]),
            say("All of this payment goes back the way you paid. You need not do anything."),
        ),
        facts=_facts(order),
        button=Button(say("Open your order"), url),
        footnote=_footnote(order),
    )


def kept_without_account(order: Order, url: str) -> Letter:
    """To somebody who has erased their account before going."""
    return Letter(
        kind="kept_without_account",
        subject=say("Your order stays yours: {title}", title=order.title),
        preview=say("Your account is erased; this link opens your order from now on."),
        heading=say("Your order stays yours"),
        paragraphs=(
            say("Your account is erased, as you asked. What you have bought for later stays valid."),
            say("From now on this link opens it. We forget your name and address once the event is over."),
        ),
        facts=_facts(order),
        button=Button(say("Open your order"), url),
        footnote=_by_link(),
    )


def link_again(order: Order, url: str) -> Letter:
    """To a guest who has lost the link to an order."""
    return Letter(
        kind="link_again",
        subject=say("Here is your order again: {title}", title=order.title),
        preview=say("{when} at {place}", when=_day(order), place=order.place_name),
        heading=say("Here is your order again"),
        paragraphs=(
            say("Hello {name}, somebody asked for the link to this order with your address.", name=order.buyer_name),
            say("If that was not you, leave this mail alone: the link was sent to nobody else."),
        ),
        facts=_facts(order),
        button=Button(say("Open your order"), url),
        footnote=_footnote(order),
    )


def verify_address(account: AccountView, url: str) -> Letter:
    return Letter(
        kind="verify_address",
        subject=say("Please confirm your e-mail address"),
        preview=say("One press, and we know that our mail reaches you."),
        heading=say("Is this your address?"),
        paragraphs=(
            say("Hello {name}, somebody made an account on Holdfast with this address.", name=account.name),
            say("If that was you, please confirm it within three days. If not, leave this mail alone."),
        ),
        button=Button(say("Confirm my address"), url),
        footnote=_about_account(),
    )


def signed_up_again(account: AccountView, url: str) -> Letter:
    """`url` is where one logs in."""
    return Letter(
        kind="signed_up_again",
        subject=say("You have an account on Holdfast already"),
        preview=say("Log in, or set a new password."),
        heading=say("You have an account already"),
        paragraphs=(
            say("Hello {name}, somebody asked for an account on Holdfast with this address.", name=account.name),
            say("If that was you, log in. If you have forgotten your password, set a new one on the same page."),
            say("If not, leave this mail alone: nothing has changed."),
        ),
        button=Button(say("Log in"), url),
        footnote=_about_account(),
    )


def reset_password(account: AccountView, url: str) -> Letter:
    return Letter(
        kind="reset_password",
        subject=say("Set a new password"),
        preview=say("The link is good for one hour, and once."),
        heading=say("Set a new password"),
        paragraphs=(
            say("Hello {name}, somebody asked for a new password for your account.", name=account.name),
            say("If that was you, use this link within an hour. It works once, and logs you out everywhere."),
            say("If not, leave this mail alone: your password stays as it is."),
        ),
        button=Button(say("Set a new password"), url),
        footnote=_about_account(),
    )


def password_changed(account: AccountView, url: str) -> Letter:
    """`url` is where a password is set anew."""
    return Letter(
        kind="password_changed",
        subject=say("Your password has been changed"),
        preview=say("If that was not you, set a new one now."),
        heading=say("Your password has been changed"),
        paragraphs=(
            say(
                "Hello {name}, your password has been changed, and other devices have been logged out.",
                name=account.name,
            ),
            say("If that was not you, set a new one now."),
        ),
        button=Button(say("That was not me"), url),
        footnote=_about_account(),
    )


def second_factor_changed(account: AccountView, url: str, *, is_on: bool) -> Letter:
    """`url` is the account's page."""
    news = (
        say(
            "From now on, logging in takes a code from your authenticator app, too. Keep the recovery codes in a safe place."
        )
        if is_on
        else say("From now on, your password alone is enough to log in.")
    )
    what = say("Your second factor is on") if is_on else say("Your second factor is off")
    return Letter(
        kind="second_factor_changed",
        subject=what,
        preview=news,
        heading=what,
        paragraphs=(
            say("Hello {name},", name=account.name),
            news,
            say("If you did not do this, change your password now."),
        ),
        button=Button(say("Open your account"), url),
        footnote=_about_account(),
    )


def _facts(order: Order) -> tuple[tuple[str, str], ...]:
    return (
        (say("What"), order.title),
        (say("When"), _day(order)),
        (say("Where"), order.place_name),
        (say("Order"), order.id),
    )


def _lines(order: Order) -> tuple[tuple[str, Money], ...]:
    return tuple((line.label, line.amount) for line in order.bought)


def _day(order: Order) -> str:
    return _moment(order.starts_at, order.zone)


def _moment(at: datetime, zone: str) -> str:
    """As people read it where it happens."""
    return f"{moments.full(at, zone)} ({moments.zone_text(zone)})"


def _time(at: datetime, zone: str) -> str:
    return f"{moments.time_of_day(at, zone)} ({moments.zone_text(zone)})"


def _footnote(order: Order) -> str:
    return say("You get this mail because you bought on Holdfast.") if order.has_account else _by_link()


def _by_link() -> str:
    return say("Anyone with this link can open your order, so keep this mail to yourself.")


def _about_account() -> str:
    return say("You get this mail because there is an account with this address on Holdfast.")
