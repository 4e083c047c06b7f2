"""What the README shows is what happens."""

from __future__ import annotations

import re
import textwrap
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from redis.asyncio import Redis

from marketplace import clock, outbox
from marketplace.accounts.views import Actor
from marketplace.bookings import actions as bookings
from marketplace.bookings import holding, queries
from marketplace.bookings.views import Buyer, Status
from marketplace.db import transaction
from marketplace.ids import CartId
from marketplace.payments import actions as payments
from marketplace.payments import queries as payment_queries
from marketplace.payments.gateway import Card
from tests.makers.bookings import Market

README = Path(__file__).parents[2] / "README.md"
KNOWN = {
    "clock": clock, "outbox": outbox, "Actor": Actor, "holding": holding, "Buyer": Buyer,
    "transaction": transaction, "CartId": CartId, "bookings": bookings, "payments": payments, "Card": Card,
    # The tests' own house stands already, and goes on standing afterwards.
    "wiring": SimpleNamespace(house=nullcontext),
}  # fmt: skip


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)


async def test_the_flow_that_is_shown_can_be_run_as_it_stands(market: Market) -> None:
    [shown] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    flow = f"async def flow():\n{textwrap.indent(shown, '    ')}    return order"
    names = KNOWN | {"listing_id": market.listing.id}
    exec(compile(flow, str(README), "exec"), names)
    order = await names["flow"]()
    async with transaction(reading=True) as session:
        [payment] = await payment_queries.payments_of(session, order.id)
        assert payment.amount == order.total
        assert await queries.status_of(session, order.id) is Status.PENDING_PAYMENT
    await market.let_pass(5)
    async with transaction(reading=True) as session:
        assert await queries.status_of(session, order.id) is Status.CONFIRMED
