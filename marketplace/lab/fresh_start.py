"""Puts the demo world back to what it is on a fresh start, while the marketplace runs.

Tables are emptied and the world is built anew in one transaction: everybody sees the old world until the new one is
whole, and the old one stays where that fails. Whatever is under way meanwhile, in any process, waits, and then finds
nothing of what it was about. Background work goes on by itself: news of the old world is about rows that are gone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from marketplace import clock, redis
from marketplace.db import Session, is_postgres, transaction
from marketplace.errors import Conflict
from marketplace.ids import ResourceId, ulid
from marketplace.inventory import actions as inventory
from marketplace.lab import lockstep, storm, time_machine, world
from marketplace.lab.gate import must_be_open
from marketplace.lab.world import World
from marketplace.words import say

_UNDER_WAY = "lab:fresh_start"
_LONGEST_SECONDS = 120
"""A process that dies over it keeps others from trying for so long."""

_TRIES = 3
_AWAY = "A fresh start needs Redis, which does not answer."


class FreshStartUnderWay(Conflict):
    code = "fresh_start_under_way"

    def __init__(self) -> None:
        super().__init__(say("The world is being set up anew already. It takes a few seconds."))


async def make() -> World:
    """Empty all tables, build the demo world anew, and go back to real time, in every process.

    Log-ins, orders, holds, mail, the provider's books and habits go. Raises LabClosed, FreshStartUnderWay, Unavailable.
    """
    must_be_open()
    async with _alone():
        await storm.forget()
        await time_machine.reset()
        built = await _rebuilt()
        await inventory.forget_all(but={ResourceId(id) for id in built.listings.values()})
        await storm.forget()  # what its last buyers have left, who were still on their way
        with redis.must_answer(_AWAY):
            await redis.client().set(lockstep.WORLD, ulid())
            await lockstep.until_all_have_followed()
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


async def _rebuilt(tries: int = _TRIES) -> World:
    try:
        async with transaction() as session:
            await _empty_all_tables(session)
            return await world.build_anew(session, clock.now())
    except OperationalError:
        # On PostgreSQL: somebody had locked one table and waited for another one, which we had.
        if tries == 1:
            raise
    return await _rebuilt(tries - 1)


async def _empty_all_tables(session: Session) -> None:
    tables = SQLModel.metadata.sorted_tables
    if is_postgres(session):
        # Nobody writes what refers to a row that is being deleted; reading goes on. SQLite has one writer anyhow.
        names = ", ".join(f'"{table.name}"' for table in tables)
        await session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    for table in reversed(tables):
        await session.execute(table.delete())
