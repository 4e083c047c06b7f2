"""Hand refunds that are still waiting to their provider."""

from __future__ import annotations

from datetime import datetime

from marketplace.payments import actions as payments


async def run(now: datetime) -> int:
    return await payments.settle_refunds(now)
