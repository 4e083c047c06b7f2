"""Delivering anew what failed: asked for by people, when what made it fail is mended."""

from __future__ import annotations

from datetime import datetime

from marketplace import outbox
from marketplace.db import transaction
from marketplace.ids import EventId


async def replay(id: EventId | None, now: datetime) -> tuple[int, int]:
    """Deliver this event (None: every one that fails or was given up) here and now.

    Returns how many were tried, and how many of all events fail afterwards. Raises EventNotFound.
    """
    async with transaction() as session:
        if id is None:
            tried = await outbox.replay_all(session, now)
        else:
            await outbox.replay(session, id, now)
            tried = 1
    await outbox.deliver_due(now)
    async with transaction(reading=True) as session:
        health = await outbox.health(session, now)
    return tried, health.failing + health.dead
