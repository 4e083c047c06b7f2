"""Writing a listing bit by bit: every entry is kept as it is typed, and becomes the listing as soon as it can.

An unpublished listing follows its draft by itself. What the public sees does not: `take_over` puts the changes there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from marketplace.accounts.views import Actor
from marketplace.catalog import actions, currencies, drafts, queries
from marketplace.catalog.errors import ListingRefused, NoSuchListing, NotReady
from marketplace.catalog.models import Listing, ListingDraft
from marketplace.catalog.views import DraftView, ListingPage
from marketplace.db import Session
from marketplace.ids import ListingId, SellerId


async def begin(session: Session, actor: Actor, seller: SellerId, now: datetime, *, zone: str) -> ListingId:
    """A fresh draft for a listing-to-be, or the one that lies there empty already. Raises Forbidden.

    It begins with the seller's own `zone`, and the currency of the shop's last listing or else of that zone.
    """
    actor.must_run(seller)
    row = await queries.untouched_draft(session, seller)
    if row is None:
        currency = await queries.last_currency(session, seller) or currencies.usual("", zone, now)
        entries = drafts.blank(zone=zone, currency=currency)
        row = ListingDraft(id=ListingId.new(), seller_id=seller, entries=entries, created_at=now, changed_at=now)
        session.add(row)
        await session.flush()
    return ListingId(row.id)


async def fill(session: Session, actor: Actor, id: ListingId, entries: Mapping[str, str], now: datetime) -> DraftView:
    """Keep these entries; a listing that nobody can see yet follows them at once, if they make one.

    Raises NotFound for strangers, ListingRefused for entries that no draft has, ListingFrozen where it is over.
    """
    drafts.must_fit(entries)
    row, written = await _rows(session, id)
    view = await queries.view_draft(session, actor, id, row, written, now)
    merged = {**view.entries, **drafts.moved_along(view.entries, entries)}
    if await _follows_country(session, view, merged, now):
        merged["currency"] = _usual_currency(merged, now)
    merged = drafts.settled(merged)
    if merged == view.entries:
        return view
    if written is None:
        written = ListingDraft(id=id, seller_id=view.seller.id, entries={}, created_at=now, changed_at=now)
    written.write(merged, now)
    session.add(written)
    await session.flush()
    view = await queries.view_draft(session, actor, id, row, written, now)
    if view.errors or view.is_public:
        return await _tidied(session, actor, view, written, now)
    await _keep(session, actor, view, now)
    return await queries.draft(session, actor, id, now)


async def publish(session: Session, actor: Actor, id: ListingId, now: datetime) -> ListingPage:
    """Let everybody see it as it is written. Raises NotReady with everything that is wrong or missing, NotFound."""
    row, written = await _rows(session, id)
    view = await queries.view_draft(session, actor, id, row, written, now)
    must_be_whole(view)
    if view.is_ahead or view.page is None:
        await _keep(session, actor, view, now)
    return await actions.publish(session, actor, id, now)


async def take_over(session: Session, actor: Actor, id: ListingId, now: datetime) -> ListingPage:
    """Show the public what has been changed. Raises ListingRefused, NotReady, ListingFrozen, NotFound."""
    row, written = await _rows(session, id)
    view = await queries.view_draft(session, actor, id, row, written, now)
    if view.errors:
        raise ListingRefused(list(view.errors))
    return await _keep(session, actor, view, now)


async def give_up(session: Session, actor: Actor, id: ListingId, now: datetime) -> None:
    """Forget what has been typed and is not in the listing. Raises NotFound for strangers."""
    row, written = await _rows(session, id)
    await queries.view_draft(session, actor, id, row, written, now)
    await _forget(session, written)


def must_be_whole(view: DraftView) -> None:
    """Raises NotReady with everything that is wrong or missing for the public."""
    wanting = [*view.errors, *view.missing]
    if wanting:
        raise NotReady(wanting)


async def _follows_country(session: Session, view: DraftView, merged: Mapping[str, str], now: datetime) -> bool:
    """Whether the currency is still nobody's choice: the usual one of the place before, and the shop has no habit."""
    if merged.get("place.country") == view.entries.get("place.country") or view.is_public:
        return False
    is_chosen = merged.get("currency") != _usual_currency(view.entries, now)
    is_priced = any(text.strip() for name, text in merged.items() if name.startswith(drafts.PRICE))
    if is_chosen or is_priced:
        return False
    return await queries.last_currency(session, view.seller.id, other_than=view.id) is None


def _usual_currency(entries: Mapping[str, str], now: datetime) -> str:
    return currencies.usual(entries.get("place.country", ""), entries.get("place.zone", ""), now)


async def _rows(session: Session, id: ListingId) -> tuple[Listing | None, ListingDraft | None]:
    """The listing and its draft, both held against other writers: two tabs may be open."""
    try:
        row = await queries.lock(session, id)
    except NoSuchListing:
        row = None
    return row, await queries.draft_row(session, id, lock=True)


async def _keep(session: Session, actor: Actor, view: DraftView, now: datetime) -> ListingPage:
    """Have the listing say what the draft says, after which there is no need for the draft."""
    await _forget(session, await queries.draft_row(session, view.id))
    if view.page is None:
        return await actions.create_listing(session, actor, view.draft, now, id=view.id)
    return await actions.rewrite_listing(session, actor, view.id, view.draft, now)


async def _tidied(session: Session, actor: Actor, view: DraftView, written: ListingDraft, now: datetime) -> DraftView:
    if view.is_ahead or view.page is None:
        return view
    await _forget(session, written)
    return await queries.draft(session, actor, view.id, now)


async def _forget(session: Session, written: ListingDraft | None) -> None:
    if written is not None:
        await session.delete(written)
        await session.flush()
