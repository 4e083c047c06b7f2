"""Forget what has served its time: events, idempotency keys, webhook bodies, ended sessions, old mail."""

from __future__ import annotations

from datetime import datetime

from marketplace import outbox
from marketplace.accounts import actions as accounts
from marketplace.db import transaction
from marketplace.notifications import actions as notifications
from marketplace.payments import actions as payments

ROOMS = (outbox, payments, accounts, notifications)


async def run(now: datetime) -> int:
    """A portion at a time, each in a transaction of its own, so that nobody waits for a great clean-up."""
    forgotten = 0
    for room in ROOMS:
        is_left = True
        while is_left:
            async with transaction() as session:
                some = await room.clean_up(session, now)
            forgotten += some
            is_left = some > 0
    return forgotten
