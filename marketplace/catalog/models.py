"""Tables of the catalog. Listings change only as their table of statuses allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from marketplace.catalog.errors import ListingFrozen, UnlawfulStatus
from marketplace.catalog.views import Status, status_at
from marketplace.db import Instant

LAWFUL: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.PUBLISHED, Status.CANCELLED}),
    Status.PUBLISHED: frozenset({Status.ON_SALE, Status.CLOSED, Status.CANCELLED}),
    Status.ON_SALE: frozenset({Status.SOLD_OUT, Status.CLOSED, Status.CANCELLED}),
    Status.SOLD_OUT: frozenset({Status.ON_SALE, Status.CLOSED, Status.CANCELLED}),
    Status.CLOSED: frozenset({Status.CANCELLED}),
    Status.CANCELLED: frozenset(),
}
"""Where a listing may go from where it is."""

FROZEN_ONCE_PUBLISHED = frozenset({"kind", "currency", "seller_id"})
"""What sold units refer to, beside what the kind freezes of its own terms: a new currency is a new listing."""


class Listing(SQLModel, table=True):
    """Something on offer."""

    __table_args__ = (
        Index("ix_listing_starts_at_id", "starts_at", "id"),
        Index("ix_listing_category_starts_at_id", "category", "starts_at", "id"),
        Index("ix_listing_kind_starts_at_id", "kind", "starts_at", "id"),
        Index("ix_listing_seller_id_starts_at_id", "seller_id", "starts_at", "id"),
        Index("ix_listing_place_key_starts_at_id", "place_key", "starts_at", "id"),
        Index("ix_listing_zone_starts_at_id", "zone", "starts_at", "id"),
        Index("ix_listing_cheapest_id", "cheapest", "id"),
        Index("ix_listing_published_at_id", "published_at", "id"),
        Index("ix_listing_demand_id", "demand", "id"),
    )

    id: str = Field(primary_key=True)
    seller_id: str = Field(foreign_key="seller.id")
    kind: str
    terms: dict[str, Any] = Field(sa_type=JSON)
    """What only its kind knows; see `kind.Terms`."""
    slug: str = Field(unique=True)
    title: str
    story: str = Field(sa_type=Text)
    category: str
    place_name: str
    address: str
    city: str
    country: str
    latitude: float | None = None
    longitude: float | None = None
    zone: str
    place_key: str
    """The city, folded: what the place filter compares."""
    words: str = Field(sa_type=Text)
    """Title, place, city and shop, folded (no case, no accents): what the text filter looks through."""
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    doors_at: datetime | None = Field(default=None, sa_type=Instant)
    sale_starts_at: datetime = Field(sa_type=Instant)
    currency: str
    policy: str
    max_per_buyer: int
    commission_bp: int
    guest_surcharge_bp: int
    capacity: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many units there are."""
    sold: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many of them are sold, as of the last news of sales: for showing, never for deciding."""
    demand: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The share that is sold, in hundredths of a percent; 0 once nothing is left to hurry for."""
    cheapest: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """The lowest price in minor units, for sorting."""
    status: str = Status.DRAFT
    cancel_reason: str | None = None
    version: int = 1
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    published_at: datetime | None = Field(default=None, sa_type=Instant)

    def status_at(self, now: datetime) -> Status:
        return status_at(self.status, self.sale_starts_at, self.starts_at, now)

    def publish(self, now: datetime) -> None:
        self._move(Status.PUBLISHED, now)
        self.published_at = now

    def sell_out(self, now: datetime) -> None:
        self._move(Status.SOLD_OUT, now)

    def put_back_on_sale(self, now: datetime) -> None:
        self._move(Status.ON_SALE, now)

    def close(self, now: datetime) -> None:
        self._move(Status.CLOSED, now)

    def cancel(self, reason: str, now: datetime) -> None:
        if self.ends_at <= now:
            raise UnlawfulStatus("over", Status.CANCELLED)
        self._move(Status.CANCELLED, now)
        self.cancel_reason = reason

    def change(self, values: Mapping[str, Any], now: datetime, frozen: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Take new values of columns; names those, and those terms, that are different now. Raises ListingFrozen.

        `frozen` are terms that cannot change once the listing is published.
        """
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        terms = changed.get("terms", self.terms)
        names = (changed.keys() - {"terms"}) | {name for name in terms if terms[name] != self.terms.get(name)}
        self._must_be_open(sorted(names), now)
        frozen_now = sorted((FROZEN_ONCE_PUBLISHED | frozen) & names)
        if self.status != Status.DRAFT and frozen_now:
            raise ListingFrozen(frozen_now, self.status)
        for name, value in changed.items():
            setattr(self, name, value)
        if changed:
            self.touch(now)
        return tuple(sorted(names))

    def reprice(self, now: datetime) -> None:
        """Say that prices change. What was sold keeps the price that it was sold at. Raises ListingFrozen."""
        self._must_be_open(["prices"], now)
        self.touch(now)

    def count(self, sold: int, capacity: int) -> None:
        """Take note of how much of it is sold."""
        self.sold, self.capacity = sold, capacity
        self.demand = sold * 10_000 // capacity if sold < capacity else 0

    def touch(self, now: datetime) -> None:
        """Say that something of this listing is no longer as it was."""
        self.version += 1
        self.changed_at = now

    def _must_be_open(self, changing: Sequence[str], now: datetime) -> None:
        status = self.status_at(now)
        if changing and status in (Status.CLOSED, Status.CANCELLED):
            raise ListingFrozen(changing, status)

    def _move(self, to: Status, now: datetime) -> None:
        if self.status == Status.PUBLISHED and self.sale_starts_at <= now:
            # Time has put it on sale already; the row only learns of it now.
            self.status = Status.ON_SALE
        if to not in LAWFUL[Status(self.status)]:
            raise UnlawfulStatus(self.status, to)
        self.status = to
        self.touch(now)


class ListingPrice(SQLModel, table=True):
    """What one category of a listing costs, in minor units of the listing's currency."""

    __tablename__ = "listing_price"
    __table_args__ = (Index("ix_listing_price_listing_id_minor", "listing_id", "minor"),)

    listing_id: str = Field(primary_key=True, foreign_key="listing.id")
    category: str = Field(primary_key=True)
    minor: int = Field(sa_type=BigInteger)


class ListingDraft(SQLModel, table=True):
    """What a seller has typed about a listing and the listing does not say: unfinished, wrong or not yet made public.

    Its id is that of the listing, which need not exist yet. A draft with nothing of its own left to say is deleted.
    """

    __tablename__ = "listing_draft"

    id: str = Field(primary_key=True)
    seller_id: str = Field(foreign_key="seller.id", index=True)
    entries: dict[str, str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)

    def write(self, entries: Mapping[str, str], now: datetime) -> None:
        self.entries = dict(entries)
        self.changed_at = now
