"""Brings Redis in line with what SQL says: after each commit, again from the outbox, and when a server was restarted.

After a commit Redis is shown the very rows that were committed. The outbox comes later and trusts no news: it applies what SQL
says then, so news may come late, twice or in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from marketplace.db import Session, after_commit, reading_along, transaction
from marketplace.ids import HoldId
from marketplace.inventory import hold_scripts, queries
from marketplace.inventory.models import Allocation
from marketplace.redis import client, must_answer

log = structlog.get_logger()

_MENDED = "inventory:mended"
_LOST_AT_MOST = timedelta(seconds=10)
"""How much of its last work a Redis that was killed may have lost: a second by its settings, and slack."""


async def settle(hold_id: HoldId, fence: int | None = None) -> None:
    """Make the maps show what became of a hold that was checked out. Safe to repeat. Raises Unavailable.

    With a `fence`: what became of everything that was sold under it when the hold was shared out among many.
    """
    truth = await _truth(hold_id, fence)
    while True:
        await _apply(hold_id, truth)
        # Of two who settle the same hold, the one with older news may come last: whoever was last looks again.
        known, truth = truth, await _truth(hold_id, fence)
        if [row.model_dump() for row in truth] == [row.model_dump() for row in known]:
            return


def show_after_commit(session: Session, hold_id: HoldId, rows: Sequence[Allocation]) -> None:
    """Show these rows, all that the change is about, as soon as it is real. The outbox looks again."""

    async def hook() -> None:
        try:
            await _apply(hold_id, rows)
        except Exception as error:  # noqa: BLE001 - as in settle_if_possible
            log.warning("inventory.not_settled", hold=hold_id, error=repr(error))

    after_commit(session, hook)


async def settle_if_possible(hold_id: HoldId) -> None:
    """Settle, or leave it to the outbox, a later sale or the next rebuild."""
    try:
        await settle(hold_id)
    except Exception as error:  # noqa: BLE001 - the change is safe in SQL, which decides; a map that lags breaks nothing
        log.warning("inventory.not_settled", hold=hold_id, error=repr(error))


async def mend(now: datetime) -> int:
    """After a restart or fail-over of Redis, settle what changed in the last moments of the old one. How many holds."""
    with must_answer():
        run = (await client().info("server"))["run_id"]
        kept = await client().get(_MENDED)
    changed: list[HoldId] = []
    if kept and not kept.startswith(run):
        since = min(datetime.fromisoformat(kept.split()[1]), now) - _LOST_AT_MOST
        async with transaction(reading=True) as session:
            changed = await queries.changed_since(session, since)
        for hold_id in changed:
            await settle(hold_id)
        log.info("inventory.mended", holds=len(changed))
    with must_answer():
        await client().set(_MENDED, f"{run} {now.isoformat()}")
    return len(changed)


async def _truth(hold_id: HoldId, fence: int | None) -> list[Allocation]:
    async with reading_along() as session:
        if fence is None:
            return await queries.of_hold(session, hold_id)
        return await queries.of_fence(session, hold_id.resource, fence)


async def _apply(hold_id: HoldId, rows: Sequence[Allocation]) -> None:
    resource = hold_id.resource
    kept = [row for row in rows if row.is_active]
    sold = [row for row in kept if row.is_sold]
    unpaid = [row for row in kept if not row.is_sold]
    units_kept = {row.unit for row in kept}
    freed = [row for row in rows if row.unit not in units_kept]
    if freed:
        fence = max(row.fence for row in freed)
        await hold_scripts.MARK_FREE(resource, hold_id, fence, *dict.fromkeys(row.unit for row in freed))
    if sold:
        await hold_scripts.MARK_SOLD(resource, hold_id, sold[0].fence, *(row.unit for row in sold))
    if unpaid:
        await hold_scripts.MARK_HELD(
            resource, hold_id, hold_scripts.record_of(unpaid[0]), *(row.unit for row in unpaid)
        )
