"""An event is told within the transaction that makes it true, or at least once after it, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select, text, update

from marketplace import outbox
from marketplace.db import Session, transaction
from marketplace.errors import Conflict
from marketplace.ids import BookingId, EventId
from marketplace.outbox import (
    KEPT_FOR,
    LEASE,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    DomainEvent,
    EventNotFound,
    MoneyEvent,
    OutboxEvent,
    OutboxHealth,
    ProviderEvent,
    deliver,
    deliver_due,
    record,
    wake_with,
)
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True)
class CurtainRose(DomainEvent):
    booking_id: BookingId
    at: datetime


@dataclass(frozen=True)
class CurtainFell(DomainEvent):
    act: int


@dataclass(frozen=True)
class TicketPaid(MoneyEvent):
    price: int


class Audience:
    """Reacts to events as it is told to, and remembers them."""

    def __init__(self) -> None:
        self.heard: list[DomainEvent] = []
        self.fails = 0
        self.waits_for: asyncio.Event | None = None
        self.listens = asyncio.Event()

    async def react(self, event: DomainEvent, now: datetime) -> None:
        """To what happens after the commit, outside of any transaction."""
        self.listens.set()
        if self.waits_for is not None:
            await self.waits_for.wait()
        if self.fails:
            self.fails -= 1
            raise RuntimeError("fell asleep")
        self.heard.append(event)


@pytest.fixture
async def audience() -> AsyncIterator[Audience]:
    listener = Audience()
    outbox.reacts_after(CurtainRose, CurtainFell, TicketPaid)(listener.react)
    yield listener
    for kind in (CurtainRose, CurtainFell, TicketPaid):
        outbox._after[kind].remove(listener.react)


async def happen(event: DomainEvent, now: datetime, **when: Any) -> EventId:
    async with transaction() as session:
        return record(session, event, now, **when)


async def written() -> list[OutboxEvent]:
    async with transaction(reading=True) as session:
        return list(await session.exec(select(OutboxEvent).order_by(col(OutboxEvent.id))))


async def test_an_event_arrives_as_it_was_recorded(audience: Audience, now: datetime) -> None:
    event = CurtainRose(BookingId.new(), now)
    id = await happen(event, now)
    assert await deliver(id, now)
    assert audience.heard == [event]
    assert type(audience.heard[0].booking_id) is BookingId  # type: ignore[attr-defined]


async def test_an_event_of_something_rolled_back_was_never_recorded(audience: Audience, now: datetime) -> None:
    with pytest.raises(Conflict):
        async with transaction() as session:
            record(session, CurtainFell(1), now)
            raise Conflict("The show is cancelled.")
    assert await written() == []


async def test_a_delivered_event_is_not_told_again(audience: Audience, now: datetime) -> None:
    id = await happen(CurtainFell(1), now)
    assert await deliver(id, now)
    assert not await deliver(id, now + timedelta(days=1))
    assert await deliver_due(now + timedelta(days=1)) == 0
    assert audience.heard == [CurtainFell(1)]


async def test_an_event_that_nobody_hears_after_the_commit_is_not_stored(now: datetime) -> None:
    await happen(CurtainFell(1), now)
    assert await written() == []


async def test_until_every_reaction_is_known_every_event_is_stored(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that knows some rooms only must lose no news, neither what is heard within nor what is heard after."""
    with monkeypatch.context() as half_wired:
        half_wired.setattr(outbox, "_is_complete", False)
        id = await happen(CurtainFell(1), now)
    told = []

    async def within(session: Session, event: DomainEvent, now: datetime) -> None:
        told.append(event)

    monkeypatch.setitem(outbox._within, CurtainFell, [within])
    assert await deliver(id, now)
    assert told == [CurtainFell(1)]
    assert not await deliver(id, now + timedelta(days=1))


async def test_an_unknown_event_has_nothing_to_deliver(now: datetime) -> None:
    assert not await deliver(EventId.new(), now)


