"""Events recorded inside the transaction that makes them true, and what other rooms do about them.

A room records an event with `record(session, BookingConfirmed(...), now)`. What another does about it is of two sorts, and
which one is written at the reaction:

- `@reacts_within(PaymentSucceeded)`, given the session: runs at the end of the transaction that recorded the event, before
  its commit. What must be true together is committed together; an error rolls all of it back. No network.
- `@reacts_after(BookingConfirmed)`: runs after the commit, at once or, if that was lost, when a sweep finds the event. One
  that asks for the session, `(session, event, now)`, only writes SQL: the event is marked as delivered in its transaction,
  so that it happens exactly once where it is the only sort that hears the event. One that does not, `(event, now)`, opens
  its own transactions or speaks to the network: it may be told the same event twice, and must not mind.

An event that nobody hears after the commit is not stored. The events of one commit are one *batch*: woken, leased and
delivered together.

An event whose reactions fail is tried again, with growing pauses: a `MoneyEvent` for ever, another one `MOST_ATTEMPTS`
times. What failed or was given up stands in `failing`, raises an alarm through `health`, and is tried anew by `replay`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar

import structlog
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Index, Text, and_, case, or_, text
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Field, SQLModel, col, func, select, update

from marketplace.db import Instant, Session, after_commit, before_commit, forget_some, transaction, upsert, write_all
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


@dataclass(frozen=True)
class ProviderEvent(MoneyEvent):
    """What a provider has done with money: true, whatever we make of it.

    A reaction within the transaction that fails does not roll it back, but is put off: the event is stored, and the reaction
    tried again as those after the commit are.
    """


_UNDELIVERED = text("delivered_at IS NULL")


class OutboxEvent(SQLModel, table=True):
    """One event, and how far its delivery is. `waits_within`: its reactions within a transaction have not run yet."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index("ix_outbox_event_due", "due_at", postgresql_where=_UNDELIVERED, sqlite_where=_UNDELIVERED),
        Index("ix_outbox_event_batch", "batch", postgresql_where=_UNDELIVERED, sqlite_where=_UNDELIVERED),
        Index("ix_outbox_event_delivered_at", "delivered_at"),
    )

    id: str = Field(primary_key=True)
    batch: str
    """The first of the events that were committed together and are due together."""
    kind: str
    body: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    attempts: int = 0
    waits_within: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = Field(default=None, sa_type=Text)


F = TypeVar("F", bound=DomainEvent)
Within = Callable[[Session, Any, datetime], Awaitable[None]]
After = Callable[..., Awaitable[None]]
"""`(session, event, now)` or `(event, now)`."""
R = TypeVar("R", bound=Callable[..., Awaitable[None]])
Wake = Callable[[EventId, datetime, datetime], Awaitable[None]]


class Here(Protocol):
    """Delivers in the process that has recorded the events, without asking a queue first."""

    def has_room(self) -> bool: ...

    def start(self, delivery: Coroutine[Any, Any, object]) -> None: ...


_within: dict[type[DomainEvent], list[Within]] = defaultdict(list)
_after: dict[type[DomainEvent], list[After]] = defaultdict(list)
_wake: Wake | None = None
_here: Here | None = None
_is_complete = False


def reacts_within(*kinds: type[F]) -> Callable[[R], R]:
    """Register `async def reaction(session, event, now)`, which runs in the transaction that records the event."""
    return _registering(_within, kinds)


def reacts_after(*kinds: type[F]) -> Callable[[R], R]:
    """Register `async def reaction(session, event, now)` or `async def reaction(event, now)`, run after the commit."""
    return _registering(_after, kinds)


def _registering(registry: dict[type[DomainEvent], list[Any]], kinds: Sequence[type[F]]) -> Callable[[R], R]:
    def register(reaction: R) -> R:
        for kind in kinds:
            if reaction not in registry[kind]:
                registry[kind].append(reaction)
        return reaction

    return register


@cache
def _takes_session(reaction: After) -> bool:
    return len(inspect.signature(reaction).parameters) == 3


def all_are_registered() -> None:
    """The wiring's word that every reaction is known: from now on, what nobody hears is not stored.

    A script that knows only some rooms must lose no news: until then everything is stored, for whoever knows them all.
    """
    global _is_complete  # noqa: PLW0603 - set once by the wiring
    _is_complete = True


def wake_with(wake: Wake | None) -> None:
    """Set what is told of each new batch after its commit: `wake(batch, due_at, now)`. The wiring enqueues a job."""
    global _wake  # noqa: PLW0603 - set once by the wiring
    _wake = wake


def deliver_here(here: Here | None) -> None:
    """Set who delivers in this process what it records, while there is room. A worker does, for as long as it works."""
    global _here  # noqa: PLW0603 - set by the worker of this process
    _here = here


@dataclass(slots=True)
class _Recorded:
    id: EventId
    event: DomainEvent
    now: datetime
    due_at: datetime
    is_keyed: bool
    savepoints: tuple[SessionTransaction, ...]
    """Those that it was recorded in: rolled back, they take it along."""
    waits_within: bool = False
    error: str | None = None


