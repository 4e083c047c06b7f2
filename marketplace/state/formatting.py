"""Prices, counts and statuses in the words of the pages. Instants are in `marketplace.datetimes`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal, format_percent

from marketplace import datetimes
from marketplace.bookings.policy import TERMS
from marketplace.bookings.views import Order
from marketplace.bookings.views import Status as BookingStatus
from marketplace.catalog.views import Policy
from marketplace.catalog.views import Status as ListingStatus
from marketplace.components.values import Tone
from marketplace.i18n import _, locale
from marketplace.money import Money
from marketplace.notifications.emails import way_out


def policy_text(policy: str) -> str:
    """What a buyer who cancels gets back."""
    terms = TERMS[policy]
    all_until, half_until = datetimes.span(terms.all_until), datetimes.span(terms.half_until)
    if terms.soon_after is None:
        return _(
            "Free to cancel until {all_until} before, half back until {half_until} before.",
            all_until=all_until, half_until=half_until,
        )  # fmt: skip
    return _(
        "Free to cancel for {soon_after} after buying, up to {all_until} before; half back until {half_until} before.",
        soon_after=datetimes.span(terms.soon_after), all_until=all_until, half_until=half_until,
    )  # fmt: skip


def cancelling_text(policy: str, guest_surcharge_bp: int) -> str:
    """What a buyer who cancels gets back, and what stays, while nobody knows yet who buys what."""
    if not guest_surcharge_bp:
        return policy_text(policy)
    stays = _(
        "The fee of {share} for buying without an account is not paid back.", share=share_text(guest_surcharge_bp)
    )
    return f"{policy_text(policy)} {stays}"


def policy_name(policy: Policy) -> str:
    """What a seller calls it."""
    return {Policy.FLEXIBLE: _("Flexible"), Policy.MODERATE: _("Moderate"), Policy.STRICT: _("Strict")}[policy]


def amounts_text(amounts: Iterable[Money], nothing: str) -> str:
    """A figure in several currencies, each on a line of its own."""
    return "\n".join(amount.text() for amount in amounts) or nothing


def fee_text(fee: Money) -> str:
    """What does not come back even where cancelling is free."""
    return _("The fee of {fee} for buying without an account is not paid back.", fee=fee.text()) if fee else ""


def terms_text(order: Order, now: datetime) -> str:
    """The same for one order: to the minute where its event has been moved and it is promised more than the policy says."""
    is_cancellable = order.status is BookingStatus.CONFIRMED and now < order.starts_at
    return way_out(order, now) if is_cancellable and order.is_promised_more else policy_text(order.policy)


def booking_status(status: BookingStatus) -> tuple[str, Tone]:
    """How an order stands."""
    standing: dict[BookingStatus, tuple[str, Tone]] = {
        BookingStatus.PENDING_PAYMENT: (_("Waiting for payment"), "warning"),
        BookingStatus.CONFIRMED: (_("Confirmed"), "good"),
        BookingStatus.EXPIRED: (_("Expired"), "neutral"),
        BookingStatus.CANCELLED_BY_BUYER: (_("Cancelled"), "neutral"),
        BookingStatus.CANCELLED_BY_SELLER: (_("Cancelled by the seller"), "danger"),
        BookingStatus.CANCELLED_BY_OPERATOR: (_("Cancelled by us"), "danger"),
    }
    return standing[status]


def listing_badge(status: ListingStatus) -> tuple[str, Tone]:
    """How a listing stands; nothing where it is simply on sale."""
    standing: dict[ListingStatus, tuple[str, Tone]] = {
        ListingStatus.DRAFT: (_("Draft"), "neutral"),
        ListingStatus.PUBLISHED: (_("On sale soon"), "accent"),
        ListingStatus.ON_SALE: ("", "neutral"),
        ListingStatus.SOLD_OUT: (_("Sold out"), "warning"),
        ListingStatus.CLOSED: (_("Over"), "neutral"),
        ListingStatus.CANCELLED: (_("Event cancelled"), "danger"),
    }
    return standing[status]


def viewers_time(at: datetime, venue_zone: str, viewer_zone: str) -> str:
    """The same instant on the viewer's clock, where that says something else: “20:30 your time”; else nothing."""
    here, there = at.astimezone(ZoneInfo(viewer_zone)), at.astimezone(ZoneInfo(venue_zone))
    if here.utcoffset() == there.utcoffset():
        return ""
    time = datetimes.time_of_day(at, viewer_zone)
    if here.date() == there.date():
        return _("{time} your time", time=time)
    return _("{day}, {time} your time", day=datetimes.weekday(at, viewer_zone), time=time)


def price_range(low: Money | None, high: Money | None) -> str:
    """“From €25.00”, “€25.00”, “Free”, “Free – €25.00”, or nothing where prices are not set."""
    if low is None or high is None:
        return ""
    if low == high:
        return price_text(low)
    return _("From {price}", price=low.text()) if low else f"{price_text(low)} – {high.text()}"


def price_text(price: Money) -> str:
    """“€25.00”, or “Free”."""
    return price.text() if price else _("Free")


def count_text(count: int) -> str:
    """“1,200”."""
    return format_decimal(count, locale=locale())


def elsewhere_text(count: int) -> str:
    """“1,200 at the box office”: sold, and in no order."""
    return _("{count} at the box office", count=count_text(count))


def share_text(basis_points: int) -> str:
    """“2.5%”."""
    return format_percent(basis_points / 10_000, locale=locale(), decimal_quantization=False)
