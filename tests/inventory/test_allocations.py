"""The last line of defence: what SQL lets through whatever Redis believes, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis
from sqlmodel import select

from marketplace import clock
from marketplace.db import transaction
from marketplace.ids import HoldId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import queries
from marketplace.inventory.errors import HoldExpired, StaleFence, UnfitUnits, UnitsTaken
from marketplace.inventory.events import UnitsFreed
from marketplace.inventory.models import Allocation
from marketplace.inventory.views import Sale
from marketplace.outbox import record
from tests.makers.events import kinds
from tests.makers.inventory import TERM, a_check_out, a_claim, a_resource, a_sale, checked_out, seats

pytestmark = pytest.mark.usefixtures("redis", "database")


async def allocations() -> list[Allocation]:
    async with transaction(reading=True) as session:
        return list(await session.exec(select(Allocation).order_by(Allocation.unit)))


async def confirm(hold_id: HoldId, now: datetime) -> None:
    async with transaction() as session:
        await inventory.confirm(session, hold_id, now)


async def free(hold_id: HoldId, now: datetime, units: list[str] | None = None) -> None:
    async with transaction() as session:
        await inventory.free(session, hold_id, now, units)


async def take_again(hold_id: HoldId, now: datetime) -> None:
    async with transaction() as session:
        await inventory.take_again(session, hold_id, now)


async def test_what_is_checked_out_stands_in_sql_until_it_is_sold(now: datetime) -> None:
    claim = await a_check_out(resource := a_resource(), seats(2, 1), now)
    rows = await allocations()
    assert [row.unit for row in rows] == ["seat:1", "seat:2"]
    assert {(row.resource, row.hold_id, row.holder, row.fence, row.booking, row.expires_at) for row in rows} == {
        (resource, claim.id, claim.holder, claim.fence, "bkg", claim.expires_at)
    }
    assert (await inventory.snapshot(resource)).status == {"seat:1": "held", "seat:2": "held"}
    await confirm(claim.id, now)
    await confirm(claim.id, now + timedelta(seconds=1))
    assert {row.confirmed_at for row in await allocations()} == {now}
    assert (await inventory.snapshot(resource)).status == {"seat:1": "sold", "seat:2": "sold"}
    assert kinds() == ["UnitsSold"]


async def test_a_seat_that_redis_granted_twice_is_allocated_once(redis: Redis, now: datetime) -> None:
    first = await a_claim(resource := a_resource(), seats(1, 2))
    await redis.flushall()
    second = await a_claim(resource, seats(2, 3))
    await checked_out(second, now)
    async with transaction() as session:
        with pytest.raises(UnitsTaken) as refused:
            await inventory.check_out(session, first, "bkg", now)
        # The caller's own work is not lost with it.
        record(session, UnitsFreed(first.id, resource, first.units, now), now)
    assert refused.value.units == ("seat:2",)
    assert [row.unit for row in await allocations()] == ["seat:2", "seat:3"]
    assert kinds() == ["UnitsFreed"]


async def test_a_holder_who_comes_after_another_had_the_seat_is_refused(now: datetime) -> None:
    """Stopped past its deadline; meanwhile the seat was bought and given back: nothing stands in the way but the fence."""
    stale = await a_claim(resource := a_resource(), seats(1, 2))
    clock.advance(timedelta(seconds=TERM + 1))
    other = await a_sale(resource, seats(2), clock.now())
    await free(other.id, clock.now())
    async with transaction() as session:
        with pytest.raises(StaleFence):
            await inventory.check_out(session, stale, "bkg", now)
    assert {row.hold_id for row in await allocations()} == {other.id}


async def test_a_claim_past_its_deadline_is_not_checked_out(now: datetime) -> None:
    claim = await a_claim(a_resource())
    async with transaction() as session:
        with pytest.raises(HoldExpired):
            await inventory.check_out(session, claim, "bkg", claim.expires_at)


async def test_what_was_not_paid_for_in_time_is_taken_over_without_a_sweeper(now: datetime) -> None:
    slow = await a_check_out(resource := a_resource(), seats(1, 2), now)
    clock.advance(timedelta(seconds=TERM + 1))
    quick = await a_check_out(resource, seats(2, 3), clock.now())
    active = [(row.unit, row.hold_id) for row in await allocations() if row.is_active]
    assert active == [("seat:2", quick.id), ("seat:3", quick.id)]
    with pytest.raises(HoldExpired):
        await confirm(slow.id, clock.now())
    with pytest.raises(UnitsTaken):
        await take_again(slow.id, clock.now())
    assert set((await inventory.snapshot(resource)).status) == {"seat:2", "seat:3"}
    assert kinds() == ["UnitsFreed"]


async def test_what_runs_out_is_swept_once(now: datetime) -> None:
    late = await a_check_out(resource := a_resource(), seats(1, 2), now)
    paid = await a_sale(resource, seats(3), now)
    assert await inventory.expire(late.expires_at - timedelta(seconds=1)) == 0
    assert sum(await asyncio.gather(*(inventory.expire(late.expires_at) for _ in range(3)))) == 1
    assert await inventory.expire(late.expires_at) == 0
    assert [row.hold_id for row in await allocations() if row.is_active] == [paid.id]
    assert (await inventory.snapshot(resource)).status == {"seat:3": "sold"}


async def test_money_that_comes_while_the_sweeper_waits_wins(now: datetime) -> None:
    claim = await a_check_out(a_resource(), seats(1), now)
    later = claim.expires_at + timedelta(seconds=1)
    await confirm(claim.id, later)
    async with transaction() as session:
        assert not await inventory._release_if_run_out(session, claim.id, later)


async def test_units_are_given_back_together_or_one_by_one(now: datetime) -> None:
    claim = await a_sale(resource := a_resource(), seats(1, 2, 3), now)
    await free(claim.id, now, seats(2))
    assert (await inventory.snapshot(resource)).status == {"seat:1": "sold", "seat:3": "sold"}
    await free(claim.id, now)
    await free(claim.id, now)
    assert (await inventory.snapshot(resource)).status == {}
    assert kinds() == ["UnitsSold", "UnitsFreed", "UnitsFreed"]
    again = await a_sale(resource, seats(1, 2, 3), now)
    assert again.fence > claim.fence


async def test_money_that_comes_late_takes_the_units_again_while_they_are_free(now: datetime) -> None:
    claim = await a_check_out(resource := a_resource(), seats(1, 2), now)
    await free(claim.id, now)
    await take_again(claim.id, now)
    await take_again(claim.id, now)
    assert {row.hold_id for row in await allocations() if row.is_sold} == {claim.id}
    assert {row.holder for row in await allocations()} == {claim.holder}
    assert (await inventory.snapshot(resource)).status == {"seat:1": "sold", "seat:2": "sold"}
    assert await inventory.open_hold(resource, claim.id) is None


async def test_money_that_comes_late_but_before_anything_was_released_confirms(now: datetime) -> None:
    claim = await a_check_out(resource := a_resource(), seats(1), now)
    await take_again(claim.id, claim.expires_at + timedelta(seconds=1))
    assert (await inventory.snapshot(resource)).status == {"seat:1": "sold"}


async def test_late_money_does_not_take_what_somebody_holds_now(now: datetime) -> None:
    claim = await a_check_out(resource := a_resource(), seats(1, 2), now)
    await free(claim.id, now)
    other = await a_claim(resource, seats(2))
    with pytest.raises(UnitsTaken):
        await take_again(claim.id, now)
    assert await inventory.hold(other.id, other.holder) == other
    assert (await inventory.snapshot(resource)).status == {"seat:2": "held"}


async def test_late_money_leaves_no_claim_behind_where_sql_refuses(redis: Redis, now: datetime) -> None:
    claim = await a_check_out(resource := a_resource(), seats(1, 2), now)
    await free(claim.id, now)
    await a_sale(resource, seats(2), now)
    units = f"{{{resource}}}:units"
    await redis.hdel(units, "seat:2")
    with pytest.raises(UnitsTaken):
        await take_again(claim.id, now)
    assert (await inventory.snapshot(resource)).status == {"seat:2": "sold"}


async def test_a_hold_that_was_never_checked_out_cannot_be_taken_again(now: datetime) -> None:
    claim = await a_claim(a_resource())
    with pytest.raises(HoldExpired):
        await take_again(claim.id, now)


async def test_a_payment_in_progress_keeps_units_in_sql_and_redis_and_never_past_the_limit(now: datetime) -> None:
    claim = await a_check_out(a_resource(), seats(1), now, "ada")
    for until, expected in (
        (claim.expires_at + timedelta(seconds=60), claim.expires_at + timedelta(seconds=60)),
        (claim.expires_at, claim.expires_at + timedelta(seconds=60)),
        (claim.limit_at + timedelta(days=1), claim.limit_at),
    ):
        async with transaction() as session:
            await inventory.keep_until(session, claim.id, "ada", until, now)
        assert (await inventory.hold(claim.id, "ada")).expires_at == expected
        assert {row.expires_at for row in await allocations()} == {expected}


async def test_units_that_are_gone_are_kept_for_nobody(now: datetime) -> None:
    claim = await a_check_out(a_resource(), seats(1), now, "ada")
    async with transaction() as session:
        with pytest.raises(HoldExpired):
            await inventory.keep_until(session, claim.id, "eve", claim.limit_at, now)
    await free(claim.id, now)
    async with transaction() as session:
        with pytest.raises(HoldExpired):
            await inventory.keep_until(session, claim.id, "ada", claim.limit_at, now)


async def test_the_box_office_gets_what_nobody_has(now: datetime) -> None:
    resource = a_resource()
    many = [f"seat:{number}" for number in range(6_000)]
    async with transaction() as session:
        hold_id = await inventory.allot(session, resource, many, "guests", now)
    status = (await inventory.snapshot(resource)).status
    assert len(status) == 6_000
    assert set(status.values()) == {"sold"}
    await a_claim(resource, ["seat:x"])
    with pytest.raises(UnitsTaken):
        async with transaction() as session:
            await inventory.allot(session, resource, ["seat:x", "seat:y"], "guests", now)
    await free(hold_id, now)
    assert (await inventory.snapshot(resource)).status == {"seat:x": "held"}


async def allot_each(resource: ResourceId, now: datetime, *sales: Sale) -> list[HoldId]:
    async with transaction() as session:
        return await inventory.allot_each(session, resource, sales, now)


async def test_many_sales_are_written_at_once_and_given_back_one_by_one(now: datetime) -> None:
    resource, before = a_resource(), now - timedelta(days=3)
    ada, eve = Sale(["seat:2", "seat:1"], "ada", "bkg 1", before), Sale(["seat:3"], "eve", "bkg 2", now)
    first, second = await allot_each(resource, now, ada, eve)
    assert [(row.unit, row.hold_id, row.holder, row.booking, row.confirmed_at) for row in await allocations()] == [
        ("seat:1", first, "ada", "bkg 1", before),
        ("seat:2", first, "ada", "bkg 1", before),
        ("seat:3", second, "eve", "bkg 2", now),
    ]
    assert kinds() == ["UnitsSold"]
    assert (await inventory.snapshot(resource)).status == dict.fromkeys(("seat:1", "seat:2", "seat:3"), "sold")
    await free(first, now, ["seat:1"])
    assert (await inventory.snapshot(resource)).status == {"seat:2": "sold", "seat:3": "sold"}
    assert await allot_each(resource, now) == []


@pytest.mark.parametrize(
    ("units", "refusal"), [(["seat:held"], UnitsTaken), (["seat:1"], UnitsTaken), ([], UnfitUnits)]
)
async def test_of_many_sales_one_that_cannot_be_stops_all(
    now: datetime, units: list[str], refusal: type[Exception]
) -> None:
    await a_claim(resource := a_resource(), ["seat:held"])
    with pytest.raises(refusal):
        await allot_each(resource, now, Sale(["seat:1"], "ada", "bkg 1", now), Sale(units, "eve", "bkg 2", now))
    assert await allocations() == []
    assert (await inventory.snapshot(resource)).status == {"seat:held": "held"}


async def test_buyers_of_overlapping_sets_do_not_lock_each_other_up(redis: Redis, now: datetime) -> None:
    resource, claims = a_resource(), []
    for start in range(8):
        claims.append(await a_claim(resource, seats(*[(start + step * 3) % 8 for step in range(4)])))
        await redis.flushall()

    async def buy(claim_number: int) -> bool:
        try:
            async with transaction() as session:
                await inventory.check_out(session, claims[claim_number], "bkg", now)
        except (UnitsTaken, StaleFence):
            return False
        return True

    bought = await asyncio.gather(*(buy(number) for number in range(8)))
    assert 1 <= sum(bought) <= 2
    active = [row.unit for row in await allocations() if row.is_active]
    assert len(active) == len(set(active)) == 4 * sum(bought)


async def test_a_blocker_that_goes_at_the_last_moment_is_no_obstacle(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our insert that failed and our look at who was in the way, they gave the seat back."""
    claim = await a_claim(a_resource(), seats(1))
    write, tries = inventory._write, []

    async def fail_once(session: object, claim: object, rows: object) -> bool:
        tries.append(rows)
        return len(tries) > 1 and await write(session, claim, rows)

    monkeypatch.setattr(inventory, "_write", fail_once)
    await checked_out(claim, now)
    assert len(tries) == 2
    assert [row.unit for row in await allocations()] == ["seat:1"]


