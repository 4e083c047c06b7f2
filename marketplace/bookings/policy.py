"""What comes back when a booking is cancelled: the refund policies that a seller may choose from."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace.bookings.views import Party
from marketplace.money import Money

ALL, HALF = 10_000, 5_000
_HOUR = timedelta(hours=1)


def deadlines(policy: str, *, starts_at: datetime, booked_at: datetime) -> tuple[tuple[datetime, int], ...]:
    """Until when a buyer who cancels gets back which share of the price, in hundredths of a percent; soonest first.

    flexible: all until 24 h before, half until 2 h before. moderate: all until 72 h before, half until 24 h before.
    strict: all within 1 h of booking if the event is at least 7 days out, half until 72 h before. Each includes its
    edge. Raises KeyError for a policy that does not exist.
    """
    all_until, half_until = {
        "flexible": (starts_at - 24 * _HOUR, starts_at - 2 * _HOUR),
        "moderate": (starts_at - 72 * _HOUR, starts_at - 24 * _HOUR),
        "strict": (min(booked_at + _HOUR, starts_at - timedelta(days=7)), starts_at - 72 * _HOUR),
    }[policy]
    return (all_until, ALL), (half_until, HALF)


def refunded_share(policy: str, *, starts_at: datetime, booked_at: datetime, now: datetime) -> int:
    """The share of the price that a buyer gets back who cancels now, in hundredths of a percent."""
    known = deadlines(policy, starts_at=starts_at, booked_at=booked_at)
    return next((share for until, share in known if now <= until), 0)


def refund_due(
    by: Party, policy: str, *, price: Money, surcharge: Money, starts_at: datetime, booked_at: datetime, now: datetime
) -> Money:
    """What goes back to the buyer: by policy if the buyer cancels, everything if the seller or operator does.

    The surcharge for buying without an account comes back in the second case only.
    """
    if by is not Party.BUYER:
        return price + surcharge
    return price.share(refunded_share(policy, starts_at=starts_at, booked_at=booked_at, now=now))
