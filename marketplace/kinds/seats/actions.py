"""What sellers do about their seat plans."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries as accounts
from marketplace.accounts.views import Actor
from marketplace.db import Session
from marketplace.ids import PlanId, SellerId
from marketplace.kinds.seats import queries
from marketplace.kinds.seats.models import Plan
from marketplace.kinds.seats.plans import canonical, parse, read_plan
from marketplace.kinds.seats.seating import SeatPlan
from marketplace.kinds.seats.views import PlanView


async def import_plan(
    session: Session, actor: Actor, seller: SellerId, document: bytes | str | Mapping[str, Any], now: datetime
) -> PlanView:
    """Keep a seat plan. The same document again is the same plan. Raises PlanRefused with every error, Forbidden."""
    actor.must_run(seller)
    await accounts.seller_view(session, seller)
    body, plan = await asyncio.to_thread(_read, document)
    digest = sha256(body).hexdigest()
    known = await queries.plan_by_digest(session, seller, digest)
    if known is not None:
        return queries.plan_view(known)
    row = Plan(
        id=PlanId.new(),
        seller_id=seller,
        name=plan.name,
        digest=digest,
        document=await asyncio.to_thread(Plan.pack, body),
        seat_count=len(plan.seats),
        standing_count=plan.capacity - len(plan.seats),
        capacities=plan.capacities,
        created_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # The same document came in twice at the same moment; the other one was first.
        known = await queries.plan_by_digest(session, seller, digest)
        if known is None:
            raise
        row = known
    return queries.plan_view(row)


def _read(document: bytes | str | Mapping[str, Any]) -> tuple[bytes, SeatPlan]:
    parsed = parse(document)
    plan = read_plan(parsed)
    return canonical(parsed), plan
