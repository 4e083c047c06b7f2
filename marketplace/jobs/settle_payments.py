"""Ask the provider about payments whose outcome we do not know."""

from __future__ import annotations

from datetime import datetime

from marketplace.payments import actions as payments


async def run(now: datetime) -> int:
    return await payments.settle_in_flight(now)
