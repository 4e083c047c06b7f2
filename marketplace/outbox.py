"""Events recorded inside the transaction that makes them true, delivered at least once afterwards.

A room records an event with `record(session, BookingConfirmed(...))`; another says what it does about it with
`@reacts_to(BookingConfirmed)`. Delivery happens in a job: at once after the commit, again by a sweep if that was lost.
A reaction opens its own transactions and must be idempotent: it may be told the same event twice.

An event whose reactions fail is tried again, with growing pauses: a `MoneyEvent` for ever, another one `MOST_ATTEMPTS`
times. What failed or was given up stands in `failing`, raises an alarm through `health`, and is tried anew by `replay`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, TypeVar

import structlog
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Index, Text, and_, case, or_, text
from sqlmodel import Field, SQLModel, col, func, select, update

from marketplace.db import Instant, Session, after_commit, forget_some, transaction
from marketplace.errors import NotFound
from marketplace.i18n import _, gettext_noop
from marketplace.ids import EventId

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
PATIENCE = timedelta(seconds=50)
"""How long the reactions to one event may take together: its lease, and the job that delivers it, last longer."""
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
MOST_FAILURES = 1_000
"""After so many in one sweep something is wrong with more than single events."""
KEPT_FOR = timedelta(days=14)


@dataclass(frozen=True)
class DomainEvent:
    """Something that has happened, in the past tense. Subclasses: frozen dataclasses of plain, JSON-ready members."""

    kinds: ClassVar[dict[str, type[DomainEvent]]] = {}

    def __init_subclass__(cls) -> None:
        DomainEvent.kinds[cls.__name__] = cls


@dataclass(frozen=True)
class MoneyEvent(DomainEvent):
    """An event that money hangs on: its delivery is never given up."""


_UNDELIVERED = text("delivered_at IS NULL")


class OutboxEvent(SQLModel, table=True):
    """One event, and how far its delivery is."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index("ix_outbox_event_due", "due_at", postgresql_where=_UNDELIVERED, sqlite_where=_UNDELIVERED),
        Index("ix_outbox_event_delivered_at", "delivered_at"),
    )

    id: str = Field(primary_key=True)
    kind: str
    body: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    attempts: int = 0
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = Field(default=None, sa_type=Text)


F = TypeVar("F", bound=DomainEvent)
Reaction = Callable[[Any, datetime], Awaitable[None]]
Wake = Callable[[EventId, datetime, datetime], Awaitable[None]]

_reactions: dict[type[DomainEvent], list[Reaction]] = defaultdict(list)
_wake: Wake | None = None


def reacts_to(*kinds: type[F]) -> Callable[[Reaction], Reaction]:
    """Register `async def reaction(event, now)` for events of these kinds."""

    def register(reaction: Reaction) -> Reaction:
        for kind in kinds:
            if reaction not in _reactions[kind]:
                _reactions[kind].append(reaction)
        return reaction

    return register


def wake_with(wake: Wake | None) -> None:
    """Set what is told of each new event after its commit: `wake(id, due_at, now)`. The wiring enqueues a job."""
    global _wake  # noqa: PLW0603 - set once by the wiring
    _wake = wake


def record(session: Session, event: DomainEvent, now: datetime, *, due_at: datetime | None = None) -> EventId:
    """Write `event` beside the change that made it true. `due_at` puts its delivery off (default: at once)."""
    id = EventId.new()
    due = due_at or now
    kind = type(event).__name__
    body = _adapter(kind).dump_json(event).decode()
    session.add(OutboxEvent(id=id, kind=kind, body=body, recorded_at=now, due_at=due))

    async def tell() -> None:
        # Should this fail, the event is safe in its table, and the sweep will find it.
        if _wake is not None:
            await _wake(id, due, now)

    after_commit(session, tell)
    return id


class EventNotFound(NotFound):
    """There is no such event, or it is delivered."""

    code = "event_not_found"
    title = gettext_noop("Event not found")

    def __init__(self, id: str) -> None:
        super().__init__(_("There is no pending event “{id}”.", id=id))


@dataclass(frozen=True, slots=True)
class FailingEvent:
    """An event whose delivery has failed. `is_dead`: nobody tries it any more until somebody replays it."""

    id: EventId
    kind: str
    is_about_money: bool
    is_dead: bool
    attempts: int
    recorded_at: datetime
    due_at: datetime
    last_error: str


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """How many events wait although their time has come, how many fail and are tried again, how many were given up.

    `money_waits_since` is when the oldest event about money that should be delivered by now was recorded.
    """

    waiting: int
    failing: int
    dead: int
    money_waits_since: datetime | None


async def deliver(id: EventId, now: datetime) -> bool:
    """Take the event on lease and run every reaction to it.

    True if that delivered it; False if there was nothing to do: delivered, leased by another or not due yet. Raises
    what a reaction raised, after putting the next attempt off.
    """
    async with transaction() as session:
        taken = await session.execute(
            update(OutboxEvent)
            .where(col(OutboxEvent.id) == id, col(OutboxEvent.delivered_at).is_(None), col(OutboxEvent.due_at) <= now)
            .values(due_at=now + LEASE, attempts=col(OutboxEvent.attempts) + 1)
            .returning(col(OutboxEvent.kind), col(OutboxEvent.body), col(OutboxEvent.attempts))
        )
        row = taken.first()
    if row is None:
        return False
    kind, body, attempts = row
    try:
        event = _adapter(kind).validate_json(body)
        async with asyncio.timeout(PATIENCE.total_seconds()):
            for reaction in _reactions[type(event)]:
                await reaction(event, now)
    except Exception as error:
        async with transaction() as session:
            await session.execute(
                update(OutboxEvent)
                .where(col(OutboxEvent.id) == id)
                .values(due_at=now + _backoff(attempts), last_error=repr(error)[:2000])
            )
        log.warning("outbox.reaction_failed", id=id, kind=kind, attempts=attempts, error=repr(error))
        raise
    async with transaction() as session:
        await session.execute(
            update(OutboxEvent).where(col(OutboxEvent.id) == id).values(delivered_at=now, last_error=None)
        )
    return True


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    """Made once for each kind: making one takes longer than most reactions."""
    return TypeAdapter(DomainEvent.kinds[kind])


