"""Every select of the catalog, and what each process keeps of the answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists
from sqlmodel import col, func, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.views import Actor, SellerView
from marketplace.cache import Cache
from marketplace.catalog import drafts, validation
from marketplace.catalog.errors import NoSuchListing
from marketplace.catalog.finding import ORDERS, CheapestFirst, conditions
from marketplace.catalog.kind import kind
from marketplace.catalog.models import Listing, ListingDraft, ListingPrice
from marketplace.catalog.views import (
    DraftCard,
    DraftView,
    EventDetails,
    ListingCard,
    ListingContent,
    ListingFilters,
    ListingPage,
    Offer,
    Place,
    Policy,
    PriceView,
    Sort,
    Status,
    Stock,
    Terms,
    is_open,
    poster_url,
)
from marketplace.db import Session, transaction
from marketplace.ids import ListingId, SellerId
from marketplace.money import Money
from marketplace.paging import MOST_PER_PAGE, Keyset, Page, bounded

_offers: Cache[ListingId, Offer] = Cache(most=2_000, seconds=2)


class _Catalog:
    edition = 0
    """Counts changes of listings that this process has made."""


_catalog = _Catalog()


# For buyers, from this process's memory where that will do


async def offer(id: ListingId) -> Offer:
    """What may be held and bought of a listing, at most two seconds old. Raises NotFound, for drafts, too."""

    async def load() -> Offer:
        async with transaction(reading=True) as session:
            return await offer_within(session, id)

    return await _offers.get(id, load)


def forget(id: ListingId) -> None:
    """Drop what this process keeps of a listing: it has just changed here."""
    _offers.forget(id)
    _catalog.edition += 1


def edition() -> int:
    """Another number after each change of a listing in this process."""
    return _catalog.edition


async def offer_within(session: Session, id: ListingId) -> Offer:
    """The same as `offer`, as this transaction sees it. Raises NotFound."""
    row = await _listing(session, id)
    terms, stock = await _terms_and_stock(session, row)
    if row.status == Status.DRAFT or stock is None:
        raise NoSuchListing
    seller = await accounts.seller_view(session, SellerId(row.seller_id))
    return Offer(
        listing_id=ListingId(row.id),
        seller_id=seller.id,
        seller_name=seller.name,
        slug=row.slug,
        kind=row.kind,
        title=row.title,
        place_name=row.place_name,
        address=row.address,
        city=row.city,
        currency=row.currency,
        status=Status(row.status),
        terms=terms,
        stock=stock,
        version=row.version,
        prices={category: Money(minor, row.currency) for category, minor in (await prices_of(session, id)).items()},
        max_per_buyer=row.max_per_buyer,
        commission_bp=row.commission_bp,
        guest_surcharge_bp=row.guest_surcharge_bp,
        policy=Policy(row.policy),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        doors_at=row.doors_at,
        sale_starts_at=row.sale_starts_at,
        zone=row.zone,
        is_suspended=seller.is_suspended,
    )


async def stock(session: Session, id: ListingId) -> Stock | None:
    """All that a listing offers; None for a draft that does not say so yet. Raises NotFound."""
    return (await _terms_and_stock(session, await _listing(session, id)))[1]


async def _terms_and_stock(session: Session, row: Listing) -> tuple[Terms, Stock | None]:
    its = kind(row.kind)
    terms = its.terms.model_validate(row.terms)
    return terms, await its.stock(session, terms)


async def occasion(session: Session, id: ListingId) -> EventDetails:
    """What, when and where it is by now. Raises NotFound."""
    return EventDetails.of(await _listing(session, id))


async def why_called_off(session: Session, id: ListingId) -> str | None:
    """What its seller wrote when calling it off, which may be nothing; None where it takes place."""
    found = await session.exec(
        select(func.coalesce(Listing.cancel_reason, "")).where(Listing.id == id, Listing.status == Status.CANCELLED)
    )
    return found.first()


async def standing(session: Session, id: ListingId) -> tuple[str | None, EventDetails]:
    """Why it is called off, as `why_called_off`, and what, when and where it is. Raises NotFound."""
    row = await _listing(session, id)
    return (row.cancel_reason or "") if row.status == Status.CANCELLED else None, EventDetails.of(row)


# Listings


async def listing_page(session: Session, id_or_slug: str, now: datetime, actor: Actor | None = None) -> ListingPage:
    """A listing, whole. Raises NotFound; a draft exists for the people of its shop only."""
    named = Listing.id == id_or_slug if id_or_slug.startswith(f"{ListingId.prefix}_") else Listing.slug == id_or_slug
    row = (await session.exec(select(Listing).where(named))).first()
    if row is None or (row.status == Status.DRAFT and not may_see_drafts(actor, row.seller_id)):
        raise NoSuchListing
    return await page_of(session, row, now)


async def offered_by(session: Session, seller: SellerId) -> int:
    """How many listings the shop has had that the public could see."""
    counted = await session.exec(
        select(func.count()).select_from(Listing).where(Listing.seller_id == seller, Listing.status != Status.DRAFT)
    )
    return counted.one()


async def page_of(session: Session, row: Listing, now: datetime) -> ListingPage:
    """The view of a row that has been loaded already."""
    id = ListingId(row.id)
    seller = await accounts.seller_view(session, SellerId(row.seller_id))
    terms, stock = await _terms_and_stock(session, row)
    prices = await prices_of(session, id)
    return ListingPage(
        id=id,
        slug=row.slug,
        kind=row.kind,
        title=row.title,
        story=row.story,
        category=row.category,
        place=place_of(row),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        doors_at=row.doors_at,
        sale_starts_at=row.sale_starts_at,
        status=row.status_at(now),
        is_on_sale=_is_on_sale(row, seller, now),
        currency=row.currency,
        terms=terms,
        capacity=stock.capacity if stock else 0,
        prices=_price_views(stock, prices, row.currency),
        policy=Policy(row.policy),
        max_per_buyer=row.max_per_buyer,
        commission_bp=row.commission_bp,
        guest_surcharge_bp=row.guest_surcharge_bp,
        seller=seller,
        poster_url=poster_url(ListingId(row.id), row.version),
        version=row.version,
        cancel_reason=row.cancel_reason,
        created_at=row.created_at,
        published_at=row.published_at,
    )


async def listing_cards(
    session: Session,
    filters: ListingFilters,
    now: datetime,
    cursor: str | None = None,
    limit: int = 24,
    sort: Sort = Sort.SOONEST,
    currency: str = "",
) -> Page[ListingCard]:
    """Published listings in the order of `sort`. Raises Invalid for a cursor that we did not make, or of another order.

    The lowest price comes first within each currency: first those in `currency`, or else in what most listings ask for.
    """
    order: Keyset[ListingId] | CheapestFirst
    if sort is not Sort.CHEAPEST:
        order = ORDERS[sort]
    elif cursor:
        order = CheapestFirst.again(cursor)
    else:
        order = CheapestFirst(currency or next(iter(await currencies(session, now)), ""))
    return await _page(session, select(Listing).where(*conditions(filters, now)), now, cursor, limit, order)


async def listing_count(session: Session, filters: ListingFilters, now: datetime, most: int = 1_000) -> int:
    """How many there are to page through; `most + 1` says that there are more than `most`."""
    some = select(Listing.id).where(*conditions(filters, now)).limit(most + 1).subquery()
    counted = await session.exec(select(func.count()).select_from(some))
    return counted.one()


async def public_slugs(session: Session, now: datetime, limit: int) -> list[tuple[str, datetime]]:
    """(slug, last change) of listings that one can still look forward to, the soonest first."""
    rows = await session.exec(
        select(Listing.slug, Listing.changed_at)
        .where(*conditions(ListingFilters(), now))
        .order_by(col(Listing.starts_at), col(Listing.id))
        .limit(limit)
    )
    return [(slug, changed_at) for slug, changed_at in rows]


async def shop_listings(
    session: Session, actor: Actor, seller: SellerId, now: datetime, cursor: str | None = None, limit: int = 24
) -> Page[ListingCard]:
    """Every listing of a shop for its own people: drafts, cancelled and past ones, too. Raises Forbidden, Invalid."""
    actor.must_run(seller)
    return await _page(session, select(Listing).where(Listing.seller_id == seller), now, cursor, limit)


async def own_listing(session: Session, actor: Actor, id: ListingId, now: datetime) -> ListingPage:
    """A listing, whole, for those who run its shop. Raises NotFound for everybody else: it is not theirs to manage."""
    row = await session.get(Listing, id)
    if row is None or not may_see_drafts(actor, row.seller_id):
        raise NoSuchListing
    return await page_of(session, row, now)


async def capacities_of(session: Session, ids: Iterable[ListingId]) -> dict[ListingId, int]:
    """How many units there are of each."""
    rows = await session.exec(select(Listing.id, Listing.capacity).where(col(Listing.id).in_(set(ids))))
    return {ListingId(id): count for id, count in rows}


async def draft_row(session: Session, id: ListingId, *, lock: bool = False) -> ListingDraft | None:
    wanted = select(ListingDraft).where(ListingDraft.id == id)
    return (await session.exec(wanted.with_for_update() if lock else wanted)).first()


async def last_currency(session: Session, seller: SellerId, *, other_than: ListingId | None = None) -> str | None:
    """What the shop's latest listing costs money in; None where it has not written any, or none but this one."""
    found = await session.exec(
        select(Listing.currency)
        .where(Listing.seller_id == seller, col(Listing.id).is_distinct_from(other_than))
        .order_by(col(Listing.created_at).desc(), col(Listing.id).desc())
        .limit(1)
    )
    return found.first()


