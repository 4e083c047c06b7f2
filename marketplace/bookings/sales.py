"""What sellers may see of their sales: every select and reckoning behind their desk.

To everybody who does not run the shop, the listing does not exist here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, outerjoin
from sqlalchemy import select as sql_select
from sqlmodel import and_, col, func, or_, select

from marketplace.bookings import queries
from marketplace.bookings.models import Booking, BookingLine
from marketplace.bookings.views import (
    CallOffQuote,
    CategorySales,
    ChangeQuote,
    HeldBack,
    RevenuePeriod,
    Sales,
    SoldOrder,
    Status,
)
from marketplace.catalog import queries as catalog
from marketplace.catalog import writing
from marketplace.catalog.kind import kind
from marketplace.catalog.views import EVENT_DETAILS, EventDetails, ListingPage
from marketplace.db import transaction
from marketplace.errors import Unavailable
from marketplace.ids import BookingId, ListingId, PaymentId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import queries as allocations
from marketplace.inventory.views import HELD, SOLD
from marketplace.money import Money
from marketplace.paging import MOST_PER_PAGE, Keyset, Page, bounded
from marketplace.payments import queries as payments

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor
    from marketplace.catalog.views import Stock
    from marketplace.db import Session

BOX_OFFICE = "box office"
"""What held-back seats are allotted for."""

LIVE = (Status.PENDING_PAYMENT, Status.CONFIRMED)

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_MOST_BARS = 60
_SOLD = Keyset("sold", BookingId, Booking.id, Booking.created_at, is_descending=True, is_instant=True)


async def sales(session: Session, actor: Actor, id: ListingId, now: datetime) -> Sales:
    """How a listing sells at this moment. Raises NotFound for strangers."""
    page = await catalog.own_listing(session, actor, id, now)
    brought = await _brought(session, id)
    counts = await _counts(session, page, await catalog.stock(session, id), now)
    return Sales(
        listing=page,
        categories=tuple(
            CategorySales(
                entry.category,
                entry.color,
                entry.capacity,
                counts[SOLD][entry.category],
                counts[HELD][entry.category],
                counts[BOX_OFFICE][entry.category],
                Money(brought.by_category.get(entry.category, 0), page.currency),
            )
            for entry in page.prices
            if entry.capacity
        ),
        statuses=await _statuses(session, id),
        ordered=(await tickets_ordered(session, [id])).get(id, 0),
        revenue=Money(brought.revenue, page.currency),
        commission=Money(brought.commission, page.currency),
        fees=Money(brought.fees, page.currency),
        paid_out_at=kind(page.kind).paid_out_at(ends_at=page.ends_at, zone=page.place.zone),
    )


async def _counts(
    session: Session, page: ListingPage, stock: Stock | None, now: datetime
) -> Mapping[str, Counter[str]]:
    """Units by status (held, sold, box office) and category."""
    counts: dict[str, Counter[str]] = {SOLD: Counter(), HELD: Counter(), BOX_OFFICE: Counter()}
    if stock is None:
        return counts
    resource = ResourceId(page.id)
    try:
        status = (await inventory.snapshot(resource)).status
    except Unavailable:
        status = await allocations.allocated(session, resource, now)
    kept_back = {unit for some in await allocations.allotted(session, resource, BOX_OFFICE) for unit in some.units}
    for unit, word in status.items():
        place = stock.find(unit)
        if place is not None:
            counts[BOX_OFFICE if unit in kept_back else word][str(place.category)] += 1
    return counts


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a listing's orders have brought and not given back, in minor units: to its seller, and in buyers' fees."""

    by_category: Mapping[str, int]
    revenue: int
    commission: int
    fees: int


