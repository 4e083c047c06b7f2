"""What failed is delivered anew on somebody's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlmodel import update

from marketplace import outbox
from marketplace.bookings import actions as bookings
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.ids import EventId
from marketplace.jobs.replaying import replay
from marketplace.outbox import DomainEvent, EventNotFound, OutboxEvent
from tests.makers.bookings import Market, guest


@dataclass(frozen=True)
class BellRang(DomainEvent):
    """Nobody does anything about it."""


@outbox.reacts_after(BellRang)
async def hear(event: BellRang, now: datetime) -> None: ...


async def test_a_payment_that_a_bad_release_could_not_take_is_taken_after_the_good_one(
    database: str, redis: object, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = await Market.open(now)
    ada = guest()
    order = await market.order(ada, "A-1")

    async def broken(*_: object) -> None:
        raise RuntimeError("a bad release")

    with monkeypatch.context() as bad_release:
        bad_release.setattr(bookings, "take_payment", broken)
        await market.pay_for(ada, order)
        for _ in range(15):
            await market.skip(hours=1)
    async with transaction(reading=True) as session:
        [event] = await outbox.failing(session)
    assert (event.kind, event.is_dead) == ("PaymentSucceeded", False)
    assert event.attempts > outbox.MOST_ATTEMPTS
    assert await replay(event.id, market.now) == (1, 0)
    assert (await market.see(ada, order.id)).status is Status.CONFIRMED
    with pytest.raises(EventNotFound):
        await replay(event.id, market.now)


async def test_all_that_failed_is_replayed_and_what_still_fails_is_counted(database: str, now: datetime) -> None:
    async with transaction() as session:
        ids = [outbox.record(session, BellRang(), now, due_at=now + timedelta(days=1)) for _ in range(2)]
    async with transaction() as session:
        await session.execute(update(OutboxEvent).values(last_error="torn", attempts=outbox.MOST_ATTEMPTS))
        await session.execute(update(OutboxEvent).where(OutboxEvent.id == ids[0]).values(kind="Forgotten"))
    assert await replay(None, now) == (2, 1)
    async with transaction(reading=True) as session:
        assert [event.id for event in await outbox.failing(session)] == [EventId(ids[0])]
