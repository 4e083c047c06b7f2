"""Reading across all rooms, for operators alone."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from marketplace import outbox
from marketplace.accounts.views import Actor
from marketplace.bookings import queries as bookings
from marketplace.db import Session
from marketplace.operations.views import Today
from marketplace.payments import queries as payments


async def today(session: Session, actor: Actor, zone: str, now: datetime) -> Today:
    """The day so far, on the clock of `zone`, and whatever waits or has failed. Raises Forbidden, SecondFactorMissing."""
    actor.must_operate()
    clock = ZoneInfo(zone)
    since = datetime.combine(now.astimezone(clock).date(), time(), clock)
    orders, revenue = await bookings.sold_since(session, since)
    return Today(
        since=since,
        orders=orders,
        revenue=revenue,
        undecided=await payments.undecided_count(session),
        disputed=await payments.disputed_count(session),
        overdue=await bookings.overdue_count(session, now),
        refunds=await payments.refunds_on_their_way(session),
        owed=await payments.owed_health(session),
        events=await outbox.health(session, now),
        webhooks=await payments.inbox_health(session, now),
    )