async def _brought(session: Session, id: ListingId) -> _Brought:
    """Every order's money as it lies with us: whole, or what a cancelling or a refund has left of it."""
    rows = await session.execute(
        sql_select(func.sum(Booking.price_minor), func.sum(Booking.commission_minor), func.sum(_LEFT - _NET))
        .select_from(_ORDERS)
        .where(col(Booking.listing_id) == id, _IS_WHOLE)
    )
    revenue, commission, fees = (int(minor or 0) for minor in rows.one())
    lines = await session.execute(
        sql_select(col(BookingLine.category), func.sum(BookingLine.amount_minor))
        .select_from(_ORDERS.join(BookingLine, col(BookingLine.booking_id) == col(Booking.id)))
        .where(col(Booking.listing_id) == id, _IS_WHOLE, col(BookingLine.unit).is_not(None))
        .group_by(col(BookingLine.category))
    )
    by_category = defaultdict(int, {str(category): int(minor) for category, minor in lines})
    parts = await session.execute(
        sql_select(Booking, _NET, _LEFT - _NET)
        .select_from(_ORDERS)
        .where(col(Booking.listing_id) == id, _LEFT > 0, ~_IS_WHOLE)
    )
    for booking, net, fee in parts.all():
        fees += int(fee)
        if not net:
            continue
        revenue += int(net)
        commission += Money(booking.commission_minor, booking.currency).split([net, booking.price_minor - net])[0].minor
        units = await queries.unit_lines(session, booking)
        shares = Money(int(net), booking.currency).split([line.amount_minor for line in units])
        for line, share in zip(units, shares, strict=True):
            by_category[str(line.category)] += share.minor
    return _Brought(by_category, revenue, commission, fees)


_MONEY = payments.money_left()
_ORDERS = outerjoin(Booking, _MONEY, col(Booking.payment_id) == _MONEY.c.payment_id)
_LEFT = func.coalesce(_MONEY.c.minor, 0)
_NET = case((col(Booking.surcharge_minor) < _LEFT, _LEFT - col(Booking.surcharge_minor)), else_=0)
"""What an order has brought its seller: what is given back is taken from the seats' price first, then from the fee."""
_COUNTS = or_(_NET > 0, col(Booking.status) == Status.CONFIRMED)
_IS_WHOLE = and_(col(Booking.price_minor) == _NET, col(Booking.price_minor) > 0)


async def _statuses(session: Session, id: ListingId) -> dict[Status, int]:
    rows = await session.exec(
        select(Booking.status, func.count()).where(Booking.listing_id == id).group_by(col(Booking.status))
    )
    return {Status(status): count for status, count in rows}


async def revenue_over_time(session: Session, actor: Actor, id: ListingId, now: datetime) -> tuple[RevenuePeriod, ...]:
    """Revenue over time, from the first order until now: by the hour, day or week, so that no more than 60 come out.

    Days and weeks begin at midnight where the event takes place. Of orders that were cancelled, or refunded in part,
    counts what has stayed.
    """
    page = await catalog.own_listing(session, actor, id, now)
    rows = await session.execute(
        sql_select(col(Booking.confirmed_at), _NET)
        .select_from(_ORDERS)
        .where(col(Booking.listing_id) == id, _COUNTS, col(Booking.confirmed_at).is_not(None))
        .order_by(col(Booking.confirmed_at))
    )
    confirmed = [(at, int(minor)) for at, minor in rows]
    if not confirmed:
        return ()
    edges = _edges(confirmed[0][0], max(now, confirmed[-1][0]), ZoneInfo(page.place.zone))
    result, at = [], 0
    for since, until in pairwise(edges):
        orders = minor = 0
        while at < len(confirmed) and confirmed[at][0] < until:
            orders, minor, at = orders + 1, minor + confirmed[at][1], at + 1
        result.append(RevenuePeriod(since, until, orders, Money(minor, page.currency)))
    return tuple(result)


def _edges(first: datetime, last: datetime, zone: ZoneInfo) -> list[datetime]:
    """Where periods begin and end, as instants; the last one ends after `last`."""
    span = last - first
    step = _HOUR if span < 2 * _DAY else _DAY if span < _MOST_BARS * _DAY else _WEEK
    local = first.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if step is not _HOUR:
        local = local.replace(hour=0)
    edges = [local.astimezone(UTC)]
    while edges[-1] <= last:
        # Hours are hours by any clock; a day is from midnight to midnight, however long that takes.
        local = (edges[-1] + step).astimezone(zone) if step is _HOUR else local + step
        edges.append(local.astimezone(UTC))
    return edges


