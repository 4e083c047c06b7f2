"""The async engine and the one way to reach tables: `async with transaction() as session`.

SQLite runs in WAL mode; a writing transaction begins with BEGIN IMMEDIATE, so that two writers queue up instead of
failing half-way through. PostgreSQL runs through psycopg 3 at READ COMMITTED; rows that a decision rests on are locked
by the queries that load them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import Context, ContextVar, copy_context
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import ColumnElement, DateTime, Table, TypeDecorator, delete, event, inspect, select, text, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DataError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from marketplace import settings
from marketplace.errors import Invalid, StorageFull, Unavailable
from marketplace.i18n import _

log = structlog.get_logger()

# Every constraint has a name, the same on both databases: a migration can only drop what it can name.
SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

IDLE_SECONDS = 10.0
"""A connection that was idle so long may have been closed by the server, or by something on the way to it."""

Session = AsyncSession
Hook = Callable[[], Awaitable[None]]

_engine: AsyncEngine | None = None

_ours: ContextVar[Session | None] = ContextVar("transaction", default=None)
"""The transaction that this task is in."""


class NestedTransaction(RuntimeError):
    """A task that has a connection asks for a second one: enough of them at once, and all wait for each other for ever."""

    def __init__(self) -> None:
        super().__init__(
            "This would wait for a second connection while it keeps one. Do it before the transaction's first statement, "
            "after it, or read through `db.reading_along()`."
        )


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which keeps no zone, gets it back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant knows its zone; this datetime does not.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def connect(url: str) -> AsyncEngine:
    """An engine for `url` with this house's habits."""
    if url.startswith("sqlite"):
        # No limit: of all who have one, only the writer gets on, and it must never wait for another connection in turn.
        engine = create_async_engine(url, connect_args={"timeout": 30}, max_overflow=-1)
        event.listen(engine.sync_engine, "connect", _sqlite_habits)
        event.listen(engine.sync_engine, "begin", _sqlite_begin)
        return engine
    engine = create_async_engine(url, pool_size=10, max_overflow=20, pool_timeout=10)
    event.listen(engine.sync_engine, "checkin", _note_since_when)
    event.listen(engine.sync_engine, "checkout", partial(_ping_if_idle, engine.dialect))
    return engine


