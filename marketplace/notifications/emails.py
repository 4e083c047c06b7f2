"""The words of every mail: short, plain, in the second person, in the language that is being spoken."""

from __future__ import annotations

from datetime import datetime

from marketplace import datetimes
from marketplace.accounts.tokens import STEP_LIFE, Purpose
from marketplace.accounts.views import AccountView
from marketplace.bookings import policy
from marketplace.bookings.views import Order, Status
from marketplace.brand import NAME
from marketplace.catalog.views import EventDetails
from marketplace.i18n import _, gettext_noop, ngettext
from marketplace.money import Money
from marketplace.notifications.attachments import CALENDAR, TICKETS
from marketplace.notifications.layout import Button, Change, EmailTemplate

_SENT_BACK = {
    "late": gettext_noop(
        "Your payment came after your time to pay had run out, and your seats have gone to somebody else."
    ),
    "twice": gettext_noop("You paid for this order twice."),
    "wrong_amount": gettext_noop("The amount that reached us is not what this order costs."),
    "after_cancelling": gettext_noop("Your payment came after this order had been cancelled."),
}


def payment_wanted(order: Order, url: str) -> EmailTemplate:
    """To a guest who has checked out: the link that opens the order."""
    until = _time(order.expires_at, order.zone)
    return EmailTemplate(
        kind="payment_wanted",
        subject=_("Your seats are waiting: {title}", title=order.title),
        preview=_("Pay until {until} to keep them.", until=until),
        heading=_("Your seats are waiting"),
        paragraphs=(
            _("Hello {name}, we are keeping these seats for you until {until}.", name=order.buyer_name, until=until),
            _("If you have just paid, there is nothing left to do: your tickets are on their way."),
        ),
        details=_details(order),
        lines=_lines(order),
        total=order.total,
        button=Button(_("Open your order"), url),
        footnote=_footnote(order),
    )


def confirmed(order: Order, url: str) -> EmailTemplate:
    count = len(order.tickets)
    return EmailTemplate(
        kind="confirmed",
        subject=_("Your tickets for {title}", title=order.title),
        preview=_("{when} at {place}", when=_day(order), place=order.place_name),
        heading=_("You're going"),
        paragraphs=(
            _("Hello {name}, your order is confirmed.", name=order.buyer_name),
            ngettext("Your ticket is attached.", "Your tickets are attached.", count),
            _("Show the code at the door, on your phone or on paper: each one admits one person, once."),
        ),
        details=_details(order),
        lines=_lines(order),
        total=order.total,
        button=Button(ngettext("Open your ticket", "Open your tickets", count), url),
        footnote=_footnote(order),
        attachments=(TICKETS, CALENDAR),
    )


def declined(order: Order, url: str, why: str) -> EmailTemplate:
    until = _time(order.expires_at, order.zone)
    return EmailTemplate(
        kind="declined",
        subject=_("Your payment did not go through: {title}", title=order.title),
        preview=_("Your seats are still yours until {until}.", until=until),
        heading=_("Your payment did not go through"),
        paragraphs=(why, _("Your seats are still yours until {until}.", until=until)),
        details=_details(order),
        button=Button(_("Try again"), url),
        footnote=_footnote(order),
    )


def running_out(order: Order, url: str) -> EmailTemplate:
    """To an account holder whose order is near its end."""
    until = _time(order.expires_at, order.zone)
    return EmailTemplate(
        kind="running_out",
        subject=_("Your hold is about to expire: {title}", title=order.title),
        preview=_("Pay until {until} to keep them.", until=until),
        heading=_("Your hold is about to expire"),
        paragraphs=(
            _(
                "Hello {name}, we are keeping these seats for you until {until}, and they are not paid for yet.",
                name=order.buyer_name,
                until=until,
            ),
            _("If you have just paid, there is nothing left to do: your tickets are on their way."),
        ),
        details=_details(order),
        lines=_lines(order),
        total=order.total,
        button=Button(_("Pay now"), url),
        footnote=_footnote(order),
    )


