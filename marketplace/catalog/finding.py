"""Finding listings: what filters mean to the database, and the orders in which the answers are paged through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from marketplace import datetimes, paging
from marketplace.catalog.models import Listing, ListingPrice
from marketplace.catalog.validation import fold
from marketplace.catalog.views import ListingFilters, Sort, Status
from marketplace.ids import ListingId
from marketplace.money import Money
from marketplace.paging import Keyset


def conditions(filters: ListingFilters, now: datetime) -> Iterator[ColumnElement[bool]]:
    """What is true of the rows that somebody looks for; drafts and what is cancelled or closed are never among them."""
    yield col(Listing.status).in_((Status.PUBLISHED, Status.ON_SALE, Status.SOLD_OUT))
    yield col(Listing.starts_at) >= filters.starts_from if filters.starts_from else col(Listing.starts_at) > now
    if filters.starts_before:
        yield col(Listing.starts_at) < filters.starts_before
    if filters.kind:
        yield col(Listing.kind) == filters.kind
    if filters.category:
        yield col(Listing.category) == filters.category
    if filters.seller_id:
        yield col(Listing.seller_id) == filters.seller_id
    if filters.place:
        yield col(Listing.place_key) == fold(filters.place)
    if filters.zone:
        yield col(Listing.zone).in_(datetimes.names_of(filters.zone))
    for word in fold(filters.text or "").split()[:8]:
        yield col(Listing.words).contains(word, autoescape=True)
    if filters.price_from is not None or filters.price_to is not None:
        yield _has_price_within(filters.price_from, filters.price_to)
    if filters.only_available:
        yield col(Listing.status) != Status.SOLD_OUT
        yield col(Listing.sale_starts_at) <= now
        yield col(Listing.starts_at) > now


def _has_price_within(least: Money | None, most: Money | None) -> ColumnElement[bool]:
    bounds = [col(ListingPrice.listing_id) == col(Listing.id)]
    bounds += [col(Listing.currency) == bound.currency for bound in (least, most) if bound is not None]
    if least is not None:
        bounds.append(col(ListingPrice.minor) >= least.minor)
    if most is not None:
        bounds.append(col(ListingPrice.minor) <= most.minor)
    return exists().where(and_(*bounds))


@dataclass(frozen=True, slots=True)
class CheapestFirst:
    """The lowest price first, currency by currency: there are no exchange rates here, and ¥1,000 is less than €10.

    What costs something in the currency `lead` comes first, then every other currency by its code. A cursor keeps the
    lead that its first page had.
    """

    lead: str

    @classmethod
    def again(cls, cursor: str) -> CheapestFirst:
        """The order that a cursor was written in, which `after` checks."""
        return cls(paging.order_of(cursor).rpartition(".")[2])

    @property
    def _name(self) -> str:
        return f"{Sort.CHEAPEST}.{self.lead}"

    def columns(self) -> tuple[Any, ...]:
        return self._group(col(Listing.currency)), col(Listing.cheapest), col(Listing.id)

    def cursor(self, row: Listing) -> str:
        return paging.write(self._name, row.id, row.cheapest)

    def after(self, cursor: str) -> ColumnElement[bool]:
        """What follows. Raises Invalid for a cursor that we did not make, or of another order."""
        last_id, minor = paging.read(self._name, cursor, ListingId)
        last = aliased(Listing)
        mine = self._group(col(Listing.currency))
        its = select(self._group(col(last.currency))).where(col(last.id) == last_id).scalar_subquery()
        by, id = col(Listing.cheapest), col(Listing.id)
        return or_(mine > its, and_(mine == its, or_(by > minor, and_(by == minor, id > last_id))))

    def _group(self, currency: Any) -> ColumnElement[str]:
        return case((currency == self.lead, ""), else_=currency)


def _by(sort: Sort, column: Any, **how: bool) -> Keyset[ListingId]:
    return Keyset(sort.value, ListingId, Listing.id, column, **how)


ORDERS = {
    Sort.SOONEST: _by(Sort.SOONEST, Listing.starts_at, is_instant=True),
    Sort.NEWEST: _by(Sort.NEWEST, Listing.published_at, is_descending=True, is_instant=True),
    Sort.SELLING_FAST: _by(Sort.SELLING_FAST, Listing.demand, is_descending=True),
}
