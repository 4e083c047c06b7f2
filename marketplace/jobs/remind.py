"""Remind buyers with an account whose time to pay is nearly over."""

from __future__ import annotations

from datetime import datetime

from marketplace.bookings import actions as bookings


async def run(now: datetime) -> int:
    return await bookings.remind_due(now)
