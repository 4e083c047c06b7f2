"""Let go of picked seats and unpaid bookings whose time is over; open pages are told."""

from __future__ import annotations

from datetime import datetime

from marketplace.batches import in_turn
from marketplace.bookings import actions as bookings
from marketplace.inventory import actions as inventory


async def run(now: datetime) -> int:
    return await in_turn(bookings.expire_due(now), inventory.expire(now))