def _note_since_when(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = monotonic()


def _ping_if_idle(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Make sure of a connection that nobody has used for a while; SQLAlchemy's own way asks before every transaction."""
    if monotonic() - record.info.get("idle_since", monotonic()) < IDLE_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error  # the pool opens another one


def _sqlite_habits(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is deferred; ours is not
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Any) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def engine() -> AsyncEngine:
    """This process's engine, made at the first call."""
    global _engine  # noqa: PLW0603 - one process has one engine
    if _engine is None:
        _engine = connect(settings.current().database)
    return _engine


def use(new: AsyncEngine | None) -> None:
    """Make this the process's engine (tests and benchmarks); None forgets it."""
    global _engine  # noqa: PLW0603
    _engine = new


async def close() -> None:
    """Give every connection back."""
    if _engine is not None:
        await _engine.dispose()
    use(None)


@asynccontextmanager
async def transaction(*, reading: bool = False) -> AsyncIterator[Session]:
    """One unit of work: commits at the end, rolls back on any error, then runs what was asked for after the commit.

    `reading=True` promises not to write: on SQLite it then waits for no writer. Raises Unavailable where the database
    cannot be reached, Invalid for a text that it cannot keep, NestedTransaction.
    """
    must_keep_no_connection()
    outer = _ours.get()
    bound: Any = engine().execution_options(reading=True) if reading else engine()
    async with AsyncSession(bound, expire_on_commit=False) as session:
        _ours.set(session)
        try:
            yield session
            await _before_commit(session)
            await session.commit()
        except (OperationalError, NoConnectionInTime) as error:
            await session.rollback()
            if isinstance(error, NoConnectionInTime) or error.connection_invalidated or _is_away(error):
                raise _away() from error
            if _is_full(error):
                raise StorageFull from error
            raise
        except DataError as error:
            await session.rollback()
            if "NUL" in str(error.orig):
                # PostgreSQL keeps no zero character in a text, and nobody writes one by accident.
                raise Invalid(_("Remove the characters that cannot be saved.")) from error
            raise
        except BaseException:
            await session.rollback()
            raise
        finally:
            _ours.set(outer)
        hooks: list[Hook] = session.info.pop("after_commit", [])
    for hook in hooks:
        try:
            await hook()
        except Exception:
            # What was committed stands: telling the caller otherwise would be a lie.
            log.exception("db.after_commit_failed")


def within() -> bool:
    """Whether this task keeps a connection: an open transaction takes one with its first statement."""
    ours = _ours.get()
    return ours is not None and ours.in_transaction()


def must_keep_no_connection() -> None:
    """For what waits for a connection. Raises NestedTransaction; production only takes note, where it may still work."""
    if not within():
        return
    if settings.current().environment is not settings.Environment.PRODUCTION:
        raise NestedTransaction
    log.error("db.nested_transaction", stack_info=True)


@asynccontextmanager
async def reading_along() -> AsyncIterator[Session]:
    """Read through the transaction that this task is in, or through one of its own where it is in none.

    What is read may then include what the transaction has written itself.
    """
    ours = _ours.get()
    if ours is not None and ours.in_transaction():
        yield ours
    else:
        async with transaction(reading=True) as session:
            yield session


def outside() -> Context:
    """A context for a task that works for others, too: it is in no transaction, whoever starts it."""
    context = copy_context()
    context.run(_ours.set, None)
    return context


def before_commit(session: Session, hook: Hook) -> None:
    """Run `hook` as the last thing in the transaction; its failure rolls all of it back."""
    session.info.setdefault("before_commit", []).append(hook)


async def _before_commit(session: Session) -> None:
    for hook in session.info.pop("before_commit", []):
        await hook()


def after_commit(session: Session, hook: Hook) -> None:
    """Run `hook` once the transaction has really happened; never if it rolls back. Its failure is only logged."""
    session.info.setdefault("after_commit", []).append(hook)


def _away() -> Unavailable:
    return Unavailable(_("Our database does not answer. Nothing was changed; please try again."))


def _is_full(error: DBAPIError) -> bool:
    """SQLite says so in words, PostgreSQL by its code (disk_full)."""
    return getattr(error.orig, "sqlstate", None) == "53100" or "disk is full" in str(error.orig).lower()


def _is_away(error: DBAPIError) -> bool:
    said = str(error.orig).lower()
    return any(sign in said for sign in ("connection", "unable to open", "server closed", "timeout", "is locked"))


async def write_all(session: Session, rows: Sequence[SQLModel]) -> None:
    """Insert new rows of one table at once, past the session, which neither knows them afterwards nor counts versions."""
    if not rows:
        return
    await session.execute(_insert(session, type(rows[0])), [_values(row) for row in rows])


async def insert_new(session: Session, rows: Sequence[SQLModel]) -> int:
    """Insert those of these rows of one table that no unique index refuses; waits for rival transactions to end. How many.

    Past the session, as `write_all`.
    """
    if not rows:
        return 0
    inserting = _insert(session, type(rows[0])).on_conflict_do_nothing()
    written = await session.execute(
        inserting.returning(*inspect(type(rows[0])).primary_key), [_values(row) for row in rows]
    )
    return len(written.all())


async def add_once(session: Session, row: SQLModel) -> bool:
    """Insert `row` and keep it in the session, unless a unique index refuses it. True if it was inserted."""
    if not await insert_new(session, [row]):
        return False
    make_transient_to_detached(row)
    session.add(row)
    return True


async def upsert(session: Session, row: SQLModel, *, where: ColumnElement[bool]) -> bool:
    """Insert a row, or write it over the one with its primary key if that is as `where` says. False where it is not.

    Either way the row that is there is locked until the transaction ends.
    """
    key, inserting = inspect(type(row)).primary_key, _insert(session, type(row)).values(_values(row))
    changes = {name: inserting.excluded[name] for name in _values(row) if name not in {column.key for column in key}}
    found = await session.execute(
        inserting.on_conflict_do_update(index_elements=key, set_=changes, where=where).returning(*key)
    )
    return found.first() is not None


def _insert(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT in the words of the session's database."""
    insert = postgresql.insert if is_postgres(session) else sqlite.insert
    return insert(inspect(table).local_table)


def _values(row: SQLModel) -> dict[str, Any]:
    table = inspect(type(row)).local_table
    assert isinstance(table, Table)
    return {
        column.key: getattr(row, column.key) for column in table.columns if column is not table.autoincrement_column
    }


PORTION = 1000
"""Rows that are forgotten in one transaction: short enough that nobody waits for it."""


async def forget_some(session: Session, table: type[SQLModel], which: ColumnElement[bool]) -> int:
    """Delete up to PORTION rows. Returns how many there were."""
    key = inspect(table).primary_key
    some = select(*key).where(which).limit(PORTION)
    gone = await session.execute(delete(table).where(tuple_(*key).in_(some)))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


async def ping(within: float = 10.0) -> None:
    """Ask the database for a sign of life, and wait for it `within` so many seconds at most. Raises Unavailable."""
    try:
        async with asyncio.timeout(within), transaction(reading=True) as session:
            await session.execute(text("SELECT 1"))
    except TimeoutError as error:
        raise _away() from error


def is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
