"""Every email that we write, to look at without sending it: about an order and a person that are made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from marketplace import settings
from marketplace.accounts.views import AccountView
from marketplace.bookings.views import Line, Order, Status, TicketView
from marketplace.catalog.views import EventDetails
from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.i18n import LANGUAGES, _, page_at, speaking
from marketplace.ids import AccountId, BookingId, HoldId, ListingId, ResourceId, SellerId, TicketId
from marketplace.lab.gate import must_be_open
from marketplace.money import Money
from marketplace.notifications import emails, layout
from marketplace.notifications.layout import EmailTemplate
from marketplace.payments.status import FailureReason


class NoSuchEmail(NotFound):
    def __init__(self, kind: str) -> None:
        super().__init__(_("There is no notification “{kind}”.", kind=kind[:40]))


@dataclass(frozen=True, slots=True)
class Sample:
    """An email as somebody would get it. `kind` is unlike those of all other samples; some emails have several."""

    kind: str
    subject: str
    html: str
    text: str


def samples(language: str, now: datetime) -> tuple[Sample, ...]:
    """One of each, in that language. Raises LabClosed, Invalid for a language that we do not speak."""
    _must_be_spoken(language)
    with speaking(language):
        return tuple(_written(kind, write(now)) for kind, write in _SAMPLES.items())


def sample(kind: str, language: str, now: datetime) -> Sample:
    """Raises LabClosed, NoSuchEmail, Invalid for a language that we do not speak."""
    _must_be_spoken(language)
    if kind not in _SAMPLES:
        raise NoSuchEmail(kind)
    with speaking(language):
        return _written(kind, _SAMPLES[kind](now))


def _must_be_spoken(language: str) -> None:
    must_be_open()
    if language not in LANGUAGES:
        raise Invalid(
            _("“{language}” is not available.", language=language[:20]),
            [FieldError("language", _("Give one of: {languages}.", languages=", ".join(LANGUAGES)))],
        )


def _written(kind: str, email: EmailTemplate) -> Sample:
    return Sample(kind, email.subject, layout.html(email), layout.plain(email))


def _order(now: datetime) -> Order:
    """A guest's order of two seats that waits for its money."""
    listing, price, occasion = ListingId.new(), Money(42_50, "EUR"), _occasion(now)
    seats = [(f"seat:C-{number}", f"Stalls, row C, seat {number}") for number in (12, 13)]
    return Order(
        id=BookingId.new(),
        status=Status.PENDING_PAYMENT,
        version=1,
        listing_id=listing,
        seller_id=SellerId.new(),
        hold_id=HoldId.on(ResourceId(listing)),
        buyer_name="Ada Brandt",
        buyer_email="ada@holdfast.example",
        language="en",
        has_account=False,
        occasion=occasion,
        counts_from=occasion.starts_at,
        policy="flexible",
        lines=(
            *(Line("unit", "buyer", label, price, unit, "Stalls") for unit, label in seats),
            Line("guest_surcharge", "buyer", _("Fee for buying without an account"), Money(8_50, "EUR"), None, None),
        ),
        total=Money(93_50, "EUR"),
        created_at=now,
        expires_at=now + timedelta(minutes=15),
        confirmed_at=None,
        payment_id=None,
        tickets=tuple(TicketView(TicketId.new(), unit, label, "Stalls", "", is_void=False) for unit, label in seats),
        steps=(),
    )


def _occasion(now: datetime) -> EventDetails:
    starts_at = (now + timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
    return EventDetails(
        title="The Lighthouse Keeper’s Daughter", place_name="Thalia on the Harbour", address="Am Kai 4", city="Hamburg",
        zone="Europe/Berlin", starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
        doors_at=starts_at - timedelta(minutes=45),
    )  # fmt: skip


def _paid(now: datetime) -> Order:
    return replace(_order(now), status=Status.CONFIRMED, confirmed_at=now)


def _account(now: datetime) -> AccountView:
    return AccountView(AccountId.new(), "ada@holdfast.example", "Ada Brandt", False, (), now)


def _to_orders() -> str:
    return f"{settings.current().origin}{page_at('/orders')}"


def _to_account() -> str:
    return f"{settings.current().origin}{page_at('/account')}"


def _declined(now: datetime) -> EmailTemplate:
    return emails.declined(_order(now), _to_orders(), FailureReason.INSUFFICIENT_FUNDS.message)


def _event_changed(now: datetime) -> EmailTemplate:
    was, later = _occasion(now), timedelta(days=1)
    is_now = replace(
        was, place_name="The Old Gasworks", address="Gasstraße 1", starts_at=was.starts_at + later,
        ends_at=was.ends_at + later, doors_at=None,
    )  # fmt: skip
    return emails.event_changed(replace(_paid(now), occasion=is_now), _to_orders(), was, is_now, now)


def _called_off(now: datetime) -> EmailTemplate:
    return emails.called_off(_paid(now), _to_orders(), _("The lighthouse is under water."), Money(93_50, "EUR"))


def _cancelled(by: str, refund: Money | None, owed: Money | None = None) -> Callable[[datetime], EmailTemplate]:
    return lambda now: emails.cancelled(_paid(now), _to_orders(), by, refund, owed)


def _money_returned(why: str) -> Callable[[datetime], EmailTemplate]:
    return lambda now: emails.money_returned(_order(now), _to_orders(), why)


def _second_factor(*, is_on: bool) -> Callable[[datetime], EmailTemplate]:
    return lambda now: emails.second_factor_changed(_account(now), _to_account(), is_on=is_on)


_SAMPLES: Mapping[str, Callable[[datetime], EmailTemplate]] = {
    "payment_wanted": lambda now: emails.payment_wanted(_order(now), _to_orders()),
    "confirmed": lambda now: emails.confirmed(_paid(now), _to_orders()),
    "declined": _declined,
    "running_out": lambda now: emails.running_out(_order(now), _to_orders()),
    "expired": lambda now: emails.expired(_order(now), _to_orders()),
    "event_changed": _event_changed,
    "cancelled_by_buyer": _cancelled("buyer", Money(42_50, "EUR")),
    "cancelled_by_seller": _cancelled("seller", Money(93_50, "EUR")),
    "cancelled_by_operator": _cancelled("operator", Money(93_50, "EUR")),
    "cancelled_without_refund": _cancelled("buyer", Money(0, "EUR")),
    "cancelled_and_owed": _cancelled("seller", Money(93_50, "EUR"), Money(93_50, "EUR")),
    "cancelled_unpaid": _cancelled("seller", None),
    "called_off": _called_off,
    "money_returned_late": _money_returned("late"),
    "money_returned_twice": _money_returned("twice"),
    "money_returned_wrong_amount": _money_returned("wrong_amount"),
    "money_returned_after_cancelling": _money_returned("after_cancelling"),
    "kept_without_account": lambda now: emails.kept_without_account(_paid(now), _to_orders()),
    "link_again": lambda now: emails.link_again(_paid(now), _to_orders()),
    "verify_address": lambda now: emails.verify_address(_account(now), _to_account()),
    "signed_up_again": lambda now: emails.signed_up_again(_account(now), _to_account()),
    "reset_password": lambda now: emails.reset_password(_account(now), _to_account()),
    "password_changed": lambda now: emails.password_changed(_account(now), _to_account()),
    "second_factor_on": _second_factor(is_on=True),
    "second_factor_off": _second_factor(is_on=False),
}
