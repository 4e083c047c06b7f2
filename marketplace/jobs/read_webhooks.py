"""Process what providers sent and nobody has processed yet."""

from __future__ import annotations

from datetime import datetime

from marketplace.payments import actions as payments


async def run(now: datetime) -> int:
    return await payments.process_inbox(now)
