"""One order, payment or refund that raises holds up none behind it, and the job's report says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from redis.asyncio import Redis

from marketplace.accounts.views import Actor
from marketplace.batches import Incomplete
from marketplace.bookings import actions as bookings
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.ids import CartId
from marketplace.jobs import runner
from marketplace.payments import actions as payments
from marketplace.payments.actions import paying, refunding
from marketplace.payments.status import PaymentStatus
from tests.makers.accounts import make_account
from tests.makers.bookings import GRACE, Market, guest


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)


def poison(monkeypatch: pytest.MonkeyPatch, where: ModuleType, name: str, id: str) -> None:
    """Have `where.name` raise whenever it is about `id`."""
    honest: Callable[..., Awaitable[Any]] = getattr(where, name)

    async def poisoned(*args: Any, **more: Any) -> Any:
        if id in args:
            raise RuntimeError("poisoned")
        return await honest(*args, **more)

    monkeypatch.setattr(where, name, poisoned)


async def report(name: str, market: Market) -> tuple[int | None, str]:
    """What the health page says of a run in which something failed."""
    with pytest.raises(Incomplete):
        await runner.run(name, market.now)
    [run] = [run for run in await runner.last_runs() if run.job == name]
    return run.did, run.error or ""


async def test_an_order_that_cannot_expire(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, grace = guest(), guest()
    first, second = await market.order(ada, "A-1"), await market.order(grace, "B-1", buyer=GRACE)
    poison(monkeypatch, bookings, "expire", first.id)
    market.now = second.expires_at + timedelta(seconds=1)
    did, error = await report("expire", market)
    assert did is not None
    assert did >= 1
    assert f"1 failed; the first is {first.id}: RuntimeError('poisoned')" in error
    assert (await market.see(grace, second.id)).status is Status.EXPIRED
    assert await market.seats() == {}, "the seats of both came free"


async def test_an_order_that_nobody_can_be_reminded_of(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = [Actor(account=(await make_account(market.now)).id, cart=CartId.new()) for _ in range(2)]
    first, second = await market.order(one, "A-1"), await market.order(other, "B-1", buyer=GRACE)
    poison(monkeypatch, bookings, "_remind", first.id)
    market.now = first.expires_at - timedelta(minutes=1)
    assert (await report("remind", market))[0] == 1
    [told] = await market.events("TimeRunsOut")
    assert second.id in told


async def test_a_payment_that_cannot_be_asked_about(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await market.start(key="a"), await market.start(key="b")
    poison(monkeypatch, paying, "process", first.id)
    assert (await report("settle-payments", market))[0] == 1
    assert (await market.look(second.id)).reference is not None
    assert (await market.look(first.id)).status is PaymentStatus.PROCESSING


async def test_a_refund_that_cannot_be_asked_for(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [await market.bought(guest(), guid, buyer=GRACE) for guid in ("A-1", "B-1")]
    async with transaction() as session:
        refunds = [
            await payments.request_refund(session, order.payment_id, None, reason="cancelled", key="r", now=market.now)
            for order in orders
            if order.payment_id
        ]
    poison(monkeypatch, refunding, "process_refund", refunds[0].id)
    assert (await report("send-refunds", market))[0] == 1
    assert (await market.bank())[1] == [16_50]
