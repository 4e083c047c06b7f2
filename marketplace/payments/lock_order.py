"""Whose turn it is first: what is paid for is locked before its payment, by everybody who locks both.

Whoever cancels an order locks it, and then the payment that is to be given back. News that money has come reaches the payment
first and, within the same transaction, what it pays for: without this order the two would wait for each other for ever.
Bookings live above payments, so they say here how theirs are locked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from marketplace.db import Session
from marketplace.ids import BookingId

Lock = Callable[[Session, BookingId], Awaitable[object]]

_locks: list[Lock] = []


def locks_before_payments(lock: Lock) -> Lock:
    """Register how what is paid for is locked; nothing need exist under the id."""
    if lock not in _locks:
        _locks.append(lock)
    return lock


async def lock_what_is_paid_for(session: Session, booking: BookingId) -> None:
    for lock in _locks:
        await lock(session, booking)
