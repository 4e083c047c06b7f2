"""What outsiders may see of listings, and what they hand in to make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from marketplace.accounts.views import SellerView
from marketplace.errors import FieldError
from marketplace.i18n import spoken
from marketplace.ids import ListingId, SellerId
from marketplace.money import Money


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
    """A listing as its seller writes it down. `prices` are minor units of `currency` by price category."""

    seller_id: SellerId
    title: str
    story: str
    category: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    currency: str
    kind: str
    terms: Terms
    doors_at: datetime | None = None
    sale_starts_at: datetime | None = None
    prices: Mapping[str, int] = field(default_factory=dict)
    policy: str = Policy.MODERATE
    max_per_buyer: int = 10

    @property
    def occasion(self) -> EventDetails:
        place = self.place
        return EventDetails(
            title=self.title, place_name=place.name, address=place.address, city=place.city, zone=place.zone,
            starts_at=self.starts_at, ends_at=self.ends_at, doors_at=self.doors_at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingChange:
    """What shall be different; None leaves a thing as it is. `prices` and `terms` replace those that they name."""

    title: str | None = None
    story: str | None = None
    category: str | None = None
    place: Place | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    doors_at: datetime | None = None
    sale_starts_at: datetime | None = None
    currency: str | None = None
    prices: Mapping[str, int] | None = None
    policy: str | None = None
    max_per_buyer: int | None = None
    terms: Mapping[str, Any] | None = None


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


class Terms(BaseModel):
    """What only this kind keeps of a listing: plain, JSON-ready members, each with a default, kept beside the listing.

    Buyers rely on what is `frozen` from the day on which the listing is published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frozen: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class PriceCategory:
    """What units cost alike, and the CSS colour that it is drawn in."""

    name: str
    color: str


class Unit(Protocol):
    """One thing that can be had."""

    @property
    def label(self) -> str:
        """What people call it, in the language that is being spoken."""
        ...

    @property
    def category(self) -> str | None:
        """The name of its price category."""
        ...


class Stock(Protocol):
    """All that a listing offers, as its kind knows it: immutable, and cheap to ask."""

    @property
    def name(self) -> str: ...

    @property
    def categories(self) -> Sequence[PriceCategory]:
        """In the order in which they are shown."""
        ...

    @property
    def capacities(self) -> Mapping[str, int]:
        """How many units each category has."""
        ...

    @property
    def capacity(self) -> int:
        """How many units there are."""
        ...

    def find(self, unit: str) -> Unit | None:
        """What the unit is; None if there is no such unit."""
        ...

    def place(self, unit: str) -> Unit:
        """What the unit is. Raises UnknownUnits."""
        ...

    def check(self, units: Iterable[str]) -> None:
        """Raises UnknownUnits that names every unit which does not exist."""
        ...


@dataclass(frozen=True, slots=True)
class PriceView:
    """What a category costs, the colour that it is drawn in, and how many units it has."""

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
    terms: Terms
    capacity: int
    prices: tuple[PriceView, ...]
    policy: Policy
    max_per_buyer: int
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
class Offer:
    """What holds and bookings need to know of a listing; kept for moments in each process."""

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
    terms: Terms
    stock: Stock = field(repr=False, compare=False)
    version: int
    prices: Mapping[str, Money]
    max_per_buyer: int
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
        """Raises UnknownUnits for what there is not."""
        place = self.stock.place(unit)
        category = str(place.category)
        return UnitLine(unit, place.label, category, self.prices[category])

    def lines(self, units: Iterable[str]) -> tuple[UnitLine, ...]:
        """What units are called and cost, in the order given. Raises UnknownUnits."""
        return tuple(self.line(unit) for unit in units)

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


def poster_url(listing: ListingId, version: int = 0, *, as_picture: bool = False) -> str:
    """Where a listing's poster is, in the language that is being spoken; with its version it may be kept for long."""
    parameters = {"v": version or "", "lang": "" if spoken() == "en" else spoken()}
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"/api/v1/listings/{listing}/poster.{'png' if as_picture else 'svg'}{query and f'?{query}'}"