async def test_two_deliverers_at_once_tell_it_once(audience: Audience, now: datetime) -> None:
    id = await happen(CurtainFell(1), now)
    outcomes = await asyncio.gather(*(deliver(id, now) for _ in range(5)))
    assert sorted(outcomes) == [False] * 4 + [True]
    assert audience.heard == [CurtainFell(1)]


async def test_an_event_on_lease_is_left_alone_until_the_lease_ends(audience: Audience, now: datetime) -> None:
    id = await happen(CurtainFell(1), now)
    audience.waits_for = asyncio.Event()
    lost = asyncio.create_task(deliver(id, now))
    await audience.listens.wait()
    assert await deliver_due(now + LEASE - timedelta(seconds=1)) == 0
    lost.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lost
    audience.waits_for = None
    assert await deliver_due(now + LEASE) == 1
    assert audience.heard == [CurtainFell(1)]


async def test_a_failing_reaction_is_tried_again_ever_later(audience: Audience, now: datetime) -> None:
    id = await happen(CurtainFell(1), now)
    audience.fails = 3
    for pause in (1, 2, 4):
        with pytest.raises(RuntimeError, match="fell asleep"):
            await deliver(id, now)
        [event] = await written()
        assert event.due_at == now + timedelta(seconds=pause)
        assert "fell asleep" in str(event.last_error)
        assert not await deliver(id, now)
        now = event.due_at
    assert await deliver(id, now)
    [event] = await written()
    assert (event.attempts, event.last_error, event.delivered_at) == (4, None, now)