async def orders(
    session: Session, actor: Actor, id: ListingId, now: datetime, cursor: str | None = None, limit: int = 25
) -> Page[SoldOrder]:
    """The listing's orders, the latest first. Raises NotFound for strangers, Invalid for a cursor that is not ours."""
    await catalog.own_listing(session, actor, id, now)
    return await _orders(session, id, cursor, bounded(limit))


async def exported(actor: Actor, id: ListingId, now: datetime) -> AsyncIterator[SoldOrder]:
    """Every order, the latest first, a page at a time: no transaction lasts as long as a slow reader.

    Raises NotFound for strangers when the first one is asked for.
    """
    cursor: str | None = None
    while True:
        async with transaction(reading=True) as session:
            page = await orders(session, actor, id, now, cursor, MOST_PER_PAGE)
        for order in page.items:
            yield order
        cursor = page.next_cursor
        if cursor is None:
            return


async def _orders(session: Session, id: ListingId, cursor: str | None, limit: int) -> Page[SoldOrder]:
    wanted = select(Booking).where(Booking.listing_id == id)
    if cursor:
        wanted = wanted.where(_SOLD.after(cursor))
    found = await session.exec(wanted.order_by(*_SOLD.columns()).limit(limit + 1))
    page = Page[Booking].cut(list(found), limit, _SOLD.cursor)
    labels = await _labels(session, id, [row.id for row in page.items])
    returned = await _returned(session, [row.id for row in page.items])
    return page.of(
        SoldOrder(
            id=BookingId(row.id),
            buyer_name=row.buyer_name,
            buyer_email=row.buyer_email,
            status=Status(row.status),
            seats=tuple(labels[row.id]),
            price=row.price,
            surcharge=row.surcharge,
            commission=Money(row.commission_minor, row.currency),
            refunded=Money(returned.get(row.id, 0), row.currency),
            created_at=row.created_at,
            confirmed_at=row.confirmed_at,
        )
        for row in page.items
    )


async def _returned(session: Session, ids: Iterable[str]) -> dict[str, int]:
    """What of each paid order's total has been given back or promised, in minor units."""
    found = await session.execute(
        sql_select(col(Booking.id), col(Booking.price_minor) + col(Booking.surcharge_minor) - _LEFT)
        .select_from(_ORDERS)
        .where(col(Booking.id).in_(list(ids)), col(Booking.payment_id).is_not(None))
    )
    return {id: int(minor) for id, minor in found}


async def _labels(session: Session, listing: ListingId, ids: Iterable[str]) -> dict[str, list[str]]:
    found = await session.exec(
        select(BookingLine.booking_id, BookingLine.unit, BookingLine.label)
        .where(col(BookingLine.booking_id).in_(list(ids)), col(BookingLine.unit).is_not(None))
        .order_by(col(BookingLine.booking_id), col(BookingLine.position))
    )
    rows = found.all()
    places = await queries.said_places(session, listing, [str(unit) for _, unit, _ in rows])
    labels: dict[str, list[str]] = defaultdict(list)
    for id, unit, label in rows:
        labels[id].append(places.get(str(unit), label))
    return labels


async def held_back(session: Session, actor: Actor, id: ListingId, now: datetime) -> list[HeldBack]:
    """What is kept for the box office, the latest first. Raises NotFound for strangers."""
    await catalog.own_listing(session, actor, id, now)
    stock = await catalog.stock(session, id)
    if stock is None:
        return []
    result = []
    for some in await allocations.allotted(session, ResourceId(id), BOX_OFFICE):
        units = tuple(sorted(some.units, key=lambda unit: (len(unit), unit)))  # 2 comes before 10
        result.append(HeldBack(some.id, units, tuple(stock.place(unit).label for unit in units), some.since))
    return result