async def due(
    session: Session, now: datetime, limit: int = 200, *, without: Collection[EventId] = frozenset()
) -> list[EventId]:
    """Events that nobody has delivered and whose time has come, longest due first; those given up left out."""
    rows = await session.exec(
        select(OutboxEvent.id)
        .where(_WAITS, col(OutboxEvent.due_at) <= now, ~_is_dead(), col(OutboxEvent.id).not_in(without))
        .order_by(col(OutboxEvent.due_at))
        .limit(limit)
    )
    return [EventId(id) for id in rows]


async def deliver_due(now: datetime) -> int:
    """Deliver all that is due, one after the other; a failing one does not stop the rest. Returns how many went out.

    Each is tried once a sweep, also where not even its failure can be written down.
    """
    delivered, failed = 0, set[EventId]()
    while len(failed) < MOST_FAILURES:
        async with transaction(reading=True) as session:
            ids = await due(session, now, without=failed)
        if not ids:
            break
        for id in ids:
            try:
                is_out = await deliver(id, now)
            except Exception:  # noqa: BLE001 - written down by deliver(); its turn comes again
                is_out = False
            delivered += is_out
            if not is_out:
                failed.add(id)
    return delivered


async def backlog(session: Session, now: datetime) -> int:
    """How many events wait although their time has come."""
    rows = await session.exec(
        select(func.count()).select_from(OutboxEvent).where(_WAITS, col(OutboxEvent.due_at) <= now)
    )
    return rows.one()


async def failing(session: Session, limit: int = 100) -> list[FailingEvent]:
    """Events whose delivery has failed, those about money first, then the oldest first."""
    rows = await session.exec(
        select(OutboxEvent)
        .where(_WAITS, _HAS_FAILED)
        .order_by(case((_may_die(), 1), else_=0), col(OutboxEvent.recorded_at), col(OutboxEvent.id))
        .limit(limit)
    )
    mortal = _mortal_kinds()
    return [
        FailingEvent(
            id=EventId(row.id),
            kind=row.kind,
            is_about_money=row.kind not in mortal,
            is_dead=row.kind in mortal and row.attempts >= MOST_ATTEMPTS,
            attempts=row.attempts,
            recorded_at=row.recorded_at,
            due_at=row.due_at,
            last_error=row.last_error or "",
        )
        for row in rows
    ]


async def health(session: Session, now: datetime) -> OutboxHealth:
    """What an alarm needs to know."""
    is_due = col(OutboxEvent.due_at) <= now
    rows = await session.exec(
        select(
            func.count(case((and_(is_due, ~_is_dead()), 1))),
            func.count(case((and_(_HAS_FAILED, ~_is_dead()), 1))),
            func.count(case((_is_dead(), 1))),
        ).where(_WAITS)
    )
    waiting, fail, dead = rows.one()
    oldest = await session.exec(
        select(func.min(OutboxEvent.recorded_at)).where(_WAITS, ~_may_die(), or_(is_due, _HAS_FAILED))
    )
    return OutboxHealth(waiting, fail, dead, oldest.one())


async def replay(session: Session, id: EventId, now: datetime) -> None:
    """Have an event delivered now, as if for the first time. Raises EventNotFound if it does not wait for that."""
    if not await _replay(session, now, col(OutboxEvent.id) == id):
        raise EventNotFound(id)


async def replay_all(session: Session, now: datetime) -> int:
    """The same for every event that fails or was given up. Returns how many."""
    return await _replay(session, now, _HAS_FAILED)


async def _replay(session: Session, now: datetime, which: ColumnElement[bool]) -> int:
    woken = await session.execute(
        update(OutboxEvent).where(_WAITS, which).values(due_at=now, attempts=0).returning(col(OutboxEvent.id))
    )
    ids = [EventId(id) for id in woken.scalars()]

    async def tell() -> None:
        if _wake is not None:
            for id in ids:
                await _wake(id, now, now)

    after_commit(session, tell)
    return len(ids)


_WAITS = col(OutboxEvent.delivered_at).is_(None)
_HAS_FAILED = col(OutboxEvent.last_error).is_not(None)


def _mortal_kinds() -> list[str]:
    return [name for name, kind in DomainEvent.kinds.items() if not issubclass(kind, MoneyEvent)]


def _may_die() -> ColumnElement[bool]:
    """Not so a kind that this release does not know: an earlier or later one may know that it is about money."""
    return col(OutboxEvent.kind).in_(_mortal_kinds())


def _is_dead() -> ColumnElement[bool]:
    return and_(_may_die(), col(OutboxEvent.attempts) >= MOST_ATTEMPTS)


async def clean_up(session: Session, now: datetime) -> int:
    """Forget some events that were delivered long ago. Returns how many; 0 when none is left."""
    return await forget_some(session, OutboxEvent, col(OutboxEvent.delivered_at) < now - KEPT_FOR)


def _backoff(attempts: int) -> timedelta:
    """1 s, 2 s, 4 s … up to an hour."""
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(attempts - 1, 12)))
