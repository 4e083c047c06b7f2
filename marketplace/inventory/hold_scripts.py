"""The seat keeper: calls the scripts on Redis and reads their answers.

Every verb is one EVALSHA on keys that share the hash tag `{resource}`, so that it is atomic, also on Redis Cluster. A
resource whose keys are missing (first use, flush, lost server) is rebuilt from SQL in passing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from redis.exceptions import ResponseError

from marketplace import clock, db
from marketplace.errors import Unavailable
from marketplace.i18n import _
from marketplace.ids import HoldId, ResourceId
from marketplace.inventory import queries
from marketplace.inventory.models import Allocation
from marketplace.inventory.views import Claim
from marketplace.redis import Lua, client, must_answer

_FOLDER = Path(__file__).parent / "scripts"
_NOT_NOW = ("READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN")
"""How a server refuses that is about to fail over, or has just done so. (One that is full: see `must_answer`.)"""


class Script:
    """A Lua script made of the files `names`, one after the other. Called with a resource and flat arguments."""

    def __init__(self, *names: str) -> None:
        self._lua = Lua("\n".join((_FOLDER / f"{name}.lua").read_text() for name in names))

    async def __call__(self, resource: ResourceId, *arguments: str | int) -> list[Any]:
        """The script's answer; the first word says what it means. Raises Unavailable."""
        answer = await self._run(resource, arguments)
        if answer[0] != "NOT_READY":
            return answer
        await rebuild(resource)
        answer = await self._run(resource, arguments)
        if answer[0] == "NOT_READY":
            raise Unavailable(_("Holds are paused for a moment while seats are being restored."), retry_after=1)
        return answer

    async def _run(self, resource: ResourceId, arguments: Sequence[str | int]) -> list[Any]:
        keys, channel = names_of(resource)
        with must_answer():
            try:
                answer: list[Any] = await self._lua(keys, clock.offset_ms(), channel, *arguments)
            except ResponseError as error:
                if any(sign in str(error) for sign in _NOT_NOW):
                    raise Unavailable(_("Holds are paused for a moment during a fail-over.")) from error
                raise
        return answer


CLAIM = Script("prelude", "claiming", "claim")
CLAIM_ANY = Script("prelude", "claiming", "claim_any")
HOLD = Script("prelude", "holding", "hold")
EXTEND = Script("prelude", "holding", "extend")
EXTEND_FOR_PAYMENT = Script("prelude", "holding", "extend_for_payment")
RELEASE = Script("prelude", "holding", "release")
BEGIN_CHECK_OUT = Script("prelude", "holding", "begin_check_out")
REOPEN = Script("prelude", "holding", "reopen")
OPEN_HOLD = Script("prelude", "open_hold")
SNAPSHOT = Script("prelude", "snapshot")
TAKEN = Script("prelude", "taken")
REAP = Script("prelude", "reap")
MARK_SOLD = Script("prelude", "mark_sold")
MARK_HELD = Script("prelude", "mark_held")
MARK_FREE = Script("prelude", "mark_free")
REBUILD = Script("rebuild")


@lru_cache(maxsize=4096)
def names_of(resource: str) -> tuple[tuple[str, ...], str]:
    """The keys of a resource, as the prelude of the scripts lists them, and the channel of its changes."""
    keys = ("units", "claims", "deadlines", "holders", "meta", "log", "notes", "grouped")
    return tuple(f"{{{resource}}}:{key}" for key in keys), f"{{{resource}}}:changes"


async def forget_all(but: Collection[ResourceId]) -> None:
    """Take the keys of every resource but these away. Raises Unavailable."""
    kept = {f"{{{resource}}}" for resource in but}
    with must_answer():
        async for key in client().scan_iter(match="{*}:*", count=1000):
            if key.rpartition(":")[0] not in kept:
                await client().unlink(key)


_rebuilding: dict[ResourceId, asyncio.Task[None]] = {}


async def rebuild(resource: ResourceId) -> None:
    """Fill the keys of a resource from SQL, unless somebody else has: of several processes that try at once, one does it.

    Within a process all wait for the same attempt: a crowd that finds Redis empty must not ask the database for a
    connection each. Who is in a transaction waits for nobody who may need a second one, but reads through it. What was
    checked out and not paid for in time is free; claims that had not been checked out are lost.
    """
    if db.within():
        await _rebuild(resource)
        return
    task = _rebuilding.get(resource)
    if task is None:
        task = _rebuilding[resource] = asyncio.create_task(_rebuild(resource), context=db.outside())
        task.add_done_callback(lambda _: _rebuilding.pop(resource))
    # Shielded: whoever came first may leave, the others still wait for it.
    await asyncio.shield(task)


async def _rebuild(resource: ResourceId) -> None:
    async with db.reading_along() as session:
        allocations = await queries.active(session, resource)
        highest = await queries.highest_fence(session, resource)
    now = clock.now()
    arguments: list[str | int] = []
    claims: dict[str, list[Allocation]] = {}
    for allocation in allocations:
        if allocation.is_sold:
            arguments += (allocation.unit, f"sold:{allocation.fence}")
        elif not allocation.has_run_out(now):
            arguments += (allocation.unit, allocation.hold_id)
            claims.setdefault(allocation.hold_id, []).append(allocation)
    units = len(arguments) // 2
    for hold_id, rows in claims.items():
        record = "\n".join((record_of(rows[0]), *(row.unit for row in rows)))
        arguments += (hold_id, milliseconds(rows[0].expires_at), record)
    await REBUILD(resource, highest, units, *arguments)


def record_of(allocation: Allocation) -> str:
    """The record (see scripts/prelude.lua) of a hold that was checked out, without its units."""
    expires = milliseconds(allocation.expires_at)
    lines = (allocation.holder, allocation.fence, expires, milliseconds(allocation.limit_at), 0, 1, 1, "-")
    return "\n".join(map(str, lines))


def claim_from(answer: Sequence[str], resource: ResourceId) -> Claim:
    """Read `OK, hold id, record, terms`."""
    id = HoldId(answer[1])
    holder, fence, deadline, limit, _, extended, checked_out, _, *units = answer[2].split("\n")
    return Claim(
        id, resource, holder, tuple(units), int(fence), instant(deadline), extended == "1", checked_out == "1",
        instant(limit), answer[3],
    )  # fmt: skip


def instant(ms: str | int) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
