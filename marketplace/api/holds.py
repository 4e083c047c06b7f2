"""Holds: seats kept for a while, for one visitor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from marketplace import clock
from marketplace.api.auth_context import Asking, limit_holds, shopper
from marketplace.api.credentials import CART_GIVEN
from marketplace.api.idempotency import Idempotent
from marketplace.api.problems import refuses
from marketplace.api.shapes import HoldRequest, HoldShape
from marketplace.bookings import holding
from marketplace.ids import HoldId, ListingId

router = APIRouter(tags=["Holds"], route_class=Idempotent)


@router.post("/holds", status_code=201, responses=CART_GIVEN | refuses(401, 403, 404, 429))
async def hold_seats(wanted: HoldRequest, request: Request, response: Response) -> HoldShape:
    """Hold seats. A visitor has one hold a listing: holding more adds to it and does not move its deadline.

    409 `seats_taken` names the seats that somebody else has.
    """
    # Called, not depended on: having FastAPI solve a dependency costs as much as a claim.
    actor = await shopper(request, response)
    await limit_holds(request, actor)
    held = await holding.hold(actor, ListingId(wanted.listing_id), wanted.wish, clock.now())
    return HoldShape.of(held)


@router.get("/holds/{id}", responses=refuses(429))
async def show_hold(id: str, actor: Asking, request: Request) -> HoldShape:
    await limit_holds(request, actor)
    return HoldShape.of(await holding.show(actor, HoldId(id)))


@router.post("/holds/{id}/extend", responses=refuses(429))
async def extend_hold(id: str, actor: Asking, request: Request) -> HoldShape:
    """Once for each hold."""
    await limit_holds(request, actor)
    return HoldShape.of(await holding.extend(actor, HoldId(id)))


@router.delete("/holds/{id}", status_code=204)
async def release_hold(
    id: str,
    actor: Asking,
    fence: Annotated[
        int | None, Query(ge=1, description="Of the hold as you saw it: 409 if it has changed since.")
    ] = None,
) -> Response:
    """Let go of the whole hold."""
    await holding.release(actor, HoldId(id), fence=fence)
    return Response(status_code=204)
