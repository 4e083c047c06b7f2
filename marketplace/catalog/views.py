"""What outsiders may see of listings and plans, and what they hand in to make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from marketplace.accounts.views import SellerView
from marketplace.catalog.seating import Area, Category, Row, Seat, SeatPlan, UnknownUnits, Zone
from marketplace.errors import FieldError
from marketplace.ids import ListingId, PlanId, SellerId
from marketplace.money import Money

__all__ = [
    "Area",
    "Category",
    "DraftCard",
    "DraftView",
    "EventDetails",
    "Genre",
    "ListingCard",
    "ListingChange",
    "ListingContent",
    "ListingFilters",
    "ListingPage",
    "Place",
    "PlanView",
    "Policy",
    "PriceView",
    "Row",
    "Seat",
    "SeatOffer",
    "SeatPlan",
    "Sort",
    "Status",
    "UnitLine",
    "UnknownUnits",
    "Zone",
]  # fmt: skip


class Status(StrEnum):
    """How far a listing is. `on_sale` follows from `published` by itself when its sale begins."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ON_SALE = "on_sale"
    SOLD_OUT = "sold_out"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Policy(StrEnum):
    """What a buyer who cancels gets back; the seller chooses."""

    FLEXIBLE = "flexible"
    MODERATE = "moderate"
    STRICT = "strict"


class Genre(StrEnum):
    """What sort of thing a listing is, for browsing and for its poster."""

    THEATRE = "theatre"
    MUSIC = "music"
    CLASSICAL = "classical"
    OPERA = "opera"
    JAZZ = "jazz"
    DANCE = "dance"
    COMEDY = "comedy"
    FILM = "film"
    TALK = "talk"
    SPORT = "sport"
    FAMILY = "family"
    TRAVEL = "travel"


class Sort(StrEnum):
    """In which order listings are shown. Prices are compared within their currency: there are no exchange rates here."""

    SOONEST = "soonest"
    CHEAPEST = "cheapest"
    NEWEST = "newest"
    SELLING_FAST = "selling_fast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is. `zone` is the IANA name of its time zone, `country` the two letters of ISO 3166."""

    name: str
    city: str
    country: str
    zone: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetails:
    """What, when and where: what somebody who has bought plans by."""

    title: str
    place_name: str
    address: str
    city: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime | None

    @classmethod
    def of(cls, source: Any) -> EventDetails:
        """The part of something larger that has members of the same names."""
        return cls(**{name: getattr(source, name) for name in EVENT_DETAILS})

    @property
    def where(self) -> str:
        """The place as one line."""
        return ", ".join(part for part in (self.place_name, self.address, self.city) if part)


