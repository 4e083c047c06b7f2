"""What may be seen of a booking from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from marketplace.catalog.views import EventDetails, ListingPage
from marketplace.ids import BookingId, HoldId, ListingId, PaymentId, SellerId, TicketId
from marketplace.money import Money
from marketplace.payments.views import OwedView


class Status(StrEnum):
    """How far a booking is. What leads from one to another is in transitions.py."""

    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    CANCELLED_BY_BUYER = "cancelled_by_buyer"
    CANCELLED_BY_SELLER = "cancelled_by_seller"
    CANCELLED_BY_OPERATOR = "cancelled_by_operator"


class Party(StrEnum):
    """As what somebody acts on a booking."""

    BUYER = "buyer"
    SELLER = "seller"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: the name on the tickets, where they are sent, and the language of everything that is."""

    name: str
    email: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is unit, guest_surcharge or commission; `borne_by` is buyer or seller."""

    kind: str
    borne_by: str
    label: str
    amount: Money
    unit: str | None
    category: str | None


EVENT_CHANGED = "the event was changed: "
"""How the reason of a step begins that left the order as it stands; the names of what has changed follow."""
CALLED_OFF = "the event is called off; full refund"
"""How the reason of cancelling begins where the event is called off; the seller's own words may follow."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the trail."""

    source: str
    target: str
    actor: str
    at: datetime
    why: str

    @property
    def changed(self) -> tuple[str, ...]:
        """What of the event has changed, by the names of its EventDetails; nothing where the step is about the order."""
        if not self.why.startswith(EVENT_CHANGED):
            return ()
        return tuple(self.why.removeprefix(EVENT_CHANGED).split(", "))

    @property
    def words(self) -> str:
        """What the seller wrote when calling the event off, if that is what happened."""
        return self.why.removeprefix(f"{CALLED_OFF}: ") if self.why.startswith(f"{CALLED_OFF}: ") else ""


@dataclass(frozen=True, slots=True)
class TicketView:
    """`code` is the signed text inside the QR code."""

    id: TicketId
    unit: str
    label: str
    category: str
    code: str
    is_void: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One booking, whole."""

    id: BookingId
    status: Status
    version: int
    listing_id: ListingId
    seller_id: SellerId
    hold_id: HoldId
    buyer_name: str
    buyer_email: str
    language: str
    """The one that the order was made in; emails and tickets are written in it."""

    has_account: bool
    occasion: EventDetails
    """What, when and where, as of the listing's last change."""

    policy: str
    counts_from: datetime
    """The start that cancelling is reckoned from: no move of the event makes it dearer."""

    lines: tuple[Line, ...]
    total: Money
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    payment_id: PaymentId | None
    tickets: tuple[TicketView, ...]
    steps: tuple[Step, ...]

    @property
    def surcharge(self) -> Money:
        """What its buyer paid for buying without an account."""
        fees = (line.amount for line in self.lines if line.kind == "guest_surcharge")
        return Money.sum(fees, self.total.currency)

    @property
    def is_promised_more(self) -> bool:
        """Whether its policy, told by the start as it is now, would say less than its buyer may have."""
        return self.counts_from > self.starts_at

    @property
    def title(self) -> str:
        return self.occasion.title

    @property
    def place_name(self) -> str:
        return self.occasion.place_name

    @property
    def zone(self) -> str:
        return self.occasion.zone

    @property
    def starts_at(self) -> datetime:
        return self.occasion.starts_at

    @property
    def ends_at(self) -> datetime:
        return self.occasion.ends_at

    @property
    def currency(self) -> str:
        return self.total.currency

    @property
    def bought(self) -> tuple[Line, ...]:
        """What the buyer sees and pays: the units and the buyer's fees."""
        return tuple(line for line in self.lines if line.borne_by == "buyer")

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(line.unit for line in self.lines if line.unit is not None)


@dataclass(frozen=True, slots=True)
class OrderCard:
    """One booking in a list."""

    id: BookingId
    status: Status
    listing_id: ListingId
    title: str
    place_name: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    total: Money
    quantity: int
    created_at: datetime

    def is_coming(self, now: datetime) -> bool:
        """Whether its buyer still has something to go to, or to pay for."""
        return self.status in {Status.PENDING_PAYMENT, Status.CONFIRMED} and now < self.ends_at


@dataclass(frozen=True, slots=True)
class CancelQuote:
    """What cancelling now would bring back, of an order with this status."""

    status: Status
    refund: Money
    kept: Money
    words: str


@dataclass(frozen=True, slots=True)
class OwedOrder:
    """Money that is owed back, and to whom. The order's parts are empty where there is no such order."""

    owed: OwedView
    title: str
    buyer_name: str
    buyer_email: str


@dataclass(frozen=True, slots=True)
class CategorySales:
    """How a price category of a listing sells. `revenue` is what seats brought, without buyers' fees."""

    category: str
    color: str
    capacity: int
    sold: int
    held: int
    held_back: int
    revenue: Money

    @property
    def left(self) -> int:
        return max(0, self.capacity - self.sold - self.held - self.held_back)


@dataclass(frozen=True, slots=True)
class Sales:
    """How a listing sells, for its seller. `held` is in somebody's basket, `held_back` kept for the box office.

    `statuses` counts orders by status, `ordered` the tickets of confirmed ones. `revenue` is what the seats have brought
    and nobody has been given back; the marketplace keeps `commission` of it, and `fees` beside it, which buyers paid:
    revenue and fees lie at the bank.
    """

    listing: ListingPage
    categories: tuple[CategorySales, ...]
    statuses: dict[Status, int]
    ordered: int
    revenue: Money
    commission: Money
    fees: Money
    paid_out_at: datetime
    """When the seller is to be given what is theirs of it."""

    @property
    def sold(self) -> int:
        return sum(entry.sold for entry in self.categories)

    @property
    def sold_elsewhere(self) -> int:
        """What is sold and stands in no order: it went over the counter, and brought no revenue here."""
        return max(self.sold - self.ordered, 0)

    @property
    def held(self) -> int:
        return sum(entry.held for entry in self.categories)

    @property
    def held_back(self) -> int:
        return sum(entry.held_back for entry in self.categories)

    @property
    def left(self) -> int:
        return sum(entry.left for entry in self.categories)


@dataclass(frozen=True, slots=True)
class RevenuePeriod:
    """What came in from `since` until (not including) `until`."""

    since: datetime
    until: datetime
    orders: int
    revenue: Money


@dataclass(frozen=True, slots=True)
class SoldOrder:
    """One order as the seller sees it in a list."""

    id: BookingId
    buyer_name: str
    buyer_email: str
    status: Status
    seats: tuple[str, ...]
    price: Money
    surcharge: Money
    commission: Money
    refunded: Money
    """What has been given back, or is promised."""

    created_at: datetime
    confirmed_at: datetime | None

    @property
    def total(self) -> Money:
        return self.price + self.surcharge


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Seats that the seller keeps for the box office."""

    id: HoldId
    units: tuple[str, ...]
    labels: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class ChangeQuote:
    """What making a change public would tell, before anybody decides: how many buyers, what they know, and what is new."""

    buyers: int
    was: EventDetails
    is_now: EventDetails


@dataclass(frozen=True, slots=True)
class CallOffQuote:
    """What calling an event off would cost, before anybody decides. `refund` includes `surcharge`."""

    orders: int
    tickets: int
    unpaid: int
    refund: Money
    surcharge: Money
