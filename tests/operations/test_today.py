"""The operators' desk: what it counts, who may look, and what it calls grave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlmodel import update

from marketplace.accounts.views import Actor, SecondFactorMissing
from marketplace.db import transaction
from marketplace.errors import Forbidden
from marketplace.i18n import page_at, speaking
from marketplace.ids import AccountId, ulid
from marketplace.money import Money
from marketplace.operations import queries
from marketplace.operations.views import Today
from marketplace.outbox import OutboxEvent
from marketplace.pages.operate import operate
from marketplace.payments.models import Refund
from marketplace.payments.status import RefundStatus
from marketplace.state.operate import concerns_of
from tests.makers.bookings import GRACE, Market, guest

OPERATOR = Actor(account=AccountId.new(), is_operator=True)


@pytest.fixture
async def market(database: str, redis: Redis, now) -> Market:
    return await Market.open(now)


async def today(market: Market, actor: Actor = OPERATOR, zone: str = "UTC") -> Today:
    async with transaction(reading=True) as session:
        return await queries.today(session, actor, zone, market.now)


async def test_the_desk_is_for_operators_with_their_second_factor_alone(market: Market) -> None:
    for stranger in (guest(), market.seller, Actor()):
        with pytest.raises(Forbidden):
            await today(market, stranger)
    with pytest.raises(SecondFactorMissing):
        await today(market, Actor(account=AccountId.new(), lacks_second_factor=True))
    assert (await today(market)).orders == 0


async def test_it_counts_what_was_bought_today_and_stands(market: Market) -> None:
    ada, grace = guest(), guest()
    kept = await market.bought(ada, "A-1")
    returned = await market.bought(grace, "C-1", buyer=GRACE)
    seen = await today(market)
    assert (seen.orders, seen.revenue) == (2, (kept.total + returned.total,))
    await market.cancel(grace, returned)
    seen = await today(market)
    assert (seen.orders, seen.revenue) == (1, (kept.total,))
    market.now += timedelta(days=1)
    assert (await today(market)).orders == 0


async def test_a_day_begins_at_midnight_where_one_looks(market: Market) -> None:
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata"):
        since = (await today(market, zone=zone)).since
        assert (since.hour, since.minute) == (0, 0)
        assert timedelta(0) <= market.now - since < timedelta(days=1)


async def test_what_needs_somebody_is_counted_and_stands_first(market: Market) -> None:
    ada = guest()
    order = await market.bought(ada, "A-1")
    assert all(concern["tone"] == "good" for concern in concerns_of(await today(market), []))
    await market.order(guest(), "C-1", buyer=GRACE)
    await market.cancel(ada, order)
    market.now += timedelta(hours=2)
    async with transaction() as session:
        await session.execute(update(Refund).values(status=RefundStatus.OWED.value))
        session.add(
            OutboxEvent(
                id=f"evt_{ulid()}", batch="evt", kind="TicketsWanted", body="{}", recorded_at=market.now, due_at=market.now,
                attempts=12, last_error="no",
            )
        )  # fmt: skip
    seen = await today(market)
    assert (seen.owed.refunds, seen.owed.amounts, seen.overdue, seen.events.dead) == (1, (Money(20_00, "EUR"),), 1, 1)
    concerns = concerns_of(seen, ["expire"])
    grave = {concern["key"]: concern for concern in concerns if concern["tone"] == "danger"}
    assert grave.keys() == {"owed", "events-dead", "jobs"}
    assert [concern["key"] in grave for concern in concerns] == sorted(
        (concern["key"] in grave for concern in concerns), reverse=True
    )
    assert grave["jobs"]["detail"] == "expire"
    assert next(concern for concern in concerns if concern["key"] == "overdue")["tone"] == "warning"


async def test_jobs_that_nobody_knows_of_are_grave(market: Market) -> None:
    first = concerns_of(await today(market), None)[0]
    assert (first["key"], first["tone"]) == ("jobs", "danger")
    assert [concern["key"] for concern in concerns_of(await today(market), None)].count("jobs") == 1


async def test_a_disputed_payment_is_on_the_desk(market: Market) -> None:
    await market.bought(guest(), "C-1", buyer=GRACE)
    calm = {concern["key"]: concern for concern in concerns_of(await today(market), [])}["disputes"]
    assert (calm["value"], calm["tone"], calm["detail"]) == ("0", "good", "")
    ada = guest()
    await market.pay_for(ada, await market.order(ada, "A-1"), "4000000000000259")
    await market.let_pass(5)
    seen = await today(market)
    assert seen.disputed == 1
    shown = {concern["key"]: concern for concern in concerns_of(seen, [])}["disputes"]
    assert (shown["value"], shown["tone"]) == ("1", "warning")
    assert "bank" in shown["detail"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_desk_leads_to_the_money_that_is_owed(language: str) -> None:
    with speaking(language):
        assert f'"{page_at("/operate/owed")}"' in str(operate().render())
