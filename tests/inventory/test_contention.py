"""Hundreds of buyers in several processes want the same few seats, while Redis forgets, dies and comes back."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlmodel import select

from marketplace import clock, db, outbox
from marketplace import redis as redis_room
from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.ids import ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import hold_scripts, reactions
from marketplace.inventory.errors import UnitsTaken
from marketplace.inventory.models import Allocation
from marketplace.inventory.views import Claim
from marketplace.redis import EmbeddedRedis
from tests.inventory.crowd import HOLD_SECONDS, Crowd, Outcome, shop
from tests.inventory.mob import MOB_HOLD_SECONDS, TOLD, Mob, struggle
from tests.makers.inventory import a_claim, a_resource, a_sale, seats
from tests.waiting import eventually

PROCESSES, BUYERS = 3, 80
A_HOLD = timedelta(seconds=HOLD_SECONDS + 1)

assert reactions  # registers what the outbox tells


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


async def rush(
    processes: ProcessPoolExecutor, redis_url: str, database: str, resource: ResourceId, *, is_guarded: bool = True
) -> list[Outcome]:
    loop = asyncio.get_running_loop()
    crowds = [Crowd(redis_url, database, resource, BUYERS, seed, is_guarded) for seed in range(PROCESSES)]
    return await asyncio.gather(*(loop.run_in_executor(processes, shop, crowd) for crowd in crowds))


def times_sold(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(unit for outcome in outcomes for units in outcome.bought for unit in units)


async def allocated() -> Counter[str]:
    async with transaction(reading=True) as session:
        rows = await session.exec(select(Allocation))
        return Counter(row.unit for row in rows if row.is_active)


async def left_behind(redis: Redis, resource: ResourceId) -> list[str]:
    """Which traces of holds Redis still has, once nobody holds anything."""
    (_, *traces), _ = hold_scripts.names_of(resource)
    return [key for key in traces if not key.endswith((":meta", ":log")) and await redis.exists(key)]


async def test_of_hundreds_of_buyers_no_two_get_the_same_seat(
    redis: Redis, redis_server: EmbeddedRedis, database: str, processes: ProcessPoolExecutor
) -> None:
    resource = a_resource()
    outcomes = await rush(processes, redis_server.url, database, resource)
    sold = times_sold(outcomes)
    assert max(sold.values()) == 1
    assert sum(sold.values()) > 20
    assert await allocated() == sold
    assert (await inventory.snapshot(resource)).status == dict.fromkeys(sold, "sold")
    assert await left_behind(redis, resource) == []
    assert {refusal for outcome in outcomes for refusal in outcome.refused} == {"seats_taken"}


@pytest.mark.usefixtures("unguarded")
async def test_without_the_guard_the_same_crowd_is_sold_seats_twice(
    redis: Redis, redis_server: EmbeddedRedis, database: str, processes: ProcessPoolExecutor
) -> None:
    """The control: look-then-write instead of a script, and no unique index."""
    outcomes = await rush(processes, redis_server.url, database, a_resource(), is_guarded=False)
    assert max(times_sold(outcomes).values()) > 1


async def test_with_the_index_alone_nobody_is_sold_a_seat_twice_though_redis_lets_them(
    redis: Redis, redis_server: EmbeddedRedis, database: str, processes: ProcessPoolExecutor
) -> None:
    """The last line of defence holds by itself: the same careless crowd, with the unique index back."""
    outcomes = await rush(processes, redis_server.url, database, a_resource(), is_guarded=False)
    sold = times_sold(outcomes)
    assert max(sold.values()) == 1
    assert await allocated() == sold


Trouble = Callable[[EmbeddedRedis], Awaitable[None]]


async def flush(server: EmbeddedRedis) -> None:
    await redis_room.client().flushall()


async def restart(server: EmbeddedRedis) -> None:
    server.stop(kill=True)
    server.start()


@pytest.mark.parametrize("trouble", [flush, restart])
async def test_whatever_happens_to_redis_in_the_middle_nothing_is_sold_twice(
    own_redis: EmbeddedRedis, database: str, processes: ProcessPoolExecutor, trouble: Trouble
) -> None:
    resource = a_resource()
    await inventory.expire(clock.now())
    rushing = asyncio.create_task(rush(processes, own_redis.url, database, resource))

    async def some_are_sold() -> bool:
        return len(await allocated()) > 3

    await eventually(some_are_sold, within=40)
    assert not rushing.done()
    sold_by_then = len(await allocated())
    for _ in range(3):
        with suppress(RedisError):
            await trouble(own_redis)
    outcomes = await rushing
    sold = times_sold(outcomes)
    assert max(sold.values()) == 1
    # Who was told nothing, because the answer was lost, may have bought; who was told so has.
    assert sold.keys() <= (in_sql := await allocated()).keys()
    assert max(in_sql.values()) == 1
    assert len(in_sql) > sold_by_then
    # Those whose answers were lost may hold something still, but not for ever.
    clock.advance(A_HOLD)
    await outbox.deliver_due(clock.now())
    await inventory.expire(clock.now())
    assert (await inventory.snapshot(resource)).status == dict.fromkeys(await allocated(), "sold")
    assert await left_behind(redis_room.client(), resource) == []


@pytest.mark.parametrize(
    ("is_given_back", "is_clock_right", "told"),
    [(False, True, "hold_expired"), (False, False, "seats_taken"), (True, False, "stale_hold")],
)
async def test_a_holder_stopped_past_its_deadline_is_refused_when_it_goes_on(
    redis: Redis,
    redis_server: EmbeddedRedis,
    database: str,
    is_given_back: bool,
    is_clock_right: bool,
    told: str,
) -> None:
    """The process sleeps between its claim and its check-out; somebody buys the seat meanwhile, and may give it back."""
    resource = a_resource()
    ours, theirs = multiprocessing.Pipe()
    holder = multiprocessing.get_context("spawn").Process(
        target=claim_then_check_out, args=(theirs, redis_server.url, database, resource, is_clock_right)
    )
    holder.start()
    try:
        assert await word(ours) == "claimed"
        os.kill(holder.pid or 0, signal.SIGSTOP)
        ours.send("go on")

        async def the_seat_is_free() -> bool:
            return not (await inventory.snapshot(resource)).status

        await eventually(the_seat_is_free)
        other = await a_sale(resource, seats(1), clock.now())
        if is_given_back:
            async with transaction() as session:
                await inventory.free(session, other.id, clock.now())
        os.kill(holder.pid or 0, signal.SIGCONT)
        assert await word(ours) == told
    finally:
        holder.kill()
        holder.join()
    standing = {} if is_given_back else {"seat:1": "sold"}
    assert await allocated() == Counter(standing.keys())
    assert (await inventory.snapshot(resource)).status == standing


async def word(pipe: Connection) -> str:
    """What comes next through the pipe; fails where nothing does."""
    assert await asyncio.to_thread(pipe.poll, 40)
    return pipe.recv()


def claim_then_check_out(
    parent: Connection, redis_url: str, database: str, resource: ResourceId, is_clock_right: bool
) -> None:
    """In the child: claim, wait to be told to go on, check out, perhaps by the clock as it was before."""

    async def run() -> None:
        redis_room.use(redis_url)
        db.use(db.connect(database))
        before = clock.now()
        claim = await a_claim(resource, seats(1), seconds=1, limit_seconds=1)
        parent.send("claimed")
        parent.recv()
        try:
            async with transaction() as session:
                await inventory.check_out(session, claim, "bkg", clock.now() if is_clock_right else before)
            parent.send("checked out")
        except Conflict as refusal:
            parent.send(refusal.code)
        await redis_room.close()
        await db.close()

    asyncio.run(run())


async def test_of_two_whom_two_servers_granted_a_seat_one_gets_it(
    redis: Redis, redis_server: EmbeddedRedis, own_redis: EmbeddedRedis, database: str, now: datetime
) -> None:
    """A replica that was behind has become the master."""
    resource = a_resource()
    claims: dict[str, Claim] = {}
    for server in (redis_server, own_redis):
        await redis_room.close()
        redis_room.use(server.url)
        claims[server.url] = await a_claim(resource, seats(1))

    async def check_out(claim: Claim) -> None:
        async with transaction() as session:
            await inventory.check_out(session, claim, claim.holder, now)
            await inventory.confirm(session, claim.id, now)

    ends = await asyncio.gather(*map(check_out, claims.values()), return_exceptions=True)
    [refused] = [end for end in ends if end is not None]
    assert isinstance(refused, UnitsTaken)
    assert refused.units == ("seat:1",)
    assert await allocated() == {"seat:1": 1}
    assert (await inventory.snapshot(resource)).status == {"seat:1": "sold"}


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(2, id="all die"),
        pytest.param(16, id="one dies and another buys"),
        pytest.param(53, id="the buyer dies before they hear of it"),
    ],
)
async def test_of_five_hundred_whose_processes_are_killed_at_most_one_gets_the_seat(
    redis: Redis, redis_server: EmbeddedRedis, database: str, seed: int
) -> None:
    resource = a_resource()
    spawn = multiprocessing.get_context("spawn")
    mob = Mob(redis_server.url, database, resource, buyers=100, seed=seed)
    running = [spawn.Process(target=struggle, args=(mob, number)) for number in range(5)]
    try:
        for process in running:
            process.start()
        await eventually(lambda: not any(process.is_alive() for process in running), within=60)
    finally:
        for process in running:
            process.kill()
            process.join()
    ends = Counter(process.exitcode for process in running)
    assert ends.keys() <= {0, -signal.SIGKILL}
    assert ends[-signal.SIGKILL] > 0
    told = await redis.lrange(TOLD, 0, -1)
    clock.advance(timedelta(seconds=MOB_HOLD_SECONDS + 1))
    await outbox.deliver_due(clock.now())
    await inventory.expire(clock.now())
    async with transaction(reading=True) as session:
        owners = [row.holder for row in await session.exec(select(Allocation)) if row.is_active]
    # Who bought it may have been killed before they heard of it.
    assert len(told) <= len(owners) <= 1
    assert set(told) <= set(owners)
    assert (await inventory.snapshot(resource)).status == dict.fromkeys(["seat:1"] * len(owners), "sold")
    assert await left_behind(redis, resource) == []
    if not owners:
        await a_sale(resource, seats(1), clock.now())
