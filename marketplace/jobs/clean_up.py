"""Forget what has served its time: facts, idempotency keys, webhook bodies, ended sessions, old mail."""

from __future__ import annotations

from datetime import datetime

from marketplace import outbox
from marketplace.accounts import actions as accounts
from marketplace.db import transaction
from marketplace.notifications import actions as notifications
from marketplace.payments import actions as payments


async def run(now: datetime) -> int:
    async with transaction() as session:
        return (
            await outbox.clean_up(session, now)
            + await payments.clean_up(session, now)
            + await accounts.clean_up(session, now)
            + await notifications.clean_up(session, now)
        )
