"""What comes back when a booking is cancelled: the refund policies that a seller may choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.bookings.views import Party
from marketplace.money import Money

ALL, HALF = 10_000, 5_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy promises: all of the price until `all_until` before the start, half of it until `half_until` before.

    With `soon_after`, all of it comes back only so long after booking, too.
    """

    all_until: timedelta
    half_until: timedelta
    soon_after: timedelta | None = None


TERMS = {
    "flexible": Terms(all_until=timedelta(hours=24), half_until=timedelta(hours=2)),
    "moderate": Terms(all_until=timedelta(days=3), half_until=timedelta(hours=24)),
    "strict": Terms(all_until=timedelta(days=7), half_until=timedelta(days=3), soon_after=timedelta(hours=1)),
}
"""The one place that says these numbers: every text is made from them."""


def deadlines(policy: str, *, starts_at: datetime, booked_at: datetime) -> tuple[tuple[datetime, int], ...]:
    """Until when a buyer who cancels gets back which share of the price, in hundredths of a percent; soonest first.

    Each includes its edge. Raises KeyError for a policy that does not exist.
    """
    terms = TERMS[policy]
    all_until = starts_at - terms.all_until
    if terms.soon_after is not None:
        all_until = min(booked_at + terms.soon_after, all_until)
    return (all_until, ALL), (starts_at - terms.half_until, HALF)


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