async def call_off_quote(session: Session, actor: Actor, id: ListingId, now: datetime) -> CallOffQuote:
    """What calling the event off would give back today. Raises NotFound for strangers."""
    page = await catalog.own_listing(session, actor, id, now)
    rows = await session.exec(select(Booking.status, Booking.payment_id, Booking.surcharge_minor).where(*_live(id)))
    live = rows.all()
    confirmed = [(payment, surcharge) for status, payment, surcharge in live if status == Status.CONFIRMED]
    left = await payments.refundable(session, [PaymentId(payment) for payment, _ in confirmed if payment])
    tickets = await session.exec(
        select(func.count())
        .select_from(BookingLine)
        .join(Booking, col(Booking.id) == col(BookingLine.booking_id))
        .where(Booking.listing_id == id, Booking.status == Status.CONFIRMED, col(BookingLine.unit).is_not(None))
    )
    refund = Money.sum(left.values(), page.currency)
    surcharge = Money(sum(minor for payment, minor in confirmed if payment), page.currency)
    return CallOffQuote(
        orders=len(confirmed),
        tickets=tickets.one(),
        unpaid=len(live) - len(confirmed),
        refund=refund,
        surcharge=min(surcharge, refund),
    )


async def change_quote(session: Session, actor: Actor, id: ListingId, now: datetime) -> ChangeQuote:
    """Whom it would be told to, and what, if what is written became public now.

    Raises NotFound for strangers, NotReady for what could not be made public.
    """
    view = await catalog.draft(session, actor, id, now)
    writing.must_be_whole(view)
    is_now = view.draft.occasion
    told = await session.exec(
        select(func.count(col(Booking.buyer_email).distinct())).where(*_live(id), _knows_other_than(is_now))
    )
    return ChangeQuote(told.one(), await catalog.occasion(session, id), is_now)


async def revenues(session: Session, ids: Iterable[ListingId]) -> dict[ListingId, Money]:
    """What orders have brought to each of these listings and not given back; those without any are left out."""
    rows = await session.execute(
        sql_select(col(Booking.listing_id), col(Booking.currency), func.sum(_NET))
        .select_from(_ORDERS)
        .where(col(Booking.listing_id).in_(set(ids)), _COUNTS)
        .group_by(col(Booking.listing_id), col(Booking.currency))
    )
    return {ListingId(id): Money(int(minor), currency) for id, currency, minor in rows}


async def tickets_ordered(session: Session, ids: Iterable[ListingId]) -> dict[ListingId, int]:
    """How many tickets confirmed orders have to each of these listings; whatever else is sold went at the box office."""
    rows = await session.exec(
        select(Booking.listing_id, func.count())
        .join(BookingLine, col(BookingLine.booking_id) == col(Booking.id))
        .where(
            col(Booking.listing_id).in_(set(ids)),
            Booking.status == Status.CONFIRMED,
            col(BookingLine.unit).is_not(None),
        )
        .group_by(col(Booking.listing_id))
    )
    return {ListingId(id): count for id, count in rows}


async def live_orders(session: Session, id: ListingId, limit: int, after: str | None = None) -> list[BookingId]:
    """Orders that calling the event off would end, by their ids, which grow."""
    return await _first(session, id, limit, after)


async def outdated_orders(
    session: Session, id: ListingId, occasion: EventDetails, limit: int, after: str | None = None
) -> list[BookingId]:
    """Orders that do not say yet what, when and where it is by now, by their ids."""
    return await _first(session, id, limit, after, _knows_other_than(occasion))


def _live(id: ListingId) -> tuple[ColumnElement[bool], ...]:
    return col(Booking.listing_id) == id, col(Booking.status).in_(LIVE)


def _knows_other_than(occasion: EventDetails) -> ColumnElement[bool]:
    return or_(*(getattr(Booking, name).is_distinct_from(getattr(occasion, name)) for name in EVENT_DETAILS))


async def _first(
    session: Session, id: ListingId, limit: int, after: str | None, *what: ColumnElement[bool]
) -> list[BookingId]:
    rows = await session.exec(
        select(Booking.id)
        .where(*_live(id), *what, col(Booking.id) > (after or ""))
        .order_by(col(Booking.id))
        .limit(limit)
    )
    return [BookingId(row) for row in rows]