async def test_a_blocker_that_comes_at_the_last_moment_is_named(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = await a_claim(a_resource(), seats(1))

    async def fail(session: object, claim: object, rows: object) -> bool:
        return False

    monkeypatch.setattr(inventory, "_write", fail)
    with pytest.raises(UnitsTaken) as refused:
        await checked_out(claim, now)
    assert refused.value.units == ("seat:1",)


@pytest.mark.usefixtures("unguarded")
async def test_without_the_index_and_the_fence_a_seat_is_sold_twice(redis: Redis, now: datetime) -> None:
    """The control: what stands in the way above is the guard, not the weather."""
    first = await a_claim(resource := a_resource(), seats(1))
    await redis.flushall()
    second = await a_claim(resource, seats(1))
    await checked_out(second, now)
    async with transaction() as session:
        await inventory.check_out(session, replace(first, fence=second.fence + 1), "bkg", now)
    assert [row.unit for row in await allocations() if row.is_active] == ["seat:1", "seat:1"]


async def test_questions_about_many_units_are_asked_in_portions(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_IN_ONE_SELECT", 2)
    claim = await a_sale(resource := a_resource(), seats(1, 2, 3, 4, 5), now)
    async with transaction(reading=True) as session:
        standing = await queries.active_on(session, resource, seats(0, 1, 2, 3, 5, 6))
        assert {row.unit for row in standing} == set(seats(1, 2, 3, 5))
        assert await queries.highest_fence(session, resource, seats(9, 8, 5)) == claim.fence
        assert await queries.highest_fence(session, resource, seats(8, 9)) == 0
        assert await queries.highest_fence(session, a_resource()) == 0