def expired(order: Order, url: str) -> EmailTemplate:
    return EmailTemplate(
        kind="expired",
        subject=_("Your seats have been released: {title}", title=order.title),
        preview=_("Nothing was charged."),
        heading=_("Your seats have been released"),
        paragraphs=(
            _("The time to pay has run out, so other people can buy your seats now. Nothing was charged."),
            _("If you still want to go, pick seats again."),
        ),
        details=_details(order),
        button=Button(_("Open your order"), url),
        footnote=_footnote(order),
    )


def event_changed(order: Order, url: str, was: EventDetails, is_now: EventDetails, now: datetime) -> EmailTemplate:
    """To a buyer who has paid or is about to; `was` is what they knew."""
    changes = changes_between(was, is_now)
    changed = {change.name for change in changes}
    if order.status is Status.CONFIRMED:
        standing = _("Your tickets stay valid as they are, and the new calendar entry is attached.")
    else:
        standing = _("Your seats are still yours until {until}.", until=_time(order.expires_at, order.zone))
    return EmailTemplate(
        kind="event_changed",
        # By the name that they know it by.
        subject=_("The event has changed: {title}", title=was.title),
        preview=" ".join(f"{change.name}: {change.now}." for change in changes),
        heading=_("The event has changed"),
        paragraphs=(
            _(
                "Hello {name}, the seller has changed the event: this is how it was, and how it is now.",
                name=order.buyer_name,
            ),
            standing,
            way_out(order, now),
        ),
        changes=changes,
        details=tuple((name, value) for name, value in _details(order) if name not in changed),
        button=Button(_("Open your order"), url),
        footnote=_footnote(order),
        attachments=(CALENDAR,) if order.status is Status.CONFIRMED else (),
    )


def changes_between(was: EventDetails, is_now: EventDetails) -> tuple[Change, ...]:
    """What is no longer as it was, as its buyers read it."""
    return tuple(
        Change(name, before, after)
        for (name, before), (_, after) in zip(_told(was), _told(is_now), strict=True)
        if before != after
    )


def _told(occasion: EventDetails) -> tuple[tuple[str, str], ...]:
    """All that people plan by, as they read it."""
    doors = occasion.doors_at
    return (
        (_("What"), occasion.title),
        (_("When"), _moment(occasion.starts_at, occasion.zone)),
        (_("Until"), _moment(occasion.ends_at, occasion.zone)),
        (_("Doors"), _("Not announced") if doors is None else _moment(doors, occasion.zone)),
        (_("Where"), occasion.where),
    )


def way_out(order: Order, now: datetime) -> str:
    """What cancelling brings back from now on, in words, and what of it never does."""
    fee = (
        _("The fee of {fee} for buying without an account is not paid back.", fee=order.surcharge.text())
        if order.surcharge and order.confirmed_at is not None
        else ""
    )
    return f"{_what_comes_back(order, now)} {fee}".strip()


def _what_comes_back(order: Order, now: datetime) -> str:
    if order.confirmed_at is None:
        return _("If it does not suit you any more, leave it unpaid: nothing has been charged.")
    left = {
        share: _moment(min(until, order.starts_at), order.zone)
        for until, share in policy.deadlines(order.policy, starts_at=order.counts_from, booked_at=order.confirmed_at)
        if now <= until
    }
    match left:
        case {policy.ALL: all_until, policy.HALF: half_until} if all_until != half_until:
            return _(
                "If it does not suit you any more, you can cancel: all that the seats cost comes back until {all_until},"
                " half of it until {half_until}.",
                all_until=all_until,
                half_until=half_until,
            )
        case {policy.ALL: until}:
            return _(
                "If it does not suit you any more, you can cancel: all that the seats cost comes back until {until}.",
                until=until,
            )
        case {policy.HALF: until}:
            return _(
                "If it does not suit you any more, you can cancel: half of what the seats cost comes back until {until}.",
                until=until,
            )
    return _("You can still cancel, but under this order’s refund policy nothing is paid back any more.")