def test_the_pause_between_attempts_has_an_end() -> None:
    pauses = [outbox._backoff(attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert pauses == sorted(pauses)
    assert outbox._backoff(10**6) == LONGEST_PAUSE == timedelta(hours=1)


async def test_a_failing_event_does_not_hold_up_the_others(audience: Audience, now: datetime) -> None:
    await happen(CurtainFell(1), now - timedelta(minutes=1))
    await happen(CurtainFell(2), now)
    audience.fails = 1
    assert await deliver_due(now) == 1
    assert audience.heard == [CurtainFell(2)]
    assert await deliver_due(now + timedelta(seconds=1)) == 1
    assert audience.heard == [CurtainFell(2), CurtainFell(1)]


async def test_the_sweep_tells_the_oldest_first_and_all_of_them(
    audience: Audience, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for act in (3, 1, 2):
        await happen(CurtainFell(act), now - timedelta(hours=4 - act))
    assert await deliver_due(now) == 3
    assert audience.heard == [CurtainFell(1), CurtainFell(2), CurtainFell(3)]


async def test_an_event_may_be_put_off(audience: Audience, now: datetime) -> None:
    later = now + timedelta(hours=1)
    id = await happen(CurtainFell(1), now, due_at=later)
    assert not await deliver(id, later - timedelta(seconds=1))
    assert await deliver(id, later)


async def test_after_too_many_attempts_a_event_is_left_for_people_to_look_at(audience: Audience, now: datetime) -> None:
    await happen(CurtainFell(1), now)
    audience.fails = MOST_ATTEMPTS + 5
    for _ in range(MOST_ATTEMPTS + 5):
        assert await deliver_due(now) == 0
        now += timedelta(hours=1)
    [event] = await written()
    assert (event.attempts, event.delivered_at) == (MOST_ATTEMPTS, None)
    async with transaction(reading=True) as session:
        assert await outbox.backlog(session, now) == 1
        assert await outbox.due(session, now) == []


async def test_an_event_that_the_code_no_longer_knows_is_kept_with_the_reason(
    audience: Audience, now: datetime
) -> None:
    id = await happen(CurtainFell(1), now)
    async with transaction() as session:
        await session.execute(update(OutboxEvent).values(kind="OrchestraTuned"))
    with pytest.raises(KeyError):
        await deliver(id, now)
    [event] = await written()
    assert "OrchestraTuned" in str(event.last_error)
    assert event.due_at == now + timedelta(seconds=1)


async def test_the_backlog_counts_what_is_late(audience: Audience, now: datetime) -> None:
    await happen(CurtainFell(1), now)
    await happen(CurtainFell(2), now)
    await happen(CurtainFell(3), now, due_at=now + timedelta(hours=1))
    async with transaction(reading=True) as session:
        assert await outbox.backlog(session, now) == 2
    await deliver_due(now)
    async with transaction(reading=True) as session:
        assert await outbox.backlog(session, now) == 0


async def test_only_events_delivered_long_ago_are_forgotten(audience: Audience, now: datetime) -> None:
    await happen(CurtainFell(1), now)
    await deliver_due(now)
    waiting = await happen(CurtainFell(2), now)
    for moment, gone in ((now + KEPT_FOR, 0), (now + KEPT_FOR + timedelta(seconds=1), 1)):
        async with transaction() as session:
            assert await outbox.clean_up(session, moment) == gone
    assert [event.id for event in await written()] == [waiting]


async def test_delivery_is_woken_after_the_commit(audience: Audience, now: datetime) -> None:
    woken: list[tuple[EventId, datetime, int]] = []

    async def wake(id: EventId, due_at: datetime, at: datetime) -> None:
        woken.append((id, due_at, len(await written())))

    wake_with(wake)
    later = now + timedelta(minutes=5)
    async with transaction() as session:
        first = record(session, CurtainFell(1), now)
        second = record(session, CurtainFell(2), now, due_at=later)
        assert woken == []
    assert woken == [(first, now, 2), (second, later, 2)]


async def test_an_event_whose_waking_failed_is_found_by_the_sweep(audience: Audience, now: datetime) -> None:
    async def wake(id: EventId, due_at: datetime, at: datetime) -> None:
        raise ConnectionError("the queue is away")

    wake_with(wake)
    await happen(CurtainFell(1), now)
    assert await deliver_due(now) == 1
    assert audience.heard == [CurtainFell(1)]


def test_a_reaction_is_registered_once_however_often_it_is_imported() -> None:
    async def reaction(event: DomainEvent, now: datetime) -> None: ...

    assert outbox.reacts_after(CurtainFell)(reaction) is reaction
    outbox.reacts_after(CurtainFell)(reaction)
    assert outbox._after[CurtainFell].count(reaction) == 1
    outbox._after[CurtainFell].remove(reaction)


async def fail_for_days(audience: Audience, event: DomainEvent, now: datetime, *, sweeps: int = 100) -> datetime:
    await happen(event, now)
    audience.fails = sweeps
    for _ in range(sweeps):
        assert await deliver_due(now) == 0
        now += LONGEST_PAUSE
    return now


async def how_it_is(now: datetime) -> OutboxHealth:
    async with transaction(reading=True) as session:
        return await outbox.health(session, now)


async def test_an_event_about_money_is_tried_until_it_is_heard(audience: Audience, now: datetime) -> None:
    later = await fail_for_days(audience, TicketPaid(20_00), now)
    assert await deliver_due(later) == 1
    assert audience.heard == [TicketPaid(20_00)]


async def test_an_event_that_only_another_release_knows_is_not_given_up(audience: Audience, now: datetime) -> None:
    await happen(CurtainFell(1), now)
    async with transaction() as session:
        await session.execute(update(OutboxEvent).values(kind="TicketRefunded", attempts=MOST_ATTEMPTS + 1))
    async with transaction(reading=True) as session:
        assert len(await outbox.due(session, now)) == 1
        assert (await outbox.health(session, now)).money_waits_since == now


async def test_what_fails_and_what_was_given_up_raise_an_alarm(audience: Audience, now: datetime) -> None:
    assert await how_it_is(now) == OutboxHealth(waiting=0, failing=0, dead=0, money_waits_since=None)
    later = await fail_for_days(audience, CurtainFell(1), now)
    assert await how_it_is(later) == OutboxHealth(waiting=0, failing=0, dead=1, money_waits_since=None)
    audience.fails = 1
    await happen(TicketPaid(20_00), later)
    await deliver_due(later)
    # Put off for a second, and yet it waits: a pause between two tries must not silence the alarm.
    assert await how_it_is(later) == OutboxHealth(waiting=0, failing=1, dead=1, money_waits_since=later)
    async with transaction(reading=True) as session:
        found = await outbox.failing(session)
    assert [(event.kind, event.is_about_money, event.is_dead, event.attempts) for event in found] == [
        ("TicketPaid", True, False, 1),
        ("CurtainFell", False, True, MOST_ATTEMPTS),
    ]
    assert all("fell asleep" in event.last_error for event in found)


async def test_an_event_that_was_given_up_can_be_replayed(audience: Audience, now: datetime) -> None:
    later = await fail_for_days(audience, CurtainFell(1), now)
    audience.fails = 0
    assert await deliver_due(later) == 0
    woken: list[EventId] = []

    async def wake(id: EventId, due_at: datetime, at: datetime) -> None:
        woken.append(id)

    wake_with(wake)
    [event] = await written()
    async with transaction() as session:
        await outbox.replay(session, EventId(event.id), later)
    assert woken == [event.id]
    assert await deliver_due(later) == 1
    assert audience.heard == [CurtainFell(1)]
    with pytest.raises(EventNotFound):
        async with transaction() as session:
            await outbox.replay(session, EventId(event.id), later)


async def test_all_that_failed_is_replayed_at_once(audience: Audience, now: datetime) -> None:
    await happen(CurtainFell(1), now)
    await happen(TicketPaid(5_00), now)
    audience.fails = 2
    await deliver_due(now)
    await happen(CurtainFell(2), now, due_at=now + timedelta(days=1))  # has not failed: it waits for its day
    async with transaction() as session:
        assert await outbox.replay_all(session, now) == 2
    assert await deliver_due(now) == 2


async def test_a_sweep_ends_though_not_even_the_failure_can_be_written_down(
    audience: Audience, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each event is tried once a sweep: one that stays due would else be tried for ever, and nothing behind it."""
    poisoned = await happen(CurtainFell(1), now - timedelta(minutes=1))
    await happen(CurtainFell(2), now)
    tried, honest = [], deliver

    async def torn(id: EventId, at: datetime) -> int:
        tried.append(id)
        assert len(tried) < 10, "the sweep goes round in circles"
        if id == poisoned:
            raise ConnectionError("the database is away")
        return await honest(id, at)

    monkeypatch.setattr(outbox, "deliver", torn)
    assert await deliver_due(now) == 1
    assert audience.heard == [CurtainFell(2)]


async def test_a_full_batch_of_poisoned_events_does_not_starve_the_rest(audience: Audience, now: datetime) -> None:
    for _ in range(201):
        await happen(CurtainFell(1), now - timedelta(minutes=1))
    await happen(CurtainFell(2), now)
    audience.fails = 201
    assert await deliver_due(now) == 1
    assert audience.heard == [CurtainFell(2)]


async def test_a_reaction_that_hangs_is_cut_short_and_tried_later(
    audience: Audience, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PATIENCE", timedelta(0))
    audience.waits_for = asyncio.Event()
    id = await happen(CurtainFell(1), now)
    with pytest.raises(TimeoutError):
        await deliver(id, now)
    [event] = await written()
    assert event.due_at == now + timedelta(seconds=1)


# --- the events of one commit


@dataclass(frozen=True)
class BankPaid(ProviderEvent):
    sum: int


Hear = Callable[..., None]


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch) -> Hear:
    """Register a reaction for one test: `hear(kind, within=…)` or `hear(kind, after=…)`."""

    def register(kind: type[DomainEvent], **reactions: Any) -> None:
        for sort, reaction in reactions.items():
            registry = getattr(outbox, f"_{sort}")
            monkeypatch.setitem(registry, kind, [*registry[kind], reaction])

    return register


def notes(act: int) -> OutboxEvent:
    """Some row for a reaction to write."""
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    id = f"note {act}"
    return OutboxEvent(id=id, batch=id, kind="Note", body="", recorded_at=moment, due_at=moment, delivered_at=moment)


async def noted() -> list[str]:
    return [row.id for row in await written() if row.kind == "Note"]


async def take_note(session: Session, event: CurtainFell, now: datetime) -> None:
    session.add(notes(event.act))
    await session.flush()


async def refuse(session: Session, event: DomainEvent, now: datetime) -> None:
    session.add(notes(99))
    await session.flush()
    raise Conflict("Not today.")


class TestWithin:
    async def test_what_must_be_true_together_is_committed_together(self, hear: Hear, now: datetime) -> None:
        hear(CurtainFell, within=take_note)
        async with transaction() as session:
            record(session, CurtainFell(1), now)
            assert await noted() == [] if session.get_bind().dialect.name == "postgresql" else True
        assert await noted() == ["note 1"]

    async def test_an_error_rolls_all_of_it_back(self, hear: Hear, now: datetime) -> None:
        hear(CurtainFell, within=refuse)
        with pytest.raises(Conflict):
            async with transaction() as session:
                session.add(notes(1))
                record(session, CurtainFell(1), now)
        assert await written() == []

    async def test_what_a_reaction_records_is_heard_in_the_same_transaction(self, hear: Hear, now: datetime) -> None:
        async def go_on(session: Session, event: CurtainRose, now: datetime) -> None:
            record(session, CurtainFell(7), now)

        hear(CurtainRose, within=go_on)
        hear(CurtainFell, within=take_note)
        await happen(CurtainRose(BookingId.new(), now), now)
        assert await noted() == ["note 7"]

    async def test_what_was_recorded_in_a_savepoint_goes_with_it(
        self, audience: Audience, hear: Hear, now: datetime
    ) -> None:
        hear(CurtainFell, within=take_note)
        async with transaction() as session:
            record(session, CurtainFell(1), now)
            with pytest.raises(Conflict):
                async with session.begin_nested():
                    record(session, CurtainFell(2), now)
                    async with session.begin_nested():
                        record(session, CurtainFell(3), now)
                    raise Conflict("Not these.")
        await deliver_due(now)
        assert audience.heard == [CurtainFell(1)]
        assert await noted() == ["note 1"]

    async def test_an_error_does_not_undo_what_a_provider_has_done(self, hear: Hear, now: datetime) -> None:
        """It is put off, tried again with growing pauses for ever, and an alarm until it goes well."""
        hear(BankPaid, within=refuse)
        async with transaction() as session:
            session.add(notes(1))
            id = record(session, BankPaid(5), now)
        assert await noted() == ["note 1"], "neither the answer is lost, nor is half of the reaction kept"
        assert await how_it_is(now) == OutboxHealth(waiting=0, failing=1, dead=0, money_waits_since=now)
        assert await deliver_due(now) == 0, "not before the pause is over"
        for attempt in range(1, MOST_ATTEMPTS + 3):
            now += LONGEST_PAUSE
            assert await deliver_due(now) == 0
            [event] = [row for row in await written() if row.kind == "BankPaid"]
            assert (event.attempts, event.waits_within, event.delivered_at) == (attempt + 1, True, None)
        outbox._within[BankPaid] = []
        hear(BankPaid, within=lambda session, event, now: take_note(session, CurtainFell(event.sum), now))
        assert await deliver_due(now + LONGEST_PAUSE) == 1
        assert await noted() == ["note 1", "note 5"]
        assert not await deliver(id, now + timedelta(days=1))

    async def test_of_two_who_make_up_for_it_at_once_one_does(
        self, hear: Hear, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as bad_day:
            bad_day.setitem(outbox._within, BankPaid, [refuse])
            id = await happen(BankPaid(5), now)
        [row] = await written()
        hear(BankPaid, within=lambda session, event, now: take_note(session, CurtainFell(event.sum), now))
        # Both have it on lease: one took over from the other, who was only slow.
        leased = outbox._Leased(id, "BankPaid", None, row.body, 1, waits_within=True)
        await asyncio.gather(*(outbox._deliver([leased], now) for _ in range(3)))
        assert await noted() == ["note 5"]


class TestAfter:
    async def test_a_reaction_that_only_writes_sql_happens_exactly_once(self, hear: Hear, now: datetime) -> None:
        hear(CurtainFell, after=take_note)
        id = await happen(CurtainFell(1), now)
        [row] = await written()
        leased = outbox._Leased(id, "CurtainFell", None, row.body, 1, waits_within=False)
        await asyncio.gather(*(outbox._deliver([leased], now) for _ in range(3)))
        assert await noted() == ["note 1"]

    async def test_one_that_is_marked_apart_is_told_to_each_who_has_it_on_lease(
        self, audience: Audience, now: datetime
    ) -> None:
        """The control: with the mark in another transaction, who takes over from somebody slow repeats it."""
        id = await happen(CurtainFell(1), now)
        [row] = await written()
        leased = outbox._Leased(id, "CurtainFell", None, row.body, 1, waits_within=False)
        await asyncio.gather(*(outbox._deliver([leased], now) for _ in range(3)))
        assert audience.heard == [CurtainFell(1)] * 3

    async def test_its_error_takes_back_the_mark_and_all_that_it_wrote(self, hear: Hear, now: datetime) -> None:
        hear(CurtainFell, after=refuse)
        id = await happen(CurtainFell(1), now)
        with pytest.raises(Conflict):
            await deliver(id, now)
        assert await noted() == []
        [event] = await written()
        assert (event.attempts, event.delivered_at) == (1, None)
        assert "Not today" in str(event.last_error)

    async def test_the_events_of_a_commit_are_one_delivery(self, audience: Audience, now: datetime) -> None:
        woken: list[EventId] = []

        async def wake(batch: EventId, due_at: datetime, at: datetime) -> None:
            woken.append(batch)

        wake_with(wake)
        async with transaction() as session:
            for act in (1, 2, 3):
                record(session, CurtainFell(act), now)
        assert len(woken) == 1
        assert await deliver(woken[0], now) == 3
        assert {event.act for event in audience.heard} == {1, 2, 3}  # type: ignore[attr-defined]

    async def test_one_that_fails_does_not_hold_up_its_companions(self, hear: Hear, now: datetime) -> None:
        heard: list[int] = []

        async def moody(event: CurtainFell, now: datetime) -> None:
            if event.act == 2 and not heard.count(2):
                heard.append(2)
                raise RuntimeError("fell asleep")
            heard.append(event.act)

        hear(CurtainFell, after=moody)
        async with transaction() as session:
            first, *_ = [record(session, CurtainFell(act), now) for act in (1, 2, 3)]
        with pytest.raises(RuntimeError, match="fell asleep"):
            await deliver(first, now)
        assert sorted(heard) == [1, 2, 3]
        assert await deliver(first, now + timedelta(seconds=1)) == 1, "the one that failed, alone"
        assert sorted(heard) == [1, 2, 2, 3]

    async def test_what_is_due_later_is_woken_later(self, audience: Audience, now: datetime) -> None:
        later = now + timedelta(hours=1)
        async with transaction() as session:
            record(session, CurtainFell(1), now)
            record(session, CurtainFell(2), now, due_at=later)
        assert await deliver_due(now) == 1
        assert audience.heard == [CurtainFell(1)]
        assert await deliver_due(later) == 1


class TestKeyed:
    async def test_it_waits_once_however_often_it_is_recorded(self, audience: Audience, now: datetime) -> None:
        for _ in range(3):
            await happen(CurtainFell(1), now, due_at=now + timedelta(seconds=1), key="hall")
        await happen(CurtainFell(2), now, due_at=now + timedelta(seconds=1), key="another hall")
        assert await deliver_due(now + timedelta(seconds=1)) == 2
        assert sorted(event.act for event in audience.heard) == [1, 2]  # type: ignore[attr-defined]

    async def test_what_happens_after_it_was_told_has_it_told_again(self, audience: Audience, now: datetime) -> None:
        for moment in (now, now + timedelta(minutes=1)):
            await happen(CurtainFell(1), moment, key="hall")
            assert await deliver_due(moment) == 1
        assert audience.heard == [CurtainFell(1)] * 2

    async def test_what_happens_while_it_is_told_has_it_told_again(
        self, hear: Hear, now: datetime, fresh_postgres: Any, database: str
    ) -> None:
        """Its row is locked from the mark to the commit: whoever records it meanwhile waits, and wakes it anew."""
        if database.startswith("sqlite"):
            pytest.skip("SQLite has one writer at a time anyhow")
        counting, counted = asyncio.Event(), asyncio.Event()

        async def count(session: Session, event: CurtainFell, now: datetime) -> None:
            counting.set()
            await counted.wait()

        hear(CurtainFell, after=count)
        id = await happen(CurtainFell(1), now, key="hall")
        telling = asyncio.create_task(deliver(id, now))
        await counting.wait()
        sold = asyncio.create_task(happen(CurtainFell(1), now, key="hall"))
        await eventually(_is_waiting_for_a_lock)
        counted.set()
        await asyncio.gather(telling, sold)
        assert await deliver(id, now) == 1


async def _is_waiting_for_a_lock() -> bool:
    async with transaction(reading=True) as session:
        waiting = await session.execute(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        return bool(waiting.scalar_one())


class TestHere:
    """A process that works delivers what it records, without a queue."""

    class Here:
        def __init__(self) -> None:
            self.begun: list[Any] = []
            self.is_full = False

        def has_room(self) -> bool:
            return not self.is_full

        def start(self, delivery: Any) -> None:
            self.begun.append(delivery)

    @pytest.fixture
    def here(self) -> Iterator[Here]:
        mine = self.Here()
        outbox.deliver_here(mine)
        yield mine
        outbox.deliver_here(None)
        for delivery in mine.begun:
            delivery.close()

    async def test_it_is_on_lease_from_the_commit_on(self, here: Here, audience: Audience, now: datetime) -> None:
        id = await happen(CurtainFell(1), now)
        assert not await deliver(id, now), "nobody else takes it meanwhile"
        await here.begun.pop()
        assert audience.heard == [CurtainFell(1)]
        assert not await deliver(id, now + LEASE)

    async def test_a_process_that_dies_between_commit_and_delivery_loses_nothing(
        self, here: Here, audience: Audience, now: datetime
    ) -> None:
        id = await happen(CurtainFell(1), now)
        here.begun.pop().close()
        assert await deliver_due(now + LEASE - timedelta(seconds=1)) == 0
        assert await deliver_due(now + LEASE) == 1
        assert audience.heard == [CurtainFell(1)]
        assert [row.id for row in await written()] == [id]

    async def test_a_process_with_enough_to_do_leaves_it_to_the_queue(
        self, here: Here, audience: Audience, now: datetime
    ) -> None:
        here.is_full = True
        id = await happen(CurtainFell(1), now)
        assert here.begun == []
        assert await deliver(id, now)

    async def test_what_fails_here_is_tried_again_like_any_other(
        self, here: Here, audience: Audience, now: datetime
    ) -> None:
        audience.fails = 1
        await happen(CurtainFell(1), now)
        with pytest.raises(RuntimeError, match="fell asleep"):
            await here.begun.pop()
        assert await deliver_due(now + timedelta(seconds=1)) == 1
