"""One transaction is one unit of work: all of it or nothing, and nothing is told before it is true."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select

from marketplace import db
from marketplace.db import Session, after_commit, transaction, write_all
from marketplace.errors import Conflict, Unavailable
from marketplace.money import Money
from marketplace.outbox import OutboxEvent
from marketplace.payments.gateways.simulator.models import SimulatorCharge, SimulatorStep
from tests.conftest import plain
from tests.waiting import somebody_else

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database", ["postgres"], indirect=True)


def row(id: str, now: datetime) -> OutboxEvent:
    return OutboxEvent(id=id, batch=id, kind="Tried", body="{}", recorded_at=now, due_at=now)


async def kept() -> list[str]:
    async with transaction(reading=True) as session:
        return sorted(await session.exec(select(OutboxEvent.id)))


async def test_what_is_written_is_kept(database: str, now: datetime) -> None:
    async with transaction() as session:
        session.add(row("a", now))
        session.add(row("b", now))
    assert await kept() == ["a", "b"]


async def test_a_refusal_undoes_everything(database: str, now: datetime) -> None:
    with pytest.raises(Conflict):
        async with transaction() as session:
            session.add(row("a", now))
            await session.flush()
            raise Conflict("Too late.")
    assert await kept() == []


async def test_a_cancelled_unit_of_work_leaves_nothing_behind(database: str, now: datetime) -> None:
    halfway = asyncio.Event()

    async def work() -> None:
        async with transaction() as session:
            session.add(row("a", now))
            await session.flush()
            halfway.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await halfway.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with transaction() as session:
        session.add(row("b", now))
    assert await kept() == ["b"]


async def test_hooks_run_in_order_once_the_row_can_be_seen(database: str, now: datetime) -> None:
    seen: list[object] = []

    async def look() -> None:
        seen.append(await kept())

    async def note() -> None:
        seen.append("second")

    async with transaction() as session:
        session.add(row("a", now))
        after_commit(session, look)
        after_commit(session, note)
        assert seen == []
    assert seen == [["a"], "second"]


async def test_hooks_of_what_never_happened_do_not_run(database: str) -> None:
    async def never() -> None:
        pytest.fail("told of something that was rolled back")

    with pytest.raises(Conflict):
        async with transaction() as session:
            after_commit(session, never)
            raise Conflict("Too late.")


async def test_a_failing_hook_neither_denies_what_happened_nor_stops_the_next(database: str, now: datetime) -> None:
    told: list[str] = []

    async def broken() -> None:
        raise RuntimeError("nobody is listening")

    async def whole() -> None:
        told.append("yes")

    async with transaction() as session:
        session.add(row("a", now))
        after_commit(session, broken)
        after_commit(session, whole)
    assert told == ["yes"]
    assert await kept() == ["a"]


async def test_two_writers_that_read_before_they_write_lose_no_update(database: str, now: datetime) -> None:
    async with transaction() as session:
        session.add(row("a", now))

    async def add_one() -> None:
        async with transaction() as session:
            found = (await session.exec(select(OutboxEvent).with_for_update())).one()
            found.attempts += 1
            session.add(found)

    await asyncio.gather(*(add_one() for _ in range(8)))
    async with transaction(reading=True) as session:
        assert (await session.exec(select(OutboxEvent.attempts))).one() == 8


async def test_a_reader_does_not_wait_for_a_writer(database: str, now: datetime) -> None:
    async with transaction() as writer:
        writer.add(row("a", now))
        await writer.flush()
        with somebody_else():
            assert await asyncio.wait_for(kept(), timeout=5) == []
    assert await kept() == ["a"]


@ON_SQLITE
async def test_on_sqlite_a_second_writer_queues_before_its_first_look(database: str, now: datetime) -> None:
    order: list[str] = []

    async def second() -> None:
        async with transaction() as session:
            seen = await session.exec(select(OutboxEvent.id))
            order.append(f"second sees {seen.all()}")
            session.add(row("b", now))

    async with transaction() as first:
        await first.exec(select(OutboxEvent))
        with somebody_else():
            waiting = asyncio.create_task(second())
            # Readers come and go meanwhile: the second writer has had every chance to begin.
            for _ in range(5):
                await kept()
        order.append("first leaves")
        first.add(row("a", now))
    await waiting
    assert order == ["first leaves", "second sees ['a']"]
    assert await kept() == ["a", "b"]


@ON_SQLITE
async def test_sqlite_keeps_foreign_keys_and_a_write_ahead_log(database: str) -> None:
    async with transaction(reading=True) as session:
        assert await pragma(session, "foreign_keys") == 1
        assert await pragma(session, "journal_mode") == "wal"


@ON_SQLITE
async def test_on_sqlite_a_writer_that_has_waited_too_long_may_try_again(database: str) -> None:
    event.listen(db.engine().sync_engine, "connect", impatiently)
    async with transaction() as first:
        await first.exec(select(OutboxEvent))
        with somebody_else(), pytest.raises(Unavailable):
            async with transaction() as second:
                await second.exec(select(OutboxEvent))


def impatiently(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA busy_timeout=1")


async def pragma(session: Session, name: str) -> object:
    return (await session.execute(text(f"PRAGMA {name}"))).scalar_one()


async def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    for nowhere in (
        f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'x.db'}",
        f"postgresql+psycopg://nobody@/nothing?host={tmp_path}",
        "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
    ):
        db.use(db.connect(nowhere))
        with pytest.raises(Unavailable) as away:
            await db.ping()
        assert away.value.retry_after > 0
        await db.close()


@ON_POSTGRES
async def test_a_connection_cut_half_way_is_unavailable_and_the_next_one_works(database: str, now: datetime) -> None:
    with pytest.raises(Unavailable):
        async with transaction() as session:
            session.add(row("a", now))
            await session.flush()
            own = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            with somebody_else():
                async with transaction() as other:
                    await other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})
            await session.execute(text("SELECT 1"))
    assert await kept() == []


@ON_POSTGRES
@pytest.mark.parametrize("idle_seconds", [pytest.param(0, id="asked"), pytest.param(3600, id="not asked")])
async def test_a_connection_cut_while_idle_is_noticed_before_it_is_used_where_it_is_asked(
    database: str, monkeypatch: pytest.MonkeyPatch, idle_seconds: float
) -> None:
    monkeypatch.setattr(db, "IDLE_SECONDS", idle_seconds)
    async with transaction(reading=True) as session:
        own = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    with psycopg.connect(plain(database), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
    if idle_seconds:
        with pytest.raises(Unavailable):
            await db.ping()
    await db.ping()


@ON_SQLITE
async def test_somebody_may_look_something_up_however_many_wait_to_write(database: str, now: datetime) -> None:
    async def write(number: int) -> None:
        async with transaction() as session:
            session.add(row(f"{number}", now))
            await session.flush()
            with somebody_else():
                await db.ping()

    await asyncio.gather(*(write(number) for number in range(40)))
    assert len(await kept()) == 40


@ON_POSTGRES
async def test_waiting_in_vain_for_a_free_connection_is_unavailable(database: str) -> None:
    db.use(create_async_engine(database, pool_size=1, max_overflow=0, pool_timeout=0.01))
    async with transaction() as holder:
        await holder.execute(text("SELECT 1"))
        with somebody_else(), pytest.raises(Unavailable):
            await db.ping()


async def test_a_broken_statement_is_no_outage(database: str) -> None:
    with pytest.raises(Exception, match="nonsense") as broken:
        async with transaction() as session:
            await session.execute(text("SELECT nonsense FROM nowhere"))
    assert not isinstance(broken.value, Unavailable)


async def test_many_rows_are_written_at_once_and_numbered_in_their_order(database: str, now: datetime) -> None:
    async with transaction() as session:
        await write_all(session, [])
        await write_all(session, [row(id, now) for id in "ab"])
        charge = SimulatorCharge.settled(Money(100, "EUR"), key="c", card="Visa", at=now)
        await write_all(session, [charge])
        await write_all(session, [SimulatorStep(charge=charge.reference, at=now, label=label) for label in "zam"])
        assert not session.identity_map
    assert await kept() == ["a", "b"]
    async with transaction(reading=True) as session:
        steps = await session.exec(select(SimulatorStep.label).order_by(col(SimulatorStep.id)))
        assert list(steps) == ["z", "a", "m"]


async def test_an_instant_comes_back_as_the_same_moment_in_utc(database: str, now: datetime) -> None:
    elsewhere = now.astimezone(timezone(timedelta(hours=5, minutes=45)))
    async with transaction() as session:
        session.add(row("a", elsewhere))
    async with transaction(reading=True) as session:
        found = (await session.exec(select(OutboxEvent))).one()
    assert found.recorded_at == now
    assert found.recorded_at.tzinfo is UTC
    assert found.delivered_at is None


async def test_a_naive_datetime_is_refused(database: str, now: datetime) -> None:
    with pytest.raises(StatementError, match="knows its zone"):
        async with transaction() as session:
            await session.exec(select(OutboxEvent).where(OutboxEvent.recorded_at < datetime(2030, 1, 1)))


async def test_a_session_says_which_database_it_speaks_to(database: str) -> None:
    async with transaction(reading=True) as session:
        assert db.is_postgres(session) == database.startswith("postgresql")


async def test_the_engine_is_made_from_the_settings_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert db.engine() is db.engine()
    await db.ping()
    assert (tmp_path / "data" / "holdfast.db").exists()
    await db.close()
    await db.close()


def test_only_an_outage_is_taken_for_one() -> None:
    assert db._is_away(OperationalError("", {}, Exception("server closed the connection unexpectedly")))
    assert not db._is_away(OperationalError("", {}, Exception("deadlock detected")))
