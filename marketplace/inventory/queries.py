"""Every select on allocations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from sqlmodel import col, func, select

from marketplace.db import Session
from marketplace.ids import HoldId, ResourceId
from marketplace.inventory.models import Allocation
from marketplace.inventory.views import BOX_OFFICE, HELD, SOLD, Allotment

MOST_IN_ONE_SELECT = 5_000


def _portions(units: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(units), MOST_IN_ONE_SELECT):
        yield units[start : start + MOST_IN_ONE_SELECT]


async def of_hold(session: Session, hold_id: HoldId, *, lock: bool = False) -> list[Allocation]:
    """Every allocation that the hold has ever had; locked in one order, so that no two wait for each other."""
    wanted = select(Allocation).where(Allocation.hold_id == hold_id).order_by(col(Allocation.id))
    if lock:
        wanted = wanted.with_for_update()
    # A lock is taken to see what others have changed: rows that this session has read before are read again.
    return list(await session.exec(wanted, execution_options={"populate_existing": lock}))


async def of_fence(session: Session, resource: ResourceId, fence: int) -> list[Allocation]:
    """Every allocation under one claim of the resource, whichever holds it was shared out among."""
    wanted = select(Allocation).where(Allocation.resource == resource, Allocation.fence == fence)
    return list(await session.exec(wanted.order_by(col(Allocation.id))))


async def active_on(session: Session, resource: ResourceId, units: Sequence[str]) -> list[Allocation]:
    """Who has these units."""
    found: list[Allocation] = []
    for portion in _portions(units):
        found += await session.exec(
            select(Allocation).where(
                Allocation.resource == resource,
                col(Allocation.unit).in_(portion),
                col(Allocation.released_at).is_(None),
            )
        )
    return found


async def active(session: Session, resource: ResourceId) -> list[Allocation]:
    """All of a resource that is checked out or sold."""
    return list(
        await session.exec(
            select(Allocation).where(Allocation.resource == resource, col(Allocation.released_at).is_(None))
        )
    )


async def sold_count(session: Session, resource: ResourceId) -> int:
    """How many units of the resource are sold."""
    counted = await session.exec(
        select(func.count())
        .select_from(Allocation)
        .where(
            Allocation.resource == resource,
            col(Allocation.released_at).is_(None),
            col(Allocation.confirmed_at).is_not(None),
        )
    )
    return counted.one()


async def sold_counts(session: Session, resources: Iterable[ResourceId]) -> dict[ResourceId, int]:
    """How many units of each of these resources are sold; those without any are left out."""
    counted = await session.exec(
        select(Allocation.resource, func.count())
        .where(
            col(Allocation.resource).in_(set(resources)),
            col(Allocation.released_at).is_(None),
            col(Allocation.confirmed_at).is_not(None),
        )
        .group_by(col(Allocation.resource))
    )
    return {ResourceId(resource): count for resource, count in counted}


async def allotted(session: Session, resource: ResourceId, ref: str) -> list[Allotment]:
    """What was allotted for `ref` and has not been given back, the latest first."""
    rows = await session.exec(
        select(Allocation)
        .where(
            Allocation.resource == resource,
            Allocation.holder == BOX_OFFICE,
            Allocation.booking == ref,
            col(Allocation.released_at).is_(None),
        )
        .order_by(col(Allocation.hold_id).desc(), col(Allocation.id))
    )
    return [
        Allotment(HoldId(hold_id), tuple(row.unit for row in together), together[0].created_at)
        for hold_id, together in ((hold_id, list(some)) for hold_id, some in groupby(rows, lambda row: row.hold_id))
    ]


async def allocated(session: Session, resource: ResourceId, now: datetime) -> dict[str, str]:
    """`held` or `sold` for every unit that SQL knows of: all there is to know while Redis is away."""
    return {
        row.unit: SOLD if row.is_sold else HELD for row in await active(session, resource) if not row.has_run_out(now)
    }


async def highest_fence(session: Session, resource: ResourceId, units: Sequence[str] | None = None) -> int:
    """The highest fence that these units (or all of the resource) have ever been allocated under."""
    highest = select(func.max(Allocation.fence)).where(Allocation.resource == resource)
    if units is None:
        return (await session.exec(highest)).one() or 0
    found = [(await session.exec(highest.where(col(Allocation.unit).in_(some)))).one() for some in _portions(units)]
    return max(fence or 0 for fence in found)


async def run_out(session: Session, now: datetime, limit: int = 200, *, without: Collection[str] = ()) -> list[HoldId]:
    """Holds whose time to be paid for is over, found by `limit` of their units, longest over first."""
    ids = await session.exec(
        select(Allocation.hold_id)
        .where(
            col(Allocation.confirmed_at).is_(None),
            col(Allocation.released_at).is_(None),
            Allocation.expires_at <= now,
            col(Allocation.hold_id).not_in(without),
        )
        .order_by(col(Allocation.expires_at))
        .limit(limit)
    )
    return [HoldId(id) for id in dict.fromkeys(ids)]


async def changed_since(session: Session, since: datetime) -> list[HoldId]:
    """Holds of which some allocation has changed since then."""
    # Told apart here, as in `run_out`: asked for distinct ones, SQLite goes through all that there ever were, in their order.
    ids = await session.exec(select(Allocation.hold_id).where(Allocation.changed_at >= since))
    return [HoldId(id) for id in dict.fromkeys(ids)]