@dataclass(slots=True)
class _Leased:
    id: str
    kind: str
    event: DomainEvent | None
    body: str
    attempts: int
    waits_within: bool


_RECORDED = "recorded events"


def record(
    session: Session, event: DomainEvent, now: datetime, *, due_at: datetime | None = None, key: str | None = None
) -> EventId:
    """Take note of `event` in the transaction that makes it true.

    `due_at` puts its delivery off (default: at once). Of one kind and `key` there is one event at a time: while it waits,
    recording it again changes nothing.
    """
    id = EventId.new() if key is None else EventId.named(f"{type(event).__name__} {key}")
    recorded: list[_Recorded] | None = session.info.get(_RECORDED)
    if recorded is None:
        recorded = session.info[_RECORDED] = []
        before_commit(session, lambda: _complete(session))
        sqlalchemy_event.listen(session.sync_session, "after_soft_rollback", _forget_rolled_back)
    recorded.append(_Recorded(id, event, now, due_at or now, key is not None, _savepoints(session)))
    return id


def _savepoints(session: Session) -> tuple[SessionTransaction, ...]:
    inner, found = session.sync_session.get_nested_transaction(), []
    while inner is not None and inner.nested:
        found.append(inner)
        inner = inner.parent
    return tuple(found)


def _forget_rolled_back(session: Any, previous: SessionTransaction) -> None:
    recorded: list[_Recorded] = session.info.get(_RECORDED, [])
    recorded[:] = [one for one in recorded if previous not in one.savepoints]


async def _complete(session: Session) -> None:
    """Run what reacts within the transaction, also to what that records in turn, and store what is heard after it."""
    recorded: list[_Recorded] = session.info[_RECORDED]
    at = 0
    while at < len(recorded):
        await _react_within(session, recorded[at])
        at += 1
    batches: dict[tuple[datetime, bool], list[_Recorded]] = defaultdict(list)
    for one in recorded:
        if one.waits_within or one.due_at > one.now or _after[type(one.event)]:
            batches[one.due_at, one.is_keyed].append(one)
    for (due_at, is_keyed), batch in batches.items():
        if is_keyed:
            for one in batch:
                await _store_keyed(session, one)
        else:
            await _store(session, batch, due_at)


async def _react_within(session: Session, one: _Recorded) -> None:
    if not _is_complete or one.due_at > one.now:
        one.waits_within = True
        return
    reactions = _within[type(one.event)]
    if not reactions:
        return
    if not isinstance(one.event, ProviderEvent):
        await _run(reactions, session, one.event, one.now)
        return
    try:
        async with session.begin_nested():
            await _run(reactions, session, one.event, one.now)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with us, what the provider has done is true
        one.waits_within, one.error = True, repr(error)[:2000]
        one.due_at = one.now + _backoff(1)
        log.warning("outbox.put_off", id=one.id, kind=type(one.event).__name__, error=one.error)


async def _run(reactions: Sequence[Within], session: Session, event: DomainEvent, now: datetime) -> None:
    for reaction in reactions:
        await reaction(session, event, now)


async def _store(session: Session, batch: Sequence[_Recorded], due_at: datetime) -> None:
    """Write the events of a batch, already on lease where this process delivers them itself."""
    first, now = batch[0].id, batch[0].now
    here = _here if _here is not None and due_at <= now and _here.has_room() else None
    rows = [_row(one, first) for one in batch]
    if here is not None:
        for row in rows:
            row.due_at, row.attempts = now + LEASE, 1
    await write_all(session, rows)

    async def tell() -> None:
        # Should this fail, the events are safe in their table, and the sweep will find them.
        if here is not None:
            leased = [
                _Leased(one.id, row.kind, one.event, row.body, row.attempts, one.waits_within)
                for one, row in zip(batch, rows, strict=True)
            ]
            here.start(_deliver(leased, now))
        elif _wake is not None:
            await _wake(first, due_at, now)

    after_commit(session, tell)


async def _store_keyed(session: Session, one: _Recorded) -> None:
    is_waiting_anew = await upsert(session, _row(one, one.id), where=col(OutboxEvent.delivered_at).is_not(None))

    async def tell() -> None:
        if _wake is not None:
            await _wake(one.id, one.due_at, one.now)

    if is_waiting_anew:
        after_commit(session, tell)


def _row(one: _Recorded, batch: EventId) -> OutboxEvent:
    kind = type(one.event).__name__
    return OutboxEvent(
        id=one.id, batch=batch, kind=kind, body=_adapter(kind).dump_json(one.event).decode(), recorded_at=one.now,
        due_at=one.due_at, attempts=int(one.error is not None), waits_within=one.waits_within, last_error=one.error,
    )  # fmt: skip


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


