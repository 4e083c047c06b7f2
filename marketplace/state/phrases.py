"""Instants, amounts and statuses in words, for the pages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, get_timezone_location
from babel.numbers import format_decimal

from marketplace.bookings.views import Status as BookingStatus
from marketplace.catalog.views import Policy
from marketplace.catalog.views import Status as ListingStatus
from marketplace.components.values import Tone
from marketplace.money import Money

LOCALE = "en_GB"

POLICIES = {
    Policy.FLEXIBLE: "Free to cancel until 24 hours before, half back until 2 hours before.",
    Policy.MODERATE: "Free to cancel until 3 days before, half back until 24 hours before.",
    Policy.STRICT: "Free to cancel within an hour of buying if it is a week away; half back until 3 days before.",
}

BOOKING_STATUS: dict[BookingStatus, tuple[str, Tone]] = {
    BookingStatus.PENDING_PAYMENT: ("Waiting for payment", "warning"),
    BookingStatus.CONFIRMED: ("Confirmed", "good"),
    BookingStatus.EXPIRED: ("Ran out", "neutral"),
    BookingStatus.CANCELLED_BY_BUYER: ("Cancelled", "neutral"),
    BookingStatus.CANCELLED_BY_SELLER: ("Cancelled by the seller", "danger"),
    BookingStatus.CANCELLED_BY_OPERATOR: ("Cancelled by us", "danger"),
}

LISTING_BADGE: dict[ListingStatus, tuple[str, Tone]] = {
    ListingStatus.DRAFT: ("Draft", "neutral"),
    ListingStatus.PUBLISHED: ("On sale soon", "accent"),
    ListingStatus.ON_SALE: ("", "neutral"),
    ListingStatus.SOLD_OUT: ("Sold out", "warning"),
    ListingStatus.CLOSED: ("Over", "neutral"),
    ListingStatus.CANCELLED: ("Cancelled", "danger"),
}


def when_text(at: datetime, zone: str) -> str:
    """“Sat 14 Feb 2026, 19:30” on the venue's clock."""
    return format_datetime(at.astimezone(ZoneInfo(zone)), "EEE d MMM y, HH:mm", locale=LOCALE)


def moment_text(at: datetime, zone: str) -> str:
    """“14 Feb, 19:30:05” on the viewer's clock: for trails, where seconds matter."""
    return format_datetime(at.astimezone(ZoneInfo(zone)), "d MMM, HH:mm:ss", locale=LOCALE)


def viewers_time(at: datetime, venue_zone: str, viewer_zone: str) -> str:
    """The same instant on the viewer's clock, where that says something else: “20:30 your time”; else nothing."""
    here, there = at.astimezone(ZoneInfo(viewer_zone)), at.astimezone(ZoneInfo(venue_zone))
    if here.utcoffset() == there.utcoffset():
        return ""
    clock = format_time(here, "HH:mm", locale=LOCALE)
    day = "" if here.date() == there.date() else format_date(here, "EEE d MMM ", locale=LOCALE)
    return f"{day}{clock} your time"


def zone_text(zone: str) -> str:
    """“Lisbon time”."""
    return f"{get_timezone_location(zone, locale=LOCALE, return_city=True)} time"


def price_range(low: Money | None, high: Money | None) -> str:
    """“From €25.00”, “€25.00”, “Free”, or nothing where prices are not set."""
    if low is None or high is None:
        return ""
    if not high:
        return "Free"
    return money_text(low) if low == high else f"From {money_text(low)}"


def count_text(count: int) -> str:
    """“1,200”."""
    return format_decimal(count, locale=LOCALE)


def money_text(amount: Money) -> str:
    return amount.text(LOCALE)
