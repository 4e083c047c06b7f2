"""Send the mail that waits."""

from __future__ import annotations

from datetime import datetime

from marketplace.notifications import actions as notifications


async def run(now: datetime) -> int:
    return await notifications.send_due(now)
