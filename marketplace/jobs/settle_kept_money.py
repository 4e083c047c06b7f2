"""Confirm or send back money that was taken and is neither a booking's nor on its way back."""

from __future__ import annotations

from datetime import datetime

from marketplace.bookings import actions as bookings


async def run(now: datetime) -> int:
    return await bookings.settle_kept_money(now)
