"""After a storm: time goes by, and every job has its turn, until nothing is left to be done."""

from __future__ import annotations

import os

from sqlmodel import col, func, select

from marketplace import clock
from marketplace.bookings.models import Booking
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.inventory.models import Allocation
from marketplace.notifications.models import Mail
from marketplace.outbox import OutboxEvent
from marketplace.payments.models import InboxState, Payment, Refund, WebhookEvent
from marketplace.payments.status import RefundStatus
from tests.storm.caller import Caller

JOBS = ("simulate", "settle-payments", "read-webhooks", "deliver-events", "expire", "send-refunds", "send-mail")
STEP_SECONDS = 1200
"""Twenty minutes at a time: longer than any pause between two attempts of anything."""
FEWEST, MOST = 3, 12
"""Steps. After the fewest, every hold has run out, however often it was extended."""


async def come_to_rest(tester: Caller) -> None:
    """Ends as well when there is no rest to be had: the promises' checker says what is left."""
    tester.headers["X-Job-Secret"] = os.environ["JOB_SECRET"]
    for step in range(1, MOST + 1):
        await tester.ask("POST", "/lab/clock", {"seconds": STEP_SECONDS})
        for job in JOBS:
            await tester.ask("POST", f"/jobs/{job}")
        if step >= FEWEST and not await _left():
            return


async def _left() -> int:
    """How much is not yet at its end."""
    now = clock.now()
    waiting = (
        select(func.count()).select_from(Booking).where(Booking.status == Status.PENDING_PAYMENT),
        select(func.count()).select_from(Payment).where(col(Payment.check_at).is_not(None)),
        select(func.count())
        .select_from(Refund)
        .where(col(Refund.check_at).is_not(None), Refund.status != RefundStatus.OWED),
        select(func.count()).select_from(WebhookEvent).where(WebhookEvent.state != InboxState.DONE),
        select(func.count()).select_from(Mail).where(col(Mail.due_at).is_not(None)),
        select(func.count())
        .select_from(OutboxEvent)
        .where(col(OutboxEvent.delivered_at).is_(None), col(OutboxEvent.due_at) <= now),
        select(func.count())
        .select_from(Allocation)
        .where(col(Allocation.released_at).is_(None), col(Allocation.confirmed_at).is_(None)),
    )
    async with transaction(reading=True) as session:
        return sum([(await session.exec(query)).one() for query in waiting])