def cancelled(order: Order, url: str, by: str, refund: Money | None, owed: Money | None = None) -> EmailTemplate:
    """`by` is buyer, seller or operator; `refund` is what goes back, None where nothing was paid.

    `owed` is the part of it that could not be given back so far, None where that is nothing.
    """
    news = {
        "buyer": _("You have cancelled this order. Its tickets are no longer valid."),
        "seller": _("We are sorry: the seller has cancelled this order. Its tickets are no longer valid."),
    }.get(by, _("We are sorry: this order had to be cancelled. Its tickets are no longer valid."))
    money = _given_back(refund, owed)
    return EmailTemplate(
        kind="cancelled",
        subject=_("Your order is cancelled: {title}", title=order.title),
        preview=money,
        heading=_("Your order is cancelled"),
        paragraphs=(news, money),
        details=_details(order),
        button=Button(_("Open your order"), url),
        footnote=_footnote(order),
    )


def called_off(order: Order, url: str, reason: str, refund: Money | None, owed: Money | None = None) -> EmailTemplate:
    """`reason` is what the seller wrote about it, which may be nothing; `refund` and `owed` as for `cancelled`."""
    news = (
        _("We are sorry: the event has been cancelled. Your tickets are no longer valid.")
        if order.tickets
        else _("We are sorry: the event has been cancelled.")
    )
    money = _given_back(refund, owed)
    return EmailTemplate(
        kind="called_off",
        subject=_("The event has been cancelled: {title}", title=order.title),
        preview=money,
        heading=_("The event has been cancelled"),
        paragraphs=(news, *([_("The seller writes: {reason}", reason=reason)] if reason else []), money),
        details=_details(order),
        button=Button(_("Open your order"), url),
        footnote=_footnote(order),
    )


def _given_back(refund: Money | None, owed: Money | None) -> str:
    if refund is None:
        return _("Nothing was charged.")
    if owed:
        return _(
            "{refund} is yours again. {owed} of it could not be paid back the way you paid so far: we owe it to you,"
            " and see to it. You need not do anything.",
            refund=refund.text(), owed=owed.text(),
        )  # fmt: skip
    if refund:
        return _("{refund} goes back the way you paid. This usually takes a few days.", refund=refund.text())
    return _("Under this order’s refund policy, nothing is paid back.")


def money_returned(order: Order, url: str, why: str) -> EmailTemplate:
    """`why` is late, twice, wrong_amount or after_cancelling."""
    return EmailTemplate(
        kind="money_returned",
        subject=_("We are sending your money back: {title}", title=order.title),
        preview=_("You don't need to do anything."),
        heading=_("We are sending your money back"),
        paragraphs=(
            _(_SENT_BACK[why]),
            _("All of this payment goes back the way you paid. You need not do anything."),
        ),
        details=_details(order),
        button=Button(_("Open your order"), url),
        footnote=_footnote(order),
    )


def kept_without_account(order: Order, url: str) -> EmailTemplate:
    """To somebody who has erased their account before going."""
    return EmailTemplate(
        kind="kept_without_account",
        subject=_("Your order remains valid: {title}", title=order.title),
        preview=_("Your account has been deleted; this link opens your order from now on."),
        heading=_("Your order remains valid"),
        paragraphs=(
            _("Your account has been deleted, as you asked. Your upcoming orders remain valid."),
            _("From now on this link opens it. We forget your name and address once the event is over."),
        ),
        details=_details(order),
        button=Button(_("Open your order"), url),
        footnote=_by_link(),
    )


def link_again(order: Order, url: str) -> EmailTemplate:
    """To a guest who has lost the link to an order."""
    return EmailTemplate(
        kind="link_again",
        subject=_("Here is your order again: {title}", title=order.title),
        preview=_("{when} at {place}", when=_day(order), place=order.place_name),
        heading=_("Here is your order again"),
        paragraphs=(
            _("Hello {name}, somebody asked for the link to this order with your address.", name=order.buyer_name),
            _("If that wasn't you, ignore this email: the link was sent to no one else."),
        ),
        details=_details(order),
        button=Button(_("Open your order"), url),
        footnote=_footnote(order),
    )


def verify_address(account: AccountView, url: str) -> EmailTemplate:
    return EmailTemplate(
        kind="verify_address",
        subject=_("Please confirm your e-mail address"),
        preview=_("Confirm your address to finish signing up."),
        heading=_("Confirm your e-mail address"),
        paragraphs=(
            _("Hello {name}, somebody made an account on {brand} with this address.", brand=NAME, name=account.name),
            _(
                "If that was you, please confirm it: the link is valid for {life}. If not, ignore this email.",
                life=datetimes.span(STEP_LIFE[Purpose.VERIFY]),
            ),
        ),
        button=Button(_("Confirm my address"), url),
        footnote=_about_account(),
    )


