"""Listings, and what of them is free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from marketplace import clock
from marketplace.api.auth_context import Asking, Guarded, Member
from marketplace.api.html_middleware import FOR_GOOD
from marketplace.api.idempotency import Idempotent
from marketplace.api.listing_shapes import (
    CardPage,
    ListingChangeBody,
    ListingDraftBody,
    ListingShape,
    Search,
    SeatsShape,
)
from marketplace.api.problems import answers_with, refuses
from marketplace.cache import Cache
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries
from marketplace.catalog.views import ListingPage
from marketplace.db import transaction
from marketplace.errors import Unavailable
from marketplace.i18n import speaking, spoken
from marketplace.ids import ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.queries import allocated
from marketplace.inventory.watch import Hub, encode
from marketplace.posters import drawing as posters

router = APIRouter(tags=["Listings"], route_class=Idempotent)
streams = APIRouter(tags=["Listings"], route_class=Guarded)

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "`If-None-Match` names this version."}}

LONGEST_VERSION = 18
"""Digits: what a 64-bit counter can be asked for."""

_lists: Cache[tuple[str, str, int, int], bytes] = Cache(most=256)
"""Answers to searches, by what was asked, in which language, in which second, of which edition of the catalog."""

_pictures: Cache[str, bytes] = Cache(most=128)
"""Posters as they are drawn for links, by listing and version: each is some 60 kB."""


@router.get("/listings", response_model=CardPage, responses=refuses(404))
async def search(wanted: Annotated[Search, Query()], request: Request) -> Response:
    """The answer is the same for everybody, and at most a second old."""
    now = clock.now()

    async def look() -> bytes:
        async with transaction(reading=True) as session:
            page = await queries.listing_cards(
                session, wanted.filters(), now, cursor=wanted.cursor, limit=wanted.limit, sort=wanted.sort
            )
        return CardPage.of(page).model_dump_json().encode()

    # Within this process a change is seen at once, of another one after the second.
    key = (request.url.query, spoken(), int(now.timestamp()), queries.edition())
    return Response(await _lists.get(key, look), media_type="application/json")


@router.get("/listings/{id}")
async def show(id: str, actor: Asking) -> ListingShape:
    """By id or slug."""
    async with transaction(reading=True) as session:
        return ListingShape.of(await queries.listing_page(session, id, clock.now(), actor=actor))


@router.post("/listings", status_code=201, responses=refuses(404))
async def create(draft: ListingDraftBody, actor: Member) -> ListingShape:
    async with transaction() as session:
        return ListingShape.of(await catalog.create_listing(session, actor, draft.draft(), clock.now()))


@router.patch("/listings/{id}")
async def change(id: str, change: ListingChangeBody, actor: Member) -> ListingShape:
    async with transaction() as session:
        return ListingShape.of(
            await catalog.change_listing(session, actor, ListingId(id), change.change(), clock.now())
        )


@router.post("/listings/{id}/publish")
async def publish(id: str, actor: Member) -> ListingShape:
    async with transaction() as session:
        return ListingShape.of(await catalog.publish(session, actor, ListingId(id), clock.now()))


@streams.get("/listings/{id}/poster.svg", response_class=Response, responses=answers_with("image/svg+xml") | UNCHANGED)
async def poster(id: str, lang: str = "en", v: str = "", if_none_match: Annotated[str, Header()] = "") -> Response:
    """The poster, its date in `lang`: an address that many may keep must not depend on who asks.

    With the listing's version as `v` it may be kept for good.
    """
    async with transaction(reading=True) as session:
        page = await queries.listing_page(session, id, clock.now())
    with speaking(lang):
        headers = _kept(page, v)
        if headers["ETag"] in if_none_match:
            return Response(status_code=304, headers=headers)
        return Response(posters.of_listing(page), media_type="image/svg+xml", headers=headers)


@streams.get("/listings/{id}/poster.png", response_class=Response, responses=answers_with("image/png") | UNCHANGED)
async def picture(id: str, lang: str = "en", v: str = "", if_none_match: Annotated[str, Header()] = "") -> Response:
    """The poster for whoever shows a link to the listing: 1200 by 630, its date in `lang`."""
    async with transaction(reading=True) as session:
        page = await queries.listing_page(session, id, clock.now())
    with speaking(lang):
        headers = _kept(page, v)
        if headers["ETag"] in if_none_match:
            return Response(status_code=304, headers=headers)
        # The thread speaks the same language: it is started with a copy of this context.
        draw = partial(asyncio.to_thread, posters.picture, page)
        drawn = await _pictures.get(f"{page.id} {page.version} {spoken()}", draw)
    return Response(drawn, media_type="image/png", headers=headers)


def _kept(page: ListingPage, version: str) -> dict[str, str]:
    """How long a poster may be kept: one that is asked for by its version never changes."""
    return {
        # Weak, because it names both the plain and the compressed form.
        "ETag": f'W/"{page.id}-{page.version}-{spoken()}"',
        "Cache-Control": FOR_GOOD if version == str(page.version) else "public, max-age=3600",
    }


@streams.get("/listings/{id}/seats")
async def seats(id: str) -> SeatsShape:
    """Every unit that is not free: `held` or `sold`.

    While holds are paused (`is_paused`) this is what has been checked out or sold, as of version 0.
    """
    await queries.offer(ListingId(id))
    resource = ResourceId(id)
    try:
        snapshot = await inventory.snapshot(resource)
    except Unavailable:
        async with transaction(reading=True) as session:
            return SeatsShape(version=0, status=await allocated(session, resource, clock.now()), is_paused=True)
    return SeatsShape(version=snapshot.version, status=snapshot.status)


@streams.get(
    "/listings/{id}/seats/stream", response_class=StreamingResponse, responses=answers_with("text/event-stream")
)
async def stream(
    id: str,
    request: Request,
    last_event_id: Annotated[str, Header()] = "",
    resume_from: Annotated[str, Query(alias="last_event_id")] = "",
) -> StreamingResponse:
    """Server-sent events: a snapshot, or what changed since `Last-Event-ID`; then every change within 100 ms.

    A script that opens the stream anew cannot set that header; it says `?last_event_id=` instead.
    """
    await queries.offer(ListingId(id))
    hub: Hub = request.app.state.hub
    last = last_event_id or resume_from
    # What is no version of ours is none at all: the stream then begins with a snapshot.
    since = int(last) if last.isdecimal() and len(last) <= LONGEST_VERSION else None

    async def events() -> AsyncIterator[bytes]:
        async for event in hub.watch(ResourceId(id), since):
            yield encode(event)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)
