"""Work that runs by itself: by name, on time, and again after a stumble."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from croniter import croniter
from redis.asyncio import Redis

from marketplace import clock, outbox, wiring
from marketplace import redis as redis_room
from marketplace.db import transaction
from marketplace.errors import NotFound, Unavailable
from marketplace.ids import EventId
from marketplace.jobs import runner, schedule, worker
from marketplace.outbox import OutboxEvent
from marketplace.payments.errors import UnknownProvider
from marketplace.queues import WORK
from tests.waiting import eventually

EVERY = {
    "expire": 30, "remind": 30, "deliver-events": 15, "read-webhooks": 15, "simulate": 15, "settle-payments": 60, "send-mail": 60,
    "send-refunds": 600, "settle-kept-money": 600, "clean-up": 86_400,
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_a_job_recurs_as_often_as_it_should(name: str, now: datetime) -> None:
    runs = croniter(schedule.named(name).cron, now, second_at_beginning=False)
    first, second = runs.get_next(datetime), runs.get_next(datetime)
    assert second - first == timedelta(seconds=EVERY[name])


def test_every_job_says_what_it_does() -> None:
    assert set(schedule.JOBS) >= set(EVERY)
    assert all(job.about.endswith(".") for job in schedule.JOBS.values())


class TestRunner:
    async def test_a_run_is_written_down(self, database: str, redis: Redis, now: datetime) -> None:
        wiring.wire()
        assert await runner.run("expire", now) == 0
        [run] = [run for run in await runner.last_runs() if run.at]
        assert (run.job, run.did, run.error) == ("expire", 0, None)
        assert datetime.fromisoformat(run.at) == now

    async def test_a_failure_is_written_down_and_raised(
        self, redis: Redis, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for failure, noted in (
            (RuntimeError("torn"), "RuntimeError('torn')"),
            (UnknownProvider("x"), "There is no payment provider “x” here."),
        ):

            async def fail(now: datetime, failure: Exception = failure) -> int:
                raise failure

            monkeypatch.setitem(schedule.JOBS, "expire", schedule.Job("expire", "* * * * *", "", fail))
            with pytest.raises(type(failure)):
                await runner.run("expire", now)
            [run] = [run for run in await runner.last_runs() if run.at]
            assert (run.did, run.error) == (0, noted)

    async def test_an_unknown_job_names_those_there_are(self, now: datetime) -> None:
        with pytest.raises(NotFound, match="There are: expire, "):
            await runner.run("nonsense", now)

    async def test_without_redis_a_job_still_runs(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        async def three(now: datetime) -> int:
            return 3

        redis_room.use("unix:///nowhere/redis.sock")
        monkeypatch.setitem(schedule.JOBS, "expire", schedule.Job("expire", "* * * * *", "", three))
        assert await runner.run("expire", now) == 3
        with pytest.raises(Unavailable):
            await runner.last_runs()
        await redis_room.close()


@dataclass(frozen=True)
class BellRung(outbox.DomainEvent):
    """Nobody does anything about it."""


@outbox.reacts_after(BellRung)
async def hear(event: BellRung, now: datetime) -> None: ...


async def record() -> EventId:
    async with transaction() as session:
        return outbox.record(session, BellRung(), clock.now())


async def is_delivered(id: EventId) -> bool:
    async with transaction(reading=True) as session:
        row = await session.get(OutboxEvent, id)
        return row is not None and row.delivered_at is not None


class TestWorker:
    async def test_it_delivers_what_is_recorded_and_ends_when_it_is_told_to(self, database: str, redis: Redis) -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(worker.run_worker(stop))
        await eventually(lambda: outbox._wake is not None)
        id = await record()
        await eventually(lambda: is_delivered(id))
        stop.set()
        await asyncio.wait_for(working, 20)
        assert wiring._queues == {}

    async def test_a_recurring_job_can_be_asked_for_at_once(self, database: str, redis: Redis, now: datetime) -> None:
        async with wiring.app_context(), worker.working():
            await wiring.queue().enqueue("deliver-events")

            async def has_run() -> bool:
                return any(run.at for run in await runner.last_runs() if run.job == "deliver-events")

            await eventually(has_run)

    async def test_a_worker_that_stumbles_is_started_again(
        self, database: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new_worker, made = worker.new_worker, []

        def stumbling(queue: str):
            fresh = new_worker(queue)
            if queue != WORK:
                return fresh
            made.append(fresh)
            if len(made) == 1:

                async def stumble() -> None:
                    raise RuntimeError("stumbled")

                fresh.start = stumble
            return fresh

        monkeypatch.setattr(worker, "new_worker", stumbling)
        async with wiring.app_context(), worker.working():
            await eventually(lambda: len(made) == 2)
            id = await record()
            await eventually(lambda: is_delivered(id))

    async def test_one_event_is_one_job_however_often_it_is_asked_for(self, redis: Redis, now: datetime) -> None:
        id = EventId.new()
        async with wiring.app_context():
            for _ in range(3):
                await wiring.wake(id, now, now)
            assert await wiring.queue().count("incomplete") == 1


async def test_wiring_twice_changes_nothing() -> None:
    wiring.wire()
    before = deepcopy((outbox._within, outbox._after))
    wiring.wire()
    assert (outbox._within, outbox._after) == before
