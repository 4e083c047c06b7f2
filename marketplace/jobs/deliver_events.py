"""Deliver events whose own wake-up call was lost."""

from __future__ import annotations

from datetime import datetime

from marketplace import outbox


async def run(now: datetime) -> int:
    return await outbox.deliver_due(now)