async def untouched_draft(session: Session, seller: SellerId) -> ListingDraft | None:
    """A draft on which nothing has been written yet."""
    found = await session.exec(
        select(ListingDraft)
        .where(ListingDraft.seller_id == seller, ListingDraft.created_at == ListingDraft.changed_at)
        .limit(1)
    )
    return found.first()


async def unlisted_drafts(session: Session, actor: Actor, seller: SellerId) -> list[DraftCard]:
    """Listings of a shop that are still too unfinished to be kept as such, latest change first. Raises Forbidden."""
    actor.must_run(seller)
    rows = await session.exec(
        select(ListingDraft)
        .where(
            ListingDraft.seller_id == seller,
            ListingDraft.created_at != ListingDraft.changed_at,
            ~exists().where(col(Listing.id) == col(ListingDraft.id)),
        )
        .order_by(col(ListingDraft.changed_at).desc())
        .limit(MOST_PER_PAGE)
    )
    return [DraftCard(ListingId(row.id), row.entries.get("title", ""), row.changed_at) for row in rows]


async def draft(session: Session, actor: Actor, id: ListingId, now: datetime) -> DraftView:
    """A listing as it is being written, or as it was last kept. Raises NotFound for strangers."""
    row, written = await session.get(Listing, id), await draft_row(session, id)
    return await view_draft(session, actor, id, row, written, now)


