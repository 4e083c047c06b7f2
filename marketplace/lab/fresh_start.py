"""Puts the demo world back to what it is on a fresh start, while the marketplace runs.

Tables are emptied and the world is built anew in one transaction: everybody sees the old world until the new one is
whole, and the old one stays where that fails. Whatever is under way meanwhile, in any process, waits, and then finds
nothing of what it was about; what it writes all the same (a mail, a webhook) is swept away. Background work goes on by
itself: news of the old world is about rows that are gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from redis.exceptions import RedisError
from sqlalchemy import Table, select, text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from marketplace import clock, redis
from marketplace.db import Session, is_postgres, transaction
from marketplace.errors import Conflict
from marketplace.i18n import _, gettext_noop
from marketplace.ids import ResourceId, ulid
from marketplace.inventory import actions as inventory
from marketplace.lab import cluster_sync, storm, time_machine, world
from marketplace.lab.gate import must_be_open
from marketplace.lab.world import World

_UNDER_WAY = "lab:fresh_start"
_LONGEST_SECONDS = 120
"""A process that dies over it keeps others from trying for so long."""

_TRIES = 3
_SWEEP_EVERY = 0.3
_MOST_SWEEPS = 10
_AWAY = "A fresh start needs Redis, which does not answer."


class FreshStartUnderWay(Conflict):
    code = "fresh_start_under_way"
    title = gettext_noop("Reset already running")

    def __init__(self) -> None:
        super().__init__(_("A reset is already running. It takes a few seconds."))


async def make() -> World:
    """Empty all tables, build the demo world anew, and go back to real time, in every process.

    Log-ins, orders, holds, mail, the simulator's books and settings go. Raises LabClosed, FreshStartUnderWay, Unavailable.
    """
    must_be_open()
    async with _alone():
        await storm.forget()
        await time_machine.reset()
        built, empty = await _rebuilt()
        await inventory.forget_all(but={ResourceId(id) for id in built.listings.values()})
        await storm.forget()  # what its last buyers have left, who were still on their way
        with redis.must_answer(_AWAY):
            await redis.client().set(cluster_sync.WORLD, ulid())
            await cluster_sync.until_all_have_followed()
        await _sweep(empty)
    return built


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """Of all who try at once, in any process, one gets in. Raises FreshStartUnderWay, Unavailable."""
    with redis.must_answer(_AWAY):
        if not await redis.client().set(_UNDER_WAY, "yes", nx=True, ex=_LONGEST_SECONDS):
            raise FreshStartUnderWay
    try:
        yield
    finally:
        with suppress(RedisError, OSError):
            await redis.client().delete(_UNDER_WAY)


async def _rebuilt(tries: int = _TRIES) -> tuple[World, list[Table]]:
    """The new world, and the tables of which it needs none."""
    tables = SQLModel.metadata.sorted_tables
    try:
        async with transaction() as session:
            await _empty(session, tables)
            built = await world.build_anew(session, clock.now())
            return built, [table for table in tables if not await _has_rows(session, table)]
    except OperationalError:
        # On PostgreSQL: somebody had locked one table and waited for another one, which we had.
        if tries == 1:
            raise
    return await _rebuilt(tries - 1)


async def _sweep(tables: Sequence[Table]) -> None:
    """Take away what others, who had been waiting, wrote about the old world when the new one stood."""
    for _sweep_number in range(_MOST_SWEEPS):
        await asyncio.sleep(_SWEEP_EVERY)
        async with transaction() as session:
            if not await _empty(session, tables):
                return


async def _empty(session: Session, tables: Sequence[Table]) -> int:
    """Delete every row, and return how many there were. Tables come in the order in which they may be filled."""
    if is_postgres(session):
        # Nobody writes what refers to a row that is being deleted; reading goes on. SQLite has one writer anyhow.
        names = ", ".join(f'"{table.name}"' for table in tables)
        await session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    gone = 0
    for table in reversed(tables):
        gone += (await session.execute(table.delete())).rowcount  # type: ignore[attr-defined]  # a DELETE gives a CursorResult
    return gone


async def _has_rows(session: Session, table: Table) -> bool:
    return (await session.execute(select(1).select_from(table).limit(1))).first() is not None
