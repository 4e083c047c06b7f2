"""What sellers do: write listings, put them on sale, close and cancel them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete

from marketplace import limits, settings
from marketplace.accounts import queries as accounts
from marketplace.accounts.views import Actor
from marketplace.catalog import queries, validation
from marketplace.catalog.errors import ListingRefused, NoSuchListing, NotReady
from marketplace.catalog.events import (
    ListingBackOnSale,
    ListingCancelled,
    ListingChanged,
    ListingClosed,
    ListingPublished,
    ListingSoldOut,
)
from marketplace.catalog.kind import kind
from marketplace.catalog.models import Listing, ListingPrice
from marketplace.catalog.views import ListingChange, ListingContent, ListingPage, Status, Stock
from marketplace.db import Session, after_commit
from marketplace.errors import FieldError
from marketplace.i18n import _
from marketplace.ids import ListingId, SellerId
from marketplace.outbox import record


async def create_listing(
    session: Session, actor: Actor, draft: ListingContent, now: datetime, *, id: ListingId | None = None
) -> ListingPage:
    """Write a draft, seen by the shop's people only; `id` is the one that has been promised to it, if any.

    Raises ListingRefused with every error, Forbidden, NotFound.
    """
    actor.must_run(draft.seller_id)
    shop = await accounts.seller_view(session, draft.seller_id)
    draft = validation.tidy(draft)
    stock = await stock_of(session, draft)
    validation.check(draft, stock)
    return await _create(session, draft, stock, id or ListingId.new(), shop.name, now)


async def _create(
    session: Session, draft: ListingContent, stock: Stock | None, id: ListingId, shop: str, now: datetime
) -> ListingPage:
    fees = settings.current()
    row = Listing(
        id=id,
        seller_id=draft.seller_id,
        slug=validation.slug_of(draft.title),
        commission_bp=fees.commission_bp,
        guest_surcharge_bp=fees.guest_surcharge_bp,
        created_at=now,
        changed_at=now,
        capacity=stock.capacity if stock else 0,
        **validation.columns(draft, now, shop),
    )
    await _add_with_free_slug(session, row)
    await _set_prices(session, row, draft.prices)
    return await queries.page_of(session, row, now)


async def change_listing(
    session: Session, actor: Actor, id: ListingId, change: ListingChange, now: datetime
) -> ListingPage:
    """Change what may still change.

    Raises ListingRefused or NotReady with every error, ListingFrozen, Forbidden, NotFound.
    """
    row = await _mine(session, actor, id)
    before = await queries.content_of(session, row)
    draft = validation.merged(before, change)
    return await _rewrite(session, row, before, validation.priced(draft, change, await stock_of(session, draft)), now)


async def rewrite_listing(
    session: Session, actor: Actor, id: ListingId, draft: ListingContent, now: datetime
) -> ListingPage:
    """Have a listing say what the draft says, and nothing else. Raises as `change_listing` does."""
    row = await _mine(session, actor, id)
    before = await queries.content_of(session, row)
    if draft.sale_starts_at is None and before.sale_starts_at and before.sale_starts_at <= now:
        # It shall be on sale at once, and it is.
        draft = replace(draft, sale_starts_at=before.sale_starts_at)
    return await _rewrite(session, row, before, draft, now)


async def _rewrite(
    session: Session, row: Listing, before: ListingContent, draft: ListingContent, now: datetime
) -> ListingPage:
    id = ListingId(row.id)
    stock = await stock_of(session, draft)
    draft = validation.tidy(draft)
    validation.check(draft, stock)
    shop = await accounts.seller_view(session, draft.seller_id)
    fields = row.change(validation.columns(draft, now, shop.name), now, draft.terms.frozen)
    row.count(row.sold, stock.capacity if stock else 0)
    if draft.prices != before.prices:
        row.reprice(now)
        await _set_prices(session, row, draft.prices)
        fields = (*fields, "prices")
    if fields and row.status != Status.DRAFT:
        await _must_be_ready(session, row, now)
        record(session, ListingChanged(id, draft.seller_id, fields), now)
    return await _kept(session, row, now)


async def set_fees(
    session: Session, actor: Actor, id: ListingId, *, commission_bp: int, guest_surcharge_bp: int, now: datetime
) -> ListingPage:
    """Agree on other fees for one listing, in hundredths of a percent. Raises ListingRefused, Forbidden, NotFound."""
    actor.must_operate()
    row = await queries.lock(session, id)
    fees = {"commission_bp": commission_bp, "guest_surcharge_bp": guest_surcharge_bp}
    errors = [
        FieldError(name, _("A fee must be between 0 and 5000 hundredths of a percent."))
        for name, fee in fees.items()
        if not 0 <= fee <= 5000
    ]
    if errors:
        raise ListingRefused(errors)
    row.change(fees, now)
    return await _kept(session, row, now)


async def publish(session: Session, actor: Actor, id: ListingId, now: datetime) -> ListingPage:
    """Let everybody see it; it is sold from the start of its sale.

    Raises NotReady with every error, UnlawfulStatus, Forbidden, NotFound.
    """
    row = await _mine(session, actor, id)
    row.publish(now)
    await _must_be_ready(session, row, now)
    record(session, ListingPublished(id, SellerId(row.seller_id)), now)
    return await _kept(session, row, now)


async def close(session: Session, actor: Actor, id: ListingId, now: datetime) -> ListingPage:
    """End the sale for good; what was sold stands. Raises UnlawfulStatus, Forbidden, NotFound."""
    row = await _mine(session, actor, id)
    row.close(now)
    record(session, ListingClosed(id, SellerId(row.seller_id)), now)
    return await _kept(session, row, now)


async def cancel(session: Session, actor: Actor, id: ListingId, now: datetime, *, reason: str = "") -> ListingPage:
    """Call it off; whoever bought is paid back by those who hear of it. Raises UnlawfulStatus, Forbidden, NotFound."""
    row = await _mine(session, actor, id)
    was_draft = row.status == Status.DRAFT
    row.cancel(" ".join(reason.split())[: limits.REASON], now)
    if not was_draft:
        record(session, ListingCancelled(id, SellerId(row.seller_id), row.cancel_reason or ""), now)
    return await _kept(session, row, now)


async def mark_sold_out(session: Session, id: ListingId, now: datetime) -> None:
    """Say that nothing is left; does nothing if that is known. Raises UnlawfulStatus, NotFound."""
    row = await queries.lock(session, id)
    if row.status != Status.SOLD_OUT:
        row.sell_out(now)
        record(session, ListingSoldOut(id, SellerId(row.seller_id)), now)
        await _kept(session, row, now)


async def put_back_on_sale(session: Session, id: ListingId, now: datetime) -> None:
    """Say that something has come free; does nothing unless it was sold out. Raises NotFound."""
    row = await queries.lock(session, id)
    if row.status == Status.SOLD_OUT:
        row.put_back_on_sale(now)
        record(session, ListingBackOnSale(id, SellerId(row.seller_id)), now)
        await _kept(session, row, now)


async def keep_sold_out_sign(
    session: Session, id: ListingId, how_many_sold: Callable[[], Awaitable[int]], now: datetime
) -> None:
    """Count what is sold, and hang out the sold-out sign or take it in by that. Raises NotFound.

    Asked under the listing's lock, so that of two who reckon at once the later one has the last word.
    """
    row = await queries.lock(session, id)
    if row.status_at(now) not in {Status.ON_SALE, Status.SOLD_OUT}:
        return
    row.count(sold := await how_many_sold(), row.capacity)
    session.add(row)
    if sold >= row.capacity:
        await mark_sold_out(session, id, now)
    else:
        await put_back_on_sale(session, id, now)


async def stock_of(session: Session, draft: ListingContent) -> Stock | None:
    """What a draft offers for sale, if its shop may."""
    return await kind(draft.kind).stock(session, draft.terms, draft.seller_id)


async def _mine(session: Session, actor: Actor, id: ListingId) -> Listing:
    """The row, locked, for those who may write it. For all others a draft does not exist, and the rest is forbidden."""
    row = await queries.lock(session, id)
    if row.status == Status.DRAFT and not queries.may_see_drafts(actor, row.seller_id):
        raise NoSuchListing
    actor.must_run(SellerId(row.seller_id))
    return row


async def _must_be_ready(session: Session, row: Listing, now: datetime) -> None:
    """Raises NotReady that names everything which a public listing needs and this one lacks."""
    draft = await queries.content_of(session, row)
    stock = await stock_of(session, draft)
    shop = await accounts.seller_view(session, draft.seller_id)
    errors = validation.missing(draft, stock, now, is_suspended=shop.is_suspended)
    if errors:
        raise NotReady(errors)


async def _add_with_free_slug(session: Session, row: Listing) -> None:
    """Add the row under the slug that it wishes for; if that is taken, under one that cannot be."""
    unique = f"{row.slug}-{row.id[-6:].lower()}"
    if await queries.slug_is_taken(session, row.slug):
        row.slug = unique
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Somebody took it at the same moment.
        row.slug = unique
        session.add(row)
        await session.flush()


async def _set_prices(session: Session, row: Listing, prices: Mapping[str, int]) -> None:
    row.cheapest = min(prices.values(), default=0)
    await session.execute(delete(ListingPrice).where(col(ListingPrice.listing_id) == row.id))
    session.add_all(
        ListingPrice(listing_id=row.id, category=category, minor=minor) for category, minor in prices.items()
    )
    await session.flush()


async def _kept(session: Session, row: Listing, now: datetime) -> ListingPage:
    """Write the change, have this process forget what it knew, and show the listing."""
    id = ListingId(row.id)
    session.add(row)
    await session.flush()

    async def forget() -> None:
        queries.forget(id)

    after_commit(session, forget)
    return await queries.page_of(session, row, now)