async def view_draft(
    session: Session, actor: Actor, id: ListingId, row: Listing | None, written: ListingDraft | None, now: datetime
) -> DraftView:
    """The view of rows that have been loaded already. Raises NotFound."""
    owner = row or written
    if owner is None or not may_see_drafts(actor, owner.seller_id):
        raise NoSuchListing
    shop = await accounts.seller_view(session, SellerId(owner.seller_id))
    kept = {} if row is None else drafts.write(await content_of(session, row), now)
    entries = kept if written is None else kept | written.entries
    its = drafts.kind_in(entries)
    stock = await its.stock(session, its.read(entries)[0], shop.id)
    draft, errors = drafts.read(entries, shop.id, stock)
    return DraftView(
        id=id,
        seller=shop,
        entries=entries,
        errors=tuple(errors),
        missing=tuple(validation.missing(draft, stock, now, is_suspended=shop.is_suspended)),
        draft=draft,
        page=None if row is None else await page_of(session, row, now),
        is_ahead=entries != kept,
    )


async def cards_by_id(session: Session, ids: Iterable[ListingId], now: datetime) -> dict[ListingId, ListingCard]:
    """Cards of those of `ids` that exist and are no drafts, in three queries however many they are."""
    rows = (
        await session.exec(select(Listing).where(col(Listing.id).in_(set(ids)), col(Listing.status) != Status.DRAFT))
    ).all()
    return {card.id: card for card in await _cards(session, rows, now)}


async def cities(session: Session, now: datetime) -> list[str]:
    """Where something is on that one can still look forward to, in alphabetical order."""
    named = col(Listing.city)
    rows = await session.exec(select(named).where(*conditions(ListingFilters(), now)).distinct().order_by(named))
    return list(rows)


async def currencies(session: Session, now: datetime) -> list[str]:
    """What one can pay in for something that one can still look forward to, what most listings ask for first."""
    named = col(Listing.currency)
    rows = await session.exec(
        select(named).where(*conditions(ListingFilters(), now)).group_by(named).order_by(func.count().desc(), named)
    )
    return list(rows)


async def is_anything_listed(session: Session) -> bool:
    """Whether there is any listing at all, in whatever state."""
    return (await session.exec(select(Listing.id).limit(1))).first() is not None


# For actions


