"""What one purchase costs: transactions and statements from the hold to the confirmation, and to the end of all that follows.

The simulator's own books are counted apart: another provider keeps its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy import event

from marketplace import db, outbox
from marketplace.bookings import actions
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.payments.gateway import Charge, use_gateway
from marketplace.payments.gateways.simulator import SimulatorGateway
from marketplace.payments.gateways.simulator.events import SimulatorDue
from tests.makers.bookings import Market, guest

MOST_TRANSACTIONS, MOST_STATEMENTS = 15, 45

_whose: ContextVar[str] = ContextVar("whose books", default="ours")


@dataclass
class Weight:
    transactions: int = 0
    statements: list[str] = field(default_factory=list)


@contextmanager
def whose(books: str) -> Iterator[None]:
    before = _whose.set(books)
    try:
        yield
    finally:
        _whose.reset(before)


@contextmanager
def weighing() -> Iterator[dict[str, Weight]]:
    """Count what the process's engine is asked, by whose books it is for."""
    weights = {"ours": Weight(), "simulator": Weight(), "the test": Weight()}
    engine = db.engine().sync_engine

    def begun(_: Any) -> None:
        weights[_whose.get()].transactions += 1

    def asked(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("BEGIN"):
            weights[_whose.get()].statements.append(" ".join(statement.split()))

    event.listen(engine, "begin", begun)
    event.listen(engine, "before_cursor_execute", asked)
    try:
        yield weights
    finally:
        event.remove(engine, "begin", begun)
        event.remove(engine, "before_cursor_execute", asked)


class Apart(SimulatorGateway):
    """The simulator, whose verbs are its own doing and not ours."""

    async def charge(self, *args: Any, **how: Any) -> Charge:
        with whose("simulator"):
            return await super().charge(*args, **how)


class InHand:
    """Delivers in this process, one batch after the other, when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Coroutine[Any, Any, object]] = []

    def has_room(self) -> bool:
        return True

    def start(self, delivery: Coroutine[Any, Any, object]) -> None:
        self.waiting.append(delivery)

    async def deliver(self, until: Callable[[], Awaitable[bool]] | None = None) -> None:
        """All of it, or as much as it takes. `until` is asked off the books."""
        while self.waiting:
            with whose("the test"):
                if until is not None and await until():
                    return
            delivery = self.waiting.pop(0)
            kinds = {one.kind for one in delivery.cr_frame.f_locals["leased"]}
            with whose("simulator" if kinds == {SimulatorDue.__name__} else "ours"):
                await delivery


class Buyer(Market):
    """A market whose provider sends its webhooks to us: reading them is our own work again."""

    async def _receive(self, request: httpx.Request) -> httpx.Response:
        with whose("ours"):
            return await super()._receive(request)


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Buyer:
    market = await Buyer.open(now)
    market.simulator = Apart(transport=httpx.MockTransport(market._receive))
    use_gateway("simulator", market.simulator)
    return market


@pytest.fixture
def in_hand() -> Iterator[InHand]:
    here = InHand()
    outbox.deliver_here(here)
    yield here
    outbox.deliver_here(None)


async def test_a_purchase_is_light(market: Buyer, in_hand: InHand) -> None:
    ada = guest()
    with whose("the test"):
        await market.behave(processing_seconds=0)
        method = await market.token()
        await market.hold(guest(), "B-1")  # the listing is known to this process, as it is where anybody buys
    with weighing() as weights:
        order = await market.order(ada, "A-1")
        async with transaction() as session:
            await actions.pay(
                session, ada, order.id, total=order.total, provider="simulator", method=method, key="first",
                now=market.now,
            )  # fmt: skip

        async def is_confirmed() -> bool:
            return (await market.see(ada, order.id)).status is Status.CONFIRMED

        await in_hand.deliver(until=is_confirmed)
        ours = weights["ours"]
        first = ours.transactions, len(ours.statements)
        await in_hand.deliver()
    with whose("the test"):
        assert await is_confirmed()
    report = "\n".join(f"{at} {line[:150]}" for at, line in enumerate(ours.statements))
    assert first[0] <= MOST_TRANSACTIONS, report
    assert first[1] <= MOST_STATEMENTS, report
    assert ours.transactions <= MOST_TRANSACTIONS, report  # with the mail, and the webhook that says it once more
