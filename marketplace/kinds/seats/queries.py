"""Every select of seat plans, and what each process keeps of the answers."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlmodel import col, select

from marketplace.accounts.views import Actor
from marketplace.cache import Cache
from marketplace.catalog import queries as catalog
from marketplace.db import Session, transaction
from marketplace.ids import PlanId, SellerId
from marketplace.kinds.seats import sketches
from marketplace.kinds.seats.errors import NoSuchPlan
from marketplace.kinds.seats.models import Plan
from marketplace.kinds.seats.plans import geometry, read_plan
from marketplace.kinds.seats.seating import SeatPlan
from marketplace.kinds.seats.views import PlanView

_plans: Cache[PlanId, SeatPlan] = Cache(most=64)
_sketches: Cache[PlanId, str] = Cache(most=32)
_geometries: Cache[PlanId, tuple[str, bytes]] = Cache(most=64)


async def plan(id: PlanId) -> SeatPlan:
    """A seat plan; plans never change, so it is kept. Raises NotFound."""

    async def load() -> SeatPlan:
        async with transaction(reading=True) as session:
            return await _read(session, id)

    return await _plans.get(id, load)


async def plan_geometry(id: PlanId) -> tuple[str, bytes]:
    """(ETag, JSON) of a plan as the browser draws it; see plans.geometry for its shape. Raises NotFound."""

    async def load() -> tuple[str, bytes]:
        known = await plan(id)
        return f'"{id}"', await asyncio.to_thread(geometry, known, id)

    return await _geometries.get(id, load)


async def plan_within(session: Session, id: PlanId) -> SeatPlan:
    """A plan as this transaction sees it: it may be the one that imported it. Raises NotFound."""
    return _plans.peek(id) or _plans.put(id, await _read(session, id))


async def _read(session: Session, id: PlanId) -> SeatPlan:
    packed = (await session.exec(select(Plan.document).where(Plan.id == id))).first()
    if packed is None:
        raise NoSuchPlan
    # A big hall takes a second to read: the event loop has better things to do.
    return await asyncio.to_thread(lambda: read_plan(Plan.unpack(packed)))


async def plans_of(session: Session, actor: Actor, seller: SellerId) -> list[PlanView]:
    """A shop's seat plans, the newest first. Raises Forbidden."""
    actor.must_run(seller)
    columns: Any = [column for column in Plan.__table__.columns if column.name != "document"]  # type: ignore[attr-defined]
    rows = await session.execute(select(*columns).where(col(Plan.seller_id) == seller).order_by(col(Plan.id).desc()))
    return [plan_view(row) for row in rows]


async def own_plan(session: Session, actor: Actor, id: PlanId) -> PlanView:
    """One seat plan of a shop that the actor runs. Raises NotFound for everybody else's."""
    row = await session.get(Plan, id)
    if row is None or not catalog.may_see_drafts(actor, row.seller_id):
        raise NoSuchPlan
    return plan_view(row)


async def plan_sketch(id: PlanId) -> str:
    """A plan as a light SVG, coloured by category. Raises NotFound."""

    async def load() -> str:
        return await asyncio.to_thread(sketches.sketch, await plan(id))

    return await _sketches.get(id, load)


async def owned_plan(session: Session, id: PlanId | None, seller: SellerId) -> SeatPlan | None:
    """The plan if there is one and it belongs to this shop."""
    if id is None:
        return None
    owner = (await session.exec(select(Plan.seller_id).where(Plan.id == id))).first()
    return await plan_within(session, id) if owner == seller else None


async def plan_by_digest(session: Session, seller: SellerId, digest: str) -> Plan | None:
    return (await session.exec(select(Plan).where(Plan.seller_id == seller, Plan.digest == digest))).first()


def plan_view(row: Any) -> PlanView:
    """The view of a Plan, or of its columns without the document."""
    return PlanView(
        id=PlanId(row.id),
        seller_id=SellerId(row.seller_id),
        name=row.name,
        digest=row.digest,
        seat_count=row.seat_count,
        standing_count=row.standing_count,
        capacities=row.capacities,
        created_at=row.created_at,
    )
