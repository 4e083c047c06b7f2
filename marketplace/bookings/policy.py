"""What comes back when a booking is cancelled: the refund policies that a seller may choose from."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace.bookings.views import Party
from marketplace.money import Money

_ALL, _HALF, _NOTHING = 10_000, 5_000, 0
_HOUR = timedelta(hours=1)


def refunded_share(policy: str, *, starts_at: datetime, booked_at: datetime, now: datetime) -> int:
    """The share of the price that a buyer gets back who cancels now, in hundredths of a percent.

    flexible: all until 24 h before, half until 2 h before. moderate: all until 72 h before, half until 24 h before.
    strict: all within 1 h of booking if the event is at least 7 days out, half until 72 h before. Each includes its
    edge. Raises KeyError for a policy that does not exist.
    """
    left = starts_at - now
    if policy == "strict":
        if now - booked_at <= _HOUR and left >= timedelta(days=7):
            return _ALL
        return _HALF if left >= 72 * _HOUR else _NOTHING
    all_until, half_until = {"flexible": (24 * _HOUR, 2 * _HOUR), "moderate": (72 * _HOUR, 24 * _HOUR)}[policy]
    if left >= all_until:
        return _ALL
    return _HALF if left >= half_until else _NOTHING


def refund_due(
    by: Party, policy: str, *, price: Money, surcharge: Money, starts_at: datetime, booked_at: datetime, now: datetime
) -> Money:
    """What goes back to the buyer: by policy if the buyer cancels, everything if the seller or operator does.

    The surcharge for buying without an account comes back in the second case only.
    """
    if by is not Party.BUYER:
        return price + surcharge
    return price.share(refunded_share(policy, starts_at=starts_at, booked_at=booked_at, now=now))
