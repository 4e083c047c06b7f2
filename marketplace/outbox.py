"""Facts recorded inside the transaction that makes them true, delivered at least once afterwards.

A room records a fact with `record(session, BookingConfirmed(...))`; another says what it does about it with
`@reacts_to(BookingConfirmed)`. Delivery happens in a job: at once after the commit, again by a sweep if that was lost.
A reaction opens its own transactions and must be idempotent: it may be told the same fact twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, TypeVar

import structlog
from pydantic import TypeAdapter
from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel, col, delete, func, select, update

from marketplace.db import Instant, Session, after_commit, transaction
from marketplace.ids import FactId

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
KEPT_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Fact:
    """Something that has happened, in the past tense. Subclasses: frozen dataclasses of plain, JSON-ready members."""

    kinds: ClassVar[dict[str, type[Fact]]] = {}

    def __init_subclass__(cls) -> None:
        Fact.kinds[cls.__name__] = cls


_UNDELIVERED = text("delivered_at IS NULL")


class OutboxFact(SQLModel, table=True):
    """One fact, and how far its delivery is."""

    __tablename__ = "outbox_fact"
    __table_args__ = (
        Index("ix_outbox_fact_due", "due_at", postgresql_where=_UNDELIVERED, sqlite_where=_UNDELIVERED),
        Index("ix_outbox_fact_delivered_at", "delivered_at"),
    )

    id: str = Field(primary_key=True)
    kind: str
    body: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    attempts: int = 0
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = Field(default=None, sa_type=Text)


F = TypeVar("F", bound=Fact)
Reaction = Callable[[Any, datetime], Awaitable[None]]
Wake = Callable[[FactId, datetime, datetime], Awaitable[None]]

_reactions: dict[type[Fact], list[Reaction]] = defaultdict(list)
_wake: Wake | None = None


def reacts_to(*kinds: type[F]) -> Callable[[Reaction], Reaction]:
    """Register `async def reaction(fact, now)` for facts of these kinds."""

    def register(reaction: Reaction) -> Reaction:
        for kind in kinds:
            if reaction not in _reactions[kind]:
                _reactions[kind].append(reaction)
        return reaction

    return register


def wake_with(wake: Wake | None) -> None:
    """Set what is told of each new fact after its commit: `wake(id, due_at, now)`. The wiring enqueues a job."""
    global _wake  # noqa: PLW0603 - set once by the wiring
    _wake = wake


def record(session: Session, fact: Fact, now: datetime, *, due_at: datetime | None = None) -> FactId:
    """Write `fact` beside the change that made it true. `due_at` puts its delivery off (default: at once)."""
    id = FactId.new()
    due = due_at or now
    kind = type(fact).__name__
    body = _adapter(kind).dump_json(fact).decode()
    session.add(OutboxFact(id=id, kind=kind, body=body, recorded_at=now, due_at=due))

    async def tell() -> None:
        # Should this fail, the fact is safe in its table, and the sweep will find it.
        if _wake is not None:
            await _wake(id, due, now)

    after_commit(session, tell)
    return id


async def deliver(id: FactId, now: datetime) -> bool:
    """Take the fact on lease and run every reaction to it.

    True if that delivered it; False if there was nothing to do: delivered, leased by another or not due yet. Raises
    what a reaction raised, after putting the next attempt off.
    """
    async with transaction() as session:
        taken = await session.execute(
            update(OutboxFact)
            .where(col(OutboxFact.id) == id, col(OutboxFact.delivered_at).is_(None), col(OutboxFact.due_at) <= now)
            .values(due_at=now + LEASE, attempts=col(OutboxFact.attempts) + 1)
            .returning(col(OutboxFact.kind), col(OutboxFact.body), col(OutboxFact.attempts))
        )
        row = taken.first()
    if row is None:
        return False
    kind, body, attempts = row
    try:
        fact = _adapter(kind).validate_json(body)
        for reaction in _reactions[type(fact)]:
            await reaction(fact, now)
    except Exception as error:
        async with transaction() as session:
            await session.execute(
                update(OutboxFact)
                .where(col(OutboxFact.id) == id)
                .values(due_at=now + _backoff(attempts), last_error=repr(error)[:2000])
            )
        log.warning("outbox.reaction_failed", fact=id, kind=kind, attempts=attempts, error=repr(error))
        raise
    async with transaction() as session:
        await session.execute(
            update(OutboxFact).where(col(OutboxFact.id) == id).values(delivered_at=now, last_error=None)
        )
    return True


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    """Made once for each kind: making one takes longer than most reactions."""
    return TypeAdapter(Fact.kinds[kind])


async def due(session: Session, now: datetime, limit: int = 200) -> list[FactId]:
    """Facts that nobody has delivered and whose time has come, oldest first; the dead (too many attempts) left out."""
    rows = await session.exec(
        select(OutboxFact.id)
        .where(
            col(OutboxFact.delivered_at).is_(None),
            col(OutboxFact.due_at) <= now,
            col(OutboxFact.attempts) < MOST_ATTEMPTS,
        )
        .order_by(col(OutboxFact.due_at))
        .limit(limit)
    )
    return [FactId(id) for id in rows]


async def deliver_due(now: datetime) -> int:
    """Deliver all that is due, one after the other; a failing one does not stop the rest. Returns how many went out."""
    delivered = 0
    while True:
        async with transaction(reading=True) as session:
            ids = await due(session, now)
        if not ids:
            return delivered
        for id in ids:
            try:
                delivered += await deliver(id, now)
            except Exception:  # noqa: BLE001, S112 - written down by deliver(); its turn comes again
                continue


async def backlog(session: Session, now: datetime) -> int:
    """How many facts wait although their time has come."""
    rows = await session.exec(
        select(func.count())
        .select_from(OutboxFact)
        .where(col(OutboxFact.delivered_at).is_(None), col(OutboxFact.due_at) <= now)
    )
    return rows.one()


async def clean_up(session: Session, now: datetime) -> int:
    """Forget facts that were delivered long ago. Returns how many."""
    old = delete(OutboxFact).where(col(OutboxFact.delivered_at) < now - KEPT_FOR).returning(col(OutboxFact.id))
    return len((await session.execute(old)).all())


def _backoff(attempts: int) -> timedelta:
    """1 s, 2 s, 4 s … up to ten minutes."""
    return timedelta(seconds=min(600, 2 ** (attempts - 1)))
