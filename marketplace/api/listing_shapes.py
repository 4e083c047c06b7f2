"""Bodies of the listing endpoints."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from marketplace import limits
from marketplace.api.shapes import AwareInstant, Cursor, Instant, Number, Shape
from marketplace.catalog.kind import Kind, kinds, terms_of
from marketplace.catalog.views import (
    ListingCard,
    ListingChange,
    ListingContent,
    ListingFilters,
    ListingPage,
    Place,
    Policy,
    PriceView,
    Sort,
)
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _
from marketplace.ids import SellerId
from marketplace.money import Amount, Money
from marketplace.paging import MOST_PER_PAGE, Page


class Search(Shape):
    """The filters of the browse page. Prices are minor units of `currency`."""

    kind: str | None = None
    category: str | None = None
    text: str | None = Field(default=None, max_length=limits.SEARCH)
    place: str | None = Field(default=None, max_length=limits.SEARCH)
    starts_from: AwareInstant | None = None
    starts_before: AwareInstant | None = None
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None
    price_from: int | None = Field(default=None, ge=0, lt=10**12)
    price_to: int | None = Field(default=None, ge=0, lt=10**12)
    only_available: bool = False
    seller_id: str | None = None
    sort: Sort = Sort.SOONEST
    cursor: Cursor | None = None
    limit: int = Field(default=24, ge=1, le=MOST_PER_PAGE)

    def filters(self) -> ListingFilters:
        """Raises Invalid where a price has no currency."""
        if self.currency is None and (self.price_from is not None or self.price_to is not None):
            raise Invalid(
                _("A price needs its currency."), [FieldError("currency", _("Say which currency the price is in."))]
            )
        return ListingFilters(
            kind=self.kind, category=self.category, text=self.text, place=self.place, starts_from=self.starts_from,
            starts_before=self.starts_before, price_from=self._money(self.price_from),
            price_to=self._money(self.price_to), only_available=self.only_available,
            seller_id=None if self.seller_id is None else SellerId(self.seller_id),
        )  # fmt: skip

    def _money(self, minor: int | None) -> Money | None:
        return None if minor is None or self.currency is None else Money(minor, self.currency)


class PlaceShape(Shape):
    name: str = Field(max_length=limits.LINE, examples=["Teatro Alcyon"])
    city: str = Field(max_length=limits.LINE, examples=["Lisbon"])
    country: str = Field(max_length=10, examples=["PT"])
    zone: str = Field(max_length=100, examples=["Europe/Lisbon"])
    address: str = Field(default="", max_length=limits.LINE)
    latitude: Number | None = Field(default=None, ge=-90, le=90)
    longitude: Number | None = Field(default=None, ge=-180, le=180)

    def place(self) -> Place:
        return Place(**self.model_dump())

    @classmethod
    def of(cls, place: Place) -> PlaceShape:
        return cls(
            name=place.name, city=place.city, country=place.country, zone=place.zone, address=place.address,
            latitude=place.latitude, longitude=place.longitude,
        )  # fmt: skip


Prices = Annotated[dict[str, Annotated[int, Field(strict=True)]], Field(max_length=200)]


class ListingDraftBody(Shape):
    """`prices` are minor units of `currency`, by price category. What its kind keeps stands beside the rest."""

    model_config = ConfigDict(extra="allow")

    seller_id: str
    kind: str = Field(default="", max_length=40)
    title: str = Field(max_length=limits.LINE)
    story: str = Field(default="", max_length=5 * limits.STORY)
    category: str = Field(max_length=100, examples=["theatre"])
    place: PlaceShape
    starts_at: AwareInstant
    ends_at: AwareInstant
    doors_at: AwareInstant | None = None
    sale_starts_at: AwareInstant | None = None
    currency: str = Field(max_length=10, examples=["EUR"])
    prices: Prices = Field(default_factory=dict)
    policy: str = Policy.MODERATE
    max_per_buyer: int = Field(default=10, strict=True)

    def draft(self) -> ListingContent:
        """Raises Invalid for a kind that there is not, and for what this kind does not keep."""
        its = self._kind()
        written = {name: getattr(self, name) for name in type(self).model_fields}
        written |= {
            "seller_id": SellerId(self.seller_id),
            "place": self.place.place(),
            "kind": its.name,
            "terms": terms_of(its, self.model_extra or {}),
        }
        return ListingContent(**written)

    def _kind(self) -> Kind:
        known = {its.name: its for its in kinds()}
        if self.kind in known:
            return known[self.kind]
        if not self.kind:
            return kinds()[0]
        words = _("“{kind}” is not a kind of listing; we know {known}.", kind=self.kind, known=", ".join(known))
        raise Invalid(_("The request is not valid."), [FieldError("kind", words)])


class ListingChangeBody(Shape):
    """What shall be different; what is absent stays as it is."""

    model_config = ConfigDict(extra="allow")

    title: str | None = Field(default=None, max_length=limits.LINE)
    story: str | None = Field(default=None, max_length=5 * limits.STORY)
    category: str | None = Field(default=None, max_length=100)
    place: PlaceShape | None = None
    starts_at: AwareInstant | None = None
    ends_at: AwareInstant | None = None
    doors_at: AwareInstant | None = None
    sale_starts_at: AwareInstant | None = None
    currency: str | None = Field(default=None, max_length=10)
    prices: Prices | None = None
    policy: str | None = None
    max_per_buyer: int | None = Field(default=None, strict=True)

    def change(self) -> ListingChange:
        written = {name: getattr(self, name) for name in type(self).model_fields}
        terms = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        written |= {"place": None if self.place is None else self.place.place(), "terms": terms or None}
        return ListingChange(**written)


class CardShape(Shape):
    id: str
    slug: str
    kind: str
    title: str
    category: str
    place_name: str
    city: str
    country: str
    zone: str
    starts_at: Instant
    status: str
    is_on_sale: bool
    price_from: Amount | None
    price_to: Amount | None
    seller_id: str
    seller_name: str
    poster_url: str

    @classmethod
    def of(cls, card: ListingCard) -> CardShape:
        return cls(
            id=card.id, slug=card.slug, kind=card.kind, title=card.title, category=card.category,
            place_name=card.place_name, city=card.city, country=card.country, zone=card.zone, starts_at=card.starts_at,
            status=card.status, is_on_sale=card.is_on_sale, price_from=_amount(card.price_from),
            price_to=_amount(card.price_to), seller_id=card.seller_id, seller_name=card.seller_name,
            poster_url=card.poster_url,
        )  # fmt: skip


class CardPage(Shape):
    items: list[CardShape]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[ListingCard]) -> CardPage:
        return cls(items=[CardShape.of(card) for card in page.items], next_cursor=page.next_cursor)


class PriceShape(Shape):
    category: str
    color: str
    price: Amount | None
    capacity: int

    @classmethod
    def of(cls, view: PriceView) -> PriceShape:
        return cls(category=view.category, color=view.color, price=_amount(view.price), capacity=view.capacity)


class ListingShape(Shape):
    """A listing. What its kind keeps stands beside the rest."""

    model_config = ConfigDict(extra="allow")

    id: str
    slug: str
    kind: str
    title: str
    story: str
    category: str
    place: PlaceShape
    starts_at: Instant
    ends_at: Instant
    doors_at: Instant | None
    sale_starts_at: Instant
    status: str
    is_on_sale: bool
    currency: str
    capacity: int
    prices: list[PriceShape]
    policy: str
    max_per_buyer: int
    seller_id: str
    seller_name: str
    poster_url: str
    version: int

    @classmethod
    def of(cls, page: ListingPage) -> ListingShape:
        return cls(
            id=page.id, slug=page.slug, kind=page.kind, title=page.title, story=page.story, category=page.category,
            place=PlaceShape.of(page.place), starts_at=page.starts_at, ends_at=page.ends_at, doors_at=page.doors_at,
            sale_starts_at=page.sale_starts_at, status=page.status, is_on_sale=page.is_on_sale, currency=page.currency,
            capacity=page.capacity, prices=[PriceShape.of(price) for price in page.prices],
            policy=page.policy, max_per_buyer=page.max_per_buyer,
            seller_id=page.seller.id, seller_name=page.seller.name, poster_url=page.poster_url, version=page.version,
            **page.terms.model_dump(mode="json"),
        )  # fmt: skip


class SeatsShape(Shape):
    """Units that are not free: `held` or `sold`. Every other unit of the plan is free."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 42, "status": {"seat:A-1": "sold"}, "is_paused": False}]}
    )

    version: int
    status: dict[str, str]
    is_paused: bool = False


def _amount(money: Money | None) -> Amount | None:
    return None if money is None else Amount.of(money)