EVENT_DETAILS = tuple(column.name for column in fields(EventDetails))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingContent:
    """A listing as its seller writes it down. `prices` are minor units of `currency` by category of the plan."""

    seller_id: SellerId
    title: str
    story: str
    category: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    currency: str
    kind: str = "seats"
    doors_at: datetime | None = None
    sale_starts_at: datetime | None = None
    plan_id: PlanId | None = None
    prices: Mapping[str, int] = field(default_factory=dict)
    policy: str = Policy.MODERATE
    max_per_buyer: int = 10
    no_single_seats: bool = False

    @property
    def occasion(self) -> EventDetails:
        place = self.place
        return EventDetails(
            title=self.title, place_name=place.name, address=place.address, city=place.city, zone=place.zone,
            starts_at=self.starts_at, ends_at=self.ends_at, doors_at=self.doors_at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingChange:
    """What shall be different; None leaves a thing as it is. `prices` replaces those that it names."""

    title: str | None = None
    story: str | None = None
    category: str | None = None
    place: Place | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    doors_at: datetime | None = None
    sale_starts_at: datetime | None = None
    currency: str | None = None
    plan_id: PlanId | None = None
    prices: Mapping[str, int] | None = None
    policy: str | None = None
    max_per_buyer: int | None = None
    no_single_seats: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingFilters:
    """What somebody looks for; every None matches all. Instants include `starts_from` and exclude `starts_before`.

    A price bound matches listings in its currency that have a category within the bounds. Without `starts_from`, what
    is over is left out.
    """

    kind: str | None = None
    category: str | None = None
    text: str | None = None
    place: str | None = None
    zone: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    price_from: Money | None = None
    price_to: Money | None = None
    only_available: bool = False
    seller_id: SellerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A seat plan as its seller finds it in a list. `capacities` counts units by category."""

    id: PlanId
    seller_id: SellerId
    name: str
    digest: str
    seat_count: int
    standing_count: int
    capacities: Mapping[str, int]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PriceView:
    """What a category costs, the colour that it is drawn in, and how many it seats."""

    category: str
    color: str
    price: Money | None
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingCard:
    """A listing among others. `status` is as of the moment of asking; `sold` of `capacity` units are gone."""

    id: ListingId
    slug: str
    kind: str
    title: str
    category: str
    place_name: str
    city: str
    country: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    sale_starts_at: datetime
    status: Status
    is_on_sale: bool
    price_from: Money | None
    price_to: Money | None
    seller_id: SellerId
    seller_name: str
    poster_url: str
    capacity: int
    sold: int

    @property
    def are_few_left(self) -> bool:
        """Whether nine of ten are gone, and some are left."""
        return 0 < self.capacity - self.sold <= self.capacity // 10

    @property
    def is_selling_fast(self) -> bool:
        """Whether six of ten are gone, and some are left."""
        return 6 * self.capacity <= 10 * self.sold < 10 * self.capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPage:
    """A listing, whole. `story` is split into `paragraphs` for showing; both are plain text."""

    id: ListingId
    slug: str
    kind: str
    title: str
    story: str
    category: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime | None
    sale_starts_at: datetime
    status: Status
    is_on_sale: bool
    currency: str
    plan_id: PlanId | None
    plan_name: str | None
    capacity: int
    prices: tuple[PriceView, ...]
    policy: Policy
    max_per_buyer: int
    no_single_seats: bool
    commission_bp: int
    guest_surcharge_bp: int
    seller: SellerView
    poster_url: str
    version: int
    cancel_reason: str | None
    created_at: datetime
    published_at: datetime | None

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.story.split("\n\n") if part.strip())

    @property
    def price_from(self) -> Money | None:
        return min((entry.price for entry in self.prices if entry.price is not None and entry.capacity), default=None)

    @property
    def price_to(self) -> Money | None:
        return max((entry.price for entry in self.prices if entry.price is not None and entry.capacity), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A listing while it is being written: every entry as it was typed (see catalog.drafts), and what is wrong with it.

    `errors` keep it from being a listing at all, `missing` only from being public. `page` is the listing as it is kept,
    `draft` what the entries say, where they say enough; `is_ahead`: they say more than the listing does.
    """

    id: ListingId
    seller: SellerView
    entries: Mapping[str, str]
    errors: tuple[FieldError, ...]
    missing: tuple[FieldError, ...]
    draft: ListingContent
    page: ListingPage | None
    is_ahead: bool

    @property
    def is_public(self) -> bool:
        return self.page is not None and self.page.status is not Status.DRAFT


@dataclass(frozen=True, slots=True)
class DraftCard:
    """An unfinished listing in its seller's list."""

    id: ListingId
    title: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit, in words, and what it costs."""

    unit: str
    label: str
    category: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatOffer:
    """What holds and bookings need to know of a listing; kept for moments in each process, its plan for good."""

    listing_id: ListingId
    seller_id: SellerId
    seller_name: str
    slug: str
    kind: str
    title: str
    place_name: str
    address: str
    city: str
    currency: str
    status: Status
    plan_id: PlanId
    plan: SeatPlan = field(repr=False, compare=False)
    version: int
    prices: Mapping[str, Money]
    max_per_buyer: int
    no_single_seats: bool
    commission_bp: int
    guest_surcharge_bp: int
    policy: Policy
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime | None
    sale_starts_at: datetime
    zone: str
    is_suspended: bool

    @property
    def occasion(self) -> EventDetails:
        return EventDetails.of(self)

    def line(self, unit: str) -> UnitLine:
        """Raises UnknownUnits for what the plan has not."""
        place = self.plan.place(unit)
        category = str(place.category)
        return UnitLine(unit, place.label, category, self.prices[category])

    def check(self, units: Iterable[str]) -> None:
        """Raises UnknownUnits that names every unit which the plan has not."""
        self.plan.check(units)

    def is_on_sale(self, now: datetime) -> bool:
        """Whether one may buy at this moment: published, begun, not over, its shop not suspended."""
        return not self.is_suspended and is_open(self.status, self.sale_starts_at, self.starts_at, now)


def is_open(status: str, sale_starts_at: datetime, starts_at: datetime, now: datetime) -> bool:
    """Whether sales are open: from the start of the sale until the thing itself begins."""
    return status in (Status.PUBLISHED, Status.ON_SALE) and sale_starts_at <= now < starts_at


def status_at(status: str, sale_starts_at: datetime, starts_at: datetime, now: datetime) -> Status:
    """The status that a kept one has become by itself: sales begin and end with time alone."""
    kept = Status(status)
    if kept in (Status.PUBLISHED, Status.ON_SALE, Status.SOLD_OUT) and starts_at <= now:
        return Status.CLOSED
    if kept is Status.PUBLISHED and sale_starts_at <= now:
        return Status.ON_SALE
    return kept
