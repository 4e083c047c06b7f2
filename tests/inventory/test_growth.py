"""What is asked at every pick and every sale costs the same in a hall that is sold out as in an empty one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import event, text
from sqlmodel import insert

from marketplace import db
from marketplace.bookings import holding
from marketplace.db import Session, transaction
from marketplace.ids import HoldId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import queries
from marketplace.inventory.models import Allocation
from marketplace.kinds.seats.kind import SeatRequest
from tests.makers.bookings import Market, guest
from tests.makers.inventory import a_claim, a_resource, seats

HALLS, SEATS = 10, 2_000


async def many_sold(now: datetime) -> list[ResourceId]:
    """Halls that are sold out but for every tenth seat, which has been given back."""
    halls = [a_resource() for _ in range(HALLS)]
    async with transaction() as session:
        for hall in halls:
            rows = [
                {
                    "id": f"alc_{hall}_{at}", "resource": hall, "unit": f"seat:{at}", "hold_id": f"hold {at // 4}",
                    "holder": "crt", "fence": at, "created_at": now, "expires_at": now, "limit_at": now,
                    "confirmed_at": now, "changed_at": now, "released_at": None if at % 10 else now,
                }
                for at in range(SEATS)
            ]  # fmt: skip
            await session.execute(insert(Allocation), rows)
    async with transaction() as session:
        await session.execute(text("ANALYZE"))
    return halls


async def plans_of(ask: Callable[[Session], Awaitable[Any]]) -> list[str]:
    """How the database goes about each statement that `ask` executes."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine().sync_engine, "before_cursor_execute", note)
    async with transaction(reading=True) as session:
        await ask(session)
        event.remove(db.engine().sync_engine, "before_cursor_execute", note)
        connection = await session.connection()
        how = "EXPLAIN" if db.is_postgres(session) else "EXPLAIN QUERY PLAN"
        return [
            "\n".join(str(row[-1]) for row in await connection.exec_driver_sql(f"{how} {statement}", parameters))
            for statement, parameters in asked
            if statement.startswith(("SELECT", "WITH"))
        ]


def reads_all(plan: str) -> bool:
    """Whether a plan goes through a whole table, or a whole index."""
    return any("Seq Scan" in line or line.startswith(("SCAN allocation", "SCAN booking")) for line in plan.splitlines())


async def test_no_question_about_units_reads_the_whole_table(database: str, now: datetime) -> None:
    [hall, *others] = await many_sold(now)
    hold, later = HoldId.on(hall), now + timedelta(hours=1)
    for ask in (
        lambda session: queries.sold_count(session, hall),
        lambda session: queries.sold_counts(session, [hall, others[0]]),
        lambda session: queries.of_hold(session, hold),
        lambda session: queries.active_on(session, hall, ["seat:1", "seat:2"]),
        lambda session: queries.highest_fence(session, hall, ["seat:1", "seat:2"]),
        lambda session: queries.changed_since(session, later),
        lambda session: queries.run_out(session, now - timedelta(hours=1), limit=200),
    ):
        [plan] = await plans_of(ask)
        assert not reads_all(plan), plan


async def test_what_is_sold_is_counted_in_an_index_of_nothing_else(database: str, now: datetime) -> None:
    [hall, *_] = await many_sold(now)
    async with transaction(reading=True) as session:
        assert await queries.sold_count(session, hall) == SEATS * 9 // 10
    [plan] = await plans_of(lambda session: queries.sold_count(session, hall))
    assert "ix_allocation_sold" in plan


async def test_such_a_question_would_be_noticed(database: str, now: datetime) -> None:
    """The control: nothing helps to find what was limited to a moment."""
    await many_sold(now)
    [plan] = await plans_of(lambda session: session.execute(text("SELECT count(*) FROM allocation WHERE fence = 7")))
    assert reads_all(plan)


class TestSingleSeats:
    async def test_a_pick_looks_at_its_own_rows_alone(
        self, database: str, redis: Redis, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        market = await Market.open(now, no_single_seats=True)
        looked, taken = [], inventory.taken

        async def note(resource: ResourceId, units: list[str]) -> frozenset[str]:
            looked.append(tuple(units))
            return await taken(resource, units)

        def never(_: ResourceId) -> None:
            raise AssertionError("A pick looks at the whole hall.")

        monkeypatch.setattr(inventory, "taken", note)
        monkeypatch.setattr(inventory, "snapshot", never)
        await holding.hold(guest(), market.listing.id, SeatRequest(seats=("B-1", "B-2")), market.now)
        assert looked == [tuple(f"seat:B-{at}" for at in range(1, 7))]

    async def test_taken_is_what_is_held_or_sold_and_has_not_run_out(self, redis: Redis, database: str) -> None:
        resource = a_resource()
        await a_claim(resource, seats(1, 3), "ada")
        assert await inventory.taken(resource, seats(1, 2, 3)) == {"seat:1", "seat:3"}
        assert await inventory.taken(resource, []) == frozenset()