async def deliver(batch: EventId, now: datetime) -> int:
    """Take a batch's events on lease and run every reaction to them. Returns how many were delivered.

    0 if there was nothing to do: delivered, leased by another or not due yet. One that fails does not stop the others;
    raises what the first one to fail raised, after putting its next attempt off.
    """
    async with transaction() as session:
        taken = await session.execute(
            update(OutboxEvent)
            .where(col(OutboxEvent.batch) == batch, _WAITS, col(OutboxEvent.due_at) <= now)
            .values(due_at=now + LEASE, attempts=col(OutboxEvent.attempts) + 1)
            .returning(
                col(OutboxEvent.id),
                col(OutboxEvent.kind),
                col(OutboxEvent.body),
                col(OutboxEvent.attempts),
                col(OutboxEvent.waits_within),
            )
        )
        leased = [_Leased(id, kind, None, *rest) for id, kind, *rest in taken]
    return await _deliver(leased, now)


async def _deliver(leased: Sequence[_Leased], now: datetime) -> int:
    # Beside each other: the lease is long enough for each of them, and not for all in turn.
    outcomes = await asyncio.gather(*(_tell(one, now) for one in leased), return_exceptions=True)
    unmarked = [one.id for one, is_marked in zip(leased, outcomes, strict=True) if is_marked is False]
    failed = [(one, error) for one, error in zip(leased, outcomes, strict=True) if isinstance(error, BaseException)]
    if unmarked:
        async with transaction() as session:
            await session.execute(
                update(OutboxEvent)
                .where(col(OutboxEvent.id).in_(unmarked))
                .values(delivered_at=now, waits_within=False, last_error=None)
            )
    for one, error in failed:
        await _put_off(one, error, now)
    if failed:
        raise failed[0][1]
    return len(leased)


async def _tell(one: _Leased, now: datetime) -> bool:
    """Run the reactions to one event. True if it is marked as delivered by that."""
    event = one.event if one.event is not None else _adapter(one.kind).validate_json(one.body)
    heard = _after[type(event)]
    in_sql = [reaction for reaction in heard if _takes_session(reaction)]
    outside = [reaction for reaction in heard if not _takes_session(reaction)]
    if one.waits_within:
        in_sql = [*_within[type(event)], *in_sql]
    async with asyncio.timeout(PATIENCE.total_seconds()):
        if in_sql:
            async with transaction() as session:
                # Marked first: whoever delivers it at the same time waits here, and then finds nothing to do.
                if not await _mark(session, one, now, is_delivered=not outside):
                    return True
                await _run(in_sql, session, event, now)
        for reaction in outside:
            await reaction(event, now)
    return bool(in_sql) and not outside


async def _mark(session: Session, one: _Leased, now: datetime, *, is_delivered: bool) -> bool:
    """Take note of what the transaction is about to do for an event. False if another has done it."""
    if not (is_delivered or one.waits_within):
        return True
    news = {"waits_within": False, **({"delivered_at": now, "last_error": None} if is_delivered else {})}
    marked = await session.execute(
        update(OutboxEvent)
        .where(col(OutboxEvent.id) == one.id, _WAITS, col(OutboxEvent.waits_within).is_(one.waits_within))
        .values(**news)
        .returning(col(OutboxEvent.id))
    )
    return marked.first() is not None


async def _put_off(one: _Leased, error: BaseException, now: datetime) -> None:
    async with transaction() as session:
        await session.execute(
            update(OutboxEvent)
            .where(col(OutboxEvent.id) == one.id, _WAITS)
            .values(due_at=now + _backoff(one.attempts), last_error=repr(error)[:2000])
        )
    log.warning("outbox.reaction_failed", id=one.id, kind=one.kind, attempts=one.attempts, error=repr(error))


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    """Made once for each kind: making one takes longer than most reactions."""
    return TypeAdapter(DomainEvent.kinds[kind])


async def due(
    session: Session, now: datetime, limit: int = 200, *, without: Collection[EventId] = frozenset()
) -> list[EventId]:
    """Batches that nobody has delivered and whose time has come, longest due first; events given up left out."""
    rows = await session.exec(
        select(OutboxEvent.batch)
        .where(_WAITS, col(OutboxEvent.due_at) <= now, ~_is_dead(), col(OutboxEvent.batch).not_in(without))
        .group_by(col(OutboxEvent.batch))
        .order_by(func.min(OutboxEvent.due_at))
        .limit(limit)
    )
    return [EventId(batch) for batch in rows]


async def deliver_due(now: datetime) -> int:
    """Deliver all that is due, one batch after the other; a failing one does not stop the rest. How many events went out.

    Each is tried once a sweep, also where not even its failure can be written down.
    """
    delivered, failed = 0, set[EventId]()
    while len(failed) < MOST_FAILURES:
        async with transaction(reading=True) as session:
            batches = await due(session, now, without=failed)
        if not batches:
            break
        for batch in batches:
            try:
                went_out = await deliver(batch, now)
            except Exception:  # noqa: BLE001 - written down by deliver(); its turn comes again
                went_out = 0
            delivered += went_out
            if not went_out:
                failed.add(batch)
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
        update(OutboxEvent).where(_WAITS, which).values(due_at=now, attempts=0).returning(col(OutboxEvent.batch))
    )
    batches = [EventId(batch) for batch in woken.scalars()]

    async def tell() -> None:
        if _wake is not None:
            for batch in dict.fromkeys(batches):
                await _wake(batch, now, now)

    after_commit(session, tell)
    return len(batches)


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