def signed_up_again(account: AccountView, url: str) -> EmailTemplate:
    """`url` is where one logs in."""
    return EmailTemplate(
        kind="signed_up_again",
        subject=_("You have an account on {brand} already", brand=NAME),
        preview=_("Log in, or set a new password."),
        heading=_("You have an account already"),
        paragraphs=(
            _(
                "Hello {name}, somebody asked for an account on {brand} with this address.",
                brand=NAME,
                name=account.name,
            ),
            _("If that was you, log in. If you have forgotten your password, set a new one on the same page."),
            _("If not, ignore this email: nothing has changed."),
        ),
        button=Button(_("Log in"), url),
        footnote=_about_account(),
    )


def reset_password(account: AccountView, url: str) -> EmailTemplate:
    life = datetimes.span(STEP_LIFE[Purpose.RESET])
    return EmailTemplate(
        kind="reset_password",
        subject=_("Set a new password"),
        preview=_("The link is valid for {life} and works once.", life=life),
        heading=_("Set a new password"),
        paragraphs=(
            _("Hello {name}, somebody asked for a new password for your account.", name=account.name),
            _(
                "If that was you, use this link. It is valid for {life}, works once, and logs you out everywhere.",
                life=life,
            ),
            _("If not, ignore this email: your password stays as it is."),
        ),
        button=Button(_("Set a new password"), url),
        footnote=_about_account(),
    )


def password_changed(account: AccountView, url: str) -> EmailTemplate:
    """`url` is where a password is set anew."""
    return EmailTemplate(
        kind="password_changed",
        subject=_("Your password has been changed"),
        preview=_("If that was not you, set a new one now."),
        heading=_("Your password has been changed"),
        paragraphs=(
            _(
                "Hello {name}, your password has been changed, and other devices have been logged out.",
                name=account.name,
            ),
            _("If that was not you, set a new one now."),
        ),
        button=Button(_("That was not me"), url),
        footnote=_about_account(),
    )


def second_factor_changed(account: AccountView, url: str, *, is_on: bool) -> EmailTemplate:
    """`url` is the account's page."""
    news = (
        _(
            "From now on, logging in takes a code from your authenticator app, too. Keep the recovery codes in a safe place."
        )
        if is_on
        else _("From now on, your password alone is enough to log in.")
    )
    what = _("Two-factor authentication is on") if is_on else _("Two-factor authentication is off")
    return EmailTemplate(
        kind="second_factor_changed",
        subject=what,
        preview=news,
        heading=what,
        paragraphs=(
            _("Hello {name},", name=account.name),
            news,
            _("If you did not do this, change your password now."),
        ),
        button=Button(_("Open your account"), url),
        footnote=_about_account(),
    )


def _details(order: Order) -> tuple[tuple[str, str], ...]:
    return (
        (_("What"), order.title),
        (_("When"), _day(order)),
        (_("Where"), order.place_name),
        (_("Order"), order.id),
    )


def _lines(order: Order) -> tuple[tuple[str, Money], ...]:
    return tuple((line.label, line.amount) for line in order.bought)


def _day(order: Order) -> str:
    return _moment(order.starts_at, order.zone)


def _moment(at: datetime, zone: str) -> str:
    """As people read it where it happens."""
    return f"{datetimes.full(at, zone)} ({datetimes.zone_text(zone)})"


def _time(at: datetime, zone: str) -> str:
    return f"{datetimes.time_of_day(at, zone)} ({datetimes.zone_text(zone)})"


def _footnote(order: Order) -> str:
    return (
        _("You're receiving this email because you bought on {brand}.", brand=NAME) if order.has_account else _by_link()
    )


def _by_link() -> str:
    return _("Anyone with this link can open your order, so don't forward this email.")


def _about_account() -> str:
    return _("You're receiving this email because you have a {brand} account.", brand=NAME)
