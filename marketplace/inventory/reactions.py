"""What this room does about its own news: the second, sure way by which Redis learns what SQL has decided."""

from __future__ import annotations

from datetime import datetime

from marketplace.inventory import redis_sync
from marketplace.inventory.events import UnitsFreed, UnitsSold
from marketplace.outbox import reacts_after


@reacts_after(UnitsSold, UnitsFreed)
async def show_what_became_of_the_units(event: UnitsSold | UnitsFreed, now: datetime) -> None:
    await redis_sync.settle(event.hold_id, event.fence if isinstance(event, UnitsSold) else None)