async def lock(session: Session, id: ListingId) -> Listing:
    """The row, held against other changes until the transaction ends; orders for it go on. Raises NotFound."""
    # FOR NO KEY UPDATE: an order refers to its listing by a foreign key, whose check would wait for any stronger lock.
    row = (await session.exec(select(Listing).where(Listing.id == id).with_for_update(key_share=True))).first()
    if row is None:
        raise NoSuchListing
    return row


async def slug_is_taken(session: Session, slug: str) -> bool:
    return (await session.exec(select(Listing.id).where(Listing.slug == slug))).first() is not None


async def prices_of(session: Session, id: ListingId) -> dict[str, int]:
    """Minor units by category."""
    rows = await session.exec(select(ListingPrice).where(ListingPrice.listing_id == id).order_by(ListingPrice.category))
    return {row.category: row.minor for row in rows}


async def content_of(session: Session, row: Listing) -> ListingContent:
    """A listing as its seller could have written it down today."""
    return ListingContent(
        seller_id=SellerId(row.seller_id),
        title=row.title,
        story=row.story,
        category=row.category,
        place=place_of(row),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        currency=row.currency,
        kind=row.kind,
        doors_at=row.doors_at,
        sale_starts_at=row.sale_starts_at,
        terms=kind(row.kind).terms.model_validate(row.terms),
        prices=await prices_of(session, ListingId(row.id)),
        policy=row.policy,
        max_per_buyer=row.max_per_buyer,
    )


# Views


def place_of(row: Listing) -> Place:
    return Place(
        name=row.place_name,
        city=row.city,
        country=row.country,
        zone=row.zone,
        address=row.address,
        latitude=row.latitude,
        longitude=row.longitude,
    )


async def _listing(session: Session, id: ListingId) -> Listing:
    row = await session.get(Listing, id)
    if row is None:
        raise NoSuchListing
    return row


def may_see_drafts(actor: Actor | None, seller: str) -> bool:
    return actor is not None and (actor.is_operator or actor.is_system or seller in actor.sellers)


def _is_on_sale(row: Listing, seller: SellerView, now: datetime) -> bool:
    return not seller.is_suspended and is_open(row.status, row.sale_starts_at, row.starts_at, now)


def _price_views(stock: Stock | None, prices: Mapping[str, int], currency: str) -> tuple[PriceView, ...]:
    if stock is None:
        return ()
    capacities = stock.capacities
    return tuple(
        PriceView(
            category.name,
            category.color,
            Money(prices[category.name], currency) if category.name in prices else None,
            capacities[category.name],
        )
        for category in stock.categories
    )


# Lists, page by page


async def _page(
    session: Session,
    wanted: Any,
    now: datetime,
    cursor: str | None,
    limit: int,
    order: Keyset[ListingId] | CheapestFirst = ORDERS[Sort.SOONEST],
) -> Page[ListingCard]:
    limit = bounded(limit)
    if cursor:
        wanted = wanted.where(order.after(cursor))
    rows = (await session.exec(wanted.order_by(*order.columns()).limit(limit + 1))).all()
    page = Page.cut(rows, limit, order.cursor)
    return page.of(await _cards(session, page.items, now))


async def _cards(session: Session, rows: Collection[Listing], now: datetime) -> list[ListingCard]:
    """Cards of rows, in the same order; two more queries however many there are."""
    if not rows:
        return []
    sellers = await accounts.seller_views(session, {SellerId(row.seller_id) for row in rows})
    spans = await session.execute(
        select(ListingPrice.listing_id, func.min(ListingPrice.minor), func.max(ListingPrice.minor))
        .where(col(ListingPrice.listing_id).in_([row.id for row in rows]))
        .group_by(col(ListingPrice.listing_id))
    )
    span_of = {id: (least, most) for id, least, most in spans}
    return [_card(row, sellers[SellerId(row.seller_id)], span_of.get(row.id), now) for row in rows]


def _card(row: Listing, seller: SellerView, span: tuple[int, int] | None, now: datetime) -> ListingCard:
    return ListingCard(
        id=ListingId(row.id),
        slug=row.slug,
        kind=row.kind,
        title=row.title,
        category=row.category,
        place_name=row.place_name,
        city=row.city,
        country=row.country,
        zone=row.zone,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sale_starts_at=row.sale_starts_at,
        status=row.status_at(now),
        is_on_sale=_is_on_sale(row, seller, now),
        price_from=Money(span[0], row.currency) if span else None,
        price_to=Money(span[1], row.currency) if span else None,
        seller_id=seller.id,
        seller_name=seller.name,
        poster_url=poster_url(ListingId(row.id), row.version),
        capacity=row.capacity,
        sold=row.sold,
    )
