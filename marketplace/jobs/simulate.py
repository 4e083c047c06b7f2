"""Move the simulated provider along: payments whose time has come, webhooks that wait to be sent."""

from __future__ import annotations

from datetime import datetime

from marketplace import wiring


async def run(now: datetime) -> int:
    return await wiring.advance_simulator(now)
