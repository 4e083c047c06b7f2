"""Machines whose clocks are an hour off still go by one time: no lease is taken over, and no order ends, early or late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from marketplace import clock, outbox, timekeeping
from marketplace.bookings import actions as bookings
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.ids import EventId
from marketplace.outbox import OutboxEvent
from marketplace.payments import actions as payments
from marketplace.payments import idempotency
from marketplace.payments.errors import KeyInProgress
from marketplace.payments.models import Payment, Refund, WebhookEvent
from tests.makers.bookings import Market, guest

AN_HOUR = timedelta(hours=1)
BOTH_WAYS = pytest.mark.parametrize("off_by", [AN_HOUR, -AN_HOUR], ids=["ahead", "behind"])

SetClock = Callable[[timedelta], None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Become a process on a machine whose clock is off, and which has measured nothing yet."""

    def become(off_by: timedelta) -> None:
        clock.correct_by(timedelta())
        monkeypatch.setattr(clock, "machines", lambda: datetime.now(UTC) + off_by)

    return become


@BOTH_WAYS
async def test_every_process_tells_the_time_of_redis(redis: Redis, machine: SetClock, off_by: timedelta) -> None:
    machine(off_by)
    assert abs(clock.now() - datetime.now(UTC)) > AN_HOUR / 2  # the control: nobody has measured
    async with timekeeping.keeping_time():
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=30)
        clock.advance(timedelta(days=3))  # the lab's lever still works, and Redis is told of the lever alone
        assert clock.offset_ms() == 3 * 24 * 3600 * 1000
        assert abs(clock.now() - datetime.now(UTC) - timedelta(days=3)) < timedelta(seconds=30)


async def test_what_lies_within_the_answers_own_time_is_not_corrected(redis: Redis) -> None:
    await timekeeping.measure()
    assert clock.skew() == timedelta()


async def test_while_redis_is_away_what_was_measured_last_goes_on(
    redis: Redis, machine: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(AN_HOUR)
    await timekeeping.measure()
    known = clock.skew()

    async def away() -> None:
        raise RedisConnectionError

    monkeypatch.setattr(redis, "time", away)
    await timekeeping.measure()
    assert clock.skew() == known != timedelta()


class TestLeases:
    """Somebody works on it, under a lease by the common time."""

    @pytest.mark.parametrize("kind", [Payment, Refund])
    async def test_of_payments_and_refunds_are_respected(self, redis: Redis, machine: SetClock, kind: type) -> None:
        row = kind(check_at=clock.now(), attempts=0, status="unknown")
        assert row.lease(clock.now())
        machine(AN_HOUR)
        assert kind(check_at=row.check_at, attempts=1, status="unknown").lease(clock.now())  # the control
        await timekeeping.measure()
        assert not row.lease(clock.now())

    async def test_of_idempotency_keys_are_respected(self, database: str, redis: Redis, machine: SetClock) -> None:
        asked = {"key": "k", "actor": "ada", "method": "POST", "path": "/", "body": b""}
        async with transaction() as session:
            await idempotency.begin(session, **asked, now=clock.now())
        machine(AN_HOUR)
        await timekeeping.measure()
        with pytest.raises(KeyInProgress):
            async with transaction() as session:
                await idempotency.begin(session, **asked, now=clock.now())
        clock.correct_by(timedelta())  # the control
        async with transaction() as session:
            assert await idempotency.begin(session, **asked, now=clock.now()) == idempotency.Fresh()

    async def test_of_the_outbox_and_the_webhook_inbox_are_respected(
        self, database: str, redis: Redis, machine: SetClock
    ) -> None:
        leased_until, event = clock.now() + timedelta(seconds=30), EventId.new()
        async with transaction() as session:
            session.add(
                OutboxEvent(
                    id=event, batch=event, kind="Unheard", body="{}", recorded_at=clock.now(), due_at=leased_until
                )
            )
            session.add(
                WebhookEvent(
                    id="whe_1", provider="simulator", event_id="evt_1", kind="charge", body=b"{}", attempts=1,
                    received_at=clock.now(), due_at=leased_until,
                )
            )  # fmt: skip
        machine(AN_HOUR)
        await timekeeping.measure()
        async with transaction(reading=True) as session:
            assert await outbox.due(session, clock.now()) == []
        async with transaction() as session:
            assert not await payments.process_event(session, "whe_1", clock.now())
        clock.correct_by(timedelta())  # the control
        async with transaction(reading=True) as session:
            assert await outbox.due(session, clock.now()) == [event]


class TestOrders:
    async def test_a_machine_that_is_ahead_ends_none_early(self, market: Market, machine: SetClock) -> None:
        order = await market.order(ada := guest(), "A-1")
        machine(AN_HOUR)
        await timekeeping.measure()
        assert await bookings.expire_due(clock.now()) == 0
        assert (await market.see(ada, order.id)).status is Status.PENDING_PAYMENT
        clock.correct_by(timedelta())  # the control
        assert await bookings.expire_due(clock.now()) == 1

    async def test_a_machine_that_is_behind_ends_none_late(self, market: Market, machine: SetClock) -> None:
        order = await market.order(ada := guest(), "A-1")
        clock.advance(timedelta(minutes=16))
        machine(-AN_HOUR)
        assert await bookings.expire_due(clock.now()) == 0  # the control
        await timekeeping.measure()
        assert await bookings.expire_due(clock.now()) == 1
        assert (await market.see(ada, order.id)).status is Status.EXPIRED
