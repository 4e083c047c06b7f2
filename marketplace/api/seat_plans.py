"""Seat plans: imported, looked at, drawn."""

from __future__ import annotations

import asyncio
import gzip
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from marketplace import clock
from marketplace.api.auth_context import Guarded, Member
from marketplace.api.listings import UNCHANGED
from marketplace.api.problems import answers_with, refuses
from marketplace.cache import Cache
from marketplace.catalog import queries as catalog
from marketplace.db import transaction
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _
from marketplace.ids import ListingId, PlanId, SellerId
from marketplace.kinds.seats import actions, queries
from marketplace.kinds.seats.errors import PlanRefused
from marketplace.kinds.seats.kind import terms_of
from marketplace.kinds.seats.sketches import sketch_errors

streams = APIRouter(tags=["Listings"], route_class=Guarded)

_packed: Cache[str, bytes] = Cache(most=64)
"""Plans as they go over the wire: a hall of 60,000 is compressed once, not for each visitor."""


@streams.post(
    "/plans",
    status_code=201,
    responses=refuses(400, 404, 415),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def import_plan(
    request: Request, actor: Member, seller_id: str, *, drawing: bool = False
) -> dict[str, str | int]:
    """Import a seat plan document (the body, up to 32 MiB). 422 names every error with its path.

    With `drawing=true`, a refusal also has a `drawing`: an SVG of the seats that could be read, each error's number
    (counted from 1) where its place is known; empty if nothing can be drawn.
    """
    # The action asks the same: here, so that nobody sends 32 MiB in vain, nor makes us read them.
    actor.must_run(SellerId(seller_id))
    document = await request.body()
    if not document:
        raise Invalid(_("This seat plan is empty."), [FieldError("$", _("There is no document."))])
    try:
        async with transaction() as session:
            plan = await actions.import_plan(session, actor, SellerId(seller_id), document, clock.now())
    except PlanRefused as refused:
        if drawing:
            refused.details["drawing"] = await asyncio.to_thread(sketch_errors, document, refused.errors)
        raise
    return {"id": plan.id, "name": plan.name, "seats": plan.seat_count, "standing": plan.standing_count}


@streams.get("/plans/{id}/sketch.svg", response_class=Response, responses=answers_with("image/svg+xml"))
async def plan_sketch(id: str, actor: Member) -> Response:
    """A plan as a light picture, coloured by category; for the people of its shop."""
    async with transaction(reading=True) as session:
        plan = await queries.own_plan(session, actor, PlanId(id))
    picture = await queries.plan_sketch(plan.id)
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


@streams.get(
    "/listings/{id}/plan",
    response_class=Response,
    responses=answers_with("application/json") | UNCHANGED,
)
async def plan(
    id: str, if_none_match: Annotated[str, Header()] = "", accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """The plan's geometry, for drawing: immutable for each version."""
    terms = terms_of(await catalog.offer(ListingId(id)))
    etag, body = await queries.plan_geometry(PlanId(terms.plan_id or ""))
    headers = {
        # Weak, because it names both the plain and the compressed form.
        "ETag": f"W/{etag}",
        "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
        "Vary": "Accept-Encoding",
    }
    if etag in if_none_match or if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        body = await _packed.get(etag, partial(asyncio.to_thread, gzip.compress, body, 6))
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)
