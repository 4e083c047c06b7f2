"""How fast claims are, against what could be fastest and against what people build otherwise.

    python -m bench.inventory

Three ways to hold 1 and 4 seats, in alternating rounds of one run, so that a busy machine slows them all alike:

- *claim*: `inventory.claim`, whole: reaping, fences, deadlines, the log and the publishing of changes.
- *bare*: one EVALSHA of the same shape over the same road: as many keys and arguments, the same reads and writes of
  hashes, and nothing else. Over redis-py's pool, as most programs go, and over the line that this process shares, where
  the way costs so little that what the script and its caller do shows most.
- *upsert*: one PostgreSQL transaction with an upsert for each seat that succeeds where the old hold has run out, which
  is how holds are kept without Redis (psycopg, no ORM, default durability, prepared statements).

Prints the median over the rounds of claim's rate in relation to the others'. Fails where claim is under 0.75 of bare, both
over redis-py, or under 3 times upsert over the line, which is how the marketplace runs.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import pgserver
import psycopg

from marketplace import clock, db, redis
from marketplace.ids import HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import hold_scripts

WARM, ROUNDS = 2, 11
CALLS = 480
TOGETHER = 16
"""Buyers who ask at the same time."""

_TABLE = """
CREATE TABLE seat_hold (
    resource text, unit text, hold_id text NOT NULL, holder text NOT NULL, expires_at timestamptz NOT NULL,
    PRIMARY KEY (resource, unit)
)
"""
_UPSERT = """
INSERT INTO seat_hold (resource, unit, hold_id, holder, expires_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (resource, unit) DO UPDATE
SET hold_id = excluded.hold_id, holder = excluded.holder, expires_at = excluded.expires_at
WHERE seat_hold.expires_at <= now()
"""
_BARE = """
local units = {unpack(ARGV, 10)}
redis.call('HGET', KEYS[5], 'version')
redis.call('HGET', KEYS[4], ARGV[5])
local owner = redis.call('HMGET', KEYS[1], unpack(units))
local pairs_of = {}
for i = 1, #units do
  if owner[i] then return {'TAKEN', units[i]} end
  pairs_of[#pairs_of + 1] = units[i]
  pairs_of[#pairs_of + 1] = ARGV[3]
end
redis.call('HSET', KEYS[1], unpack(pairs_of))
redis.call('HSET', KEYS[5], 'version', ARGV[6])
redis.call('HSET', KEYS[4], ARGV[5], ARGV[3])
local text = table.concat(ARGV, '\\n', 3)
redis.call('HSET', KEYS[2], ARGV[3], text)
return {'OK', ARGV[3], text}
"""

Buy = Callable[[str, list[str]], Awaitable[object]]
_buyers = count()


async def rate(buy: Buy, seats: int) -> float:
    """Claims a second: CALLS of them, each by a new buyer on new seats, TOGETHER at a time."""
    work = iter(
        [
            (f"crt_{number:026d}", [f"seat:{number}-{seat}" for seat in range(seats)])
            for number, _ in zip(_buyers, range(CALLS), strict=False)
        ]
    )

    async def buyer() -> None:
        for holder, units in work:
            await buy(holder, units)

    began = time.perf_counter()
    await asyncio.gather(*(buyer() for _ in range(TOGETHER)))
    return CALLS / (time.perf_counter() - began)


async def compare(claim: Buy, bare: Buy, upsert: Buy, seats: int) -> bool:
    """Print both ratios, over either road to Redis. True if they are what they should be."""
    line, is_good = redis.ask, True
    for road, ask in (("redis-py", _over_redis_py), ("our line", line)):
        redis.ask = ask
        rounds = [
            (await rate(claim, seats), await rate(bare, seats), await rate(upsert, seats)) for _ in range(WARM + ROUNDS)
        ][WARM:]
        redis.ask = line
        to_bare = median(ours / theirs for ours, theirs, _ in rounds)
        to_upsert = median(ours / theirs for ours, _, theirs in rounds)
        ours, bares, upserts = (f"{median(column):,.0f}/s" for column in zip(*rounds, strict=True))
        print(
            f"{seats} at once over {road}: {to_bare:.2f} of a bare EVALSHA, {to_upsert:.1f} times an upsert for each seat"
        )
        print(f"    (claim {ours}, bare {bares}, upsert {upserts})")
        is_good = is_good and (to_upsert >= 3 if ask is line else to_bare >= 0.75)
    return is_good


async def _over_redis_py(*command: Any) -> Any:
    """The road that most programs take: a pooled connection for each command."""
    return await redis.client().execute_command(*command)


async def main(folder: Path) -> bool:
    server = redis.EmbeddedRedis(folder / "redis")
    redis.use(server.start())
    db.use(db.connect(f"sqlite+aiosqlite:///{folder}/bench.db"))
    resource, other = ResourceId(ListingId.new()), ResourceId(ListingId.new())
    for one in (resource, other):
        # Marks both as ready: with nothing sold there is nothing to rebuild.
        await hold_scripts.REBUILD(one, 0, 0)
    keys, channel = hold_scripts.names_of(other)
    as_little_as_possible = redis.Lua(_BARE)

    async def claim(holder: str, units: list[str]) -> object:
        return await inventory.claim(resource, holder, units, seconds=900, limit_seconds=1800, most=10)

    async def bare(holder: str, units: list[str]) -> object:
        id = HoldId.on(other)
        offset = clock.offset_ms()
        return await as_little_as_possible(
            keys, offset, channel, id, id, holder, 900_000, 1_800_000, 10, len(units), *units
        )

    with pgserver.get_server(folder / "pg", cleanup_mode="stop") as postgres:
        connections: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
        for _ in range(TOGETHER):
            connections.put_nowait(await psycopg.AsyncConnection.connect(postgres.get_uri(), prepare_threshold=0))
        ready = await connections.get()
        await ready.execute(_TABLE)
        await ready.commit()
        connections.put_nowait(ready)

        async def upsert(holder: str, units: list[str]) -> object:
            hold_id, until = HoldId.on(other), datetime.now(UTC) + timedelta(minutes=15)
            connection = await connections.get()
            async with connection.transaction():
                for unit in units:
                    await connection.execute(_UPSERT, (other, unit, hold_id, holder, until))
            connections.put_nowait(connection)
            return hold_id

        is_good = all([await compare(claim, bare, upsert, seats) for seats in (1, 4)])
        while not connections.empty():
            await connections.get_nowait().close()
    await redis.close()
    await db.close()
    server.remove()
    return is_good


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="hf-", ignore_cleanup_errors=True) as place:
        sys.exit(0 if asyncio.run(main(Path(place))) else 1)
