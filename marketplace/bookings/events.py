"""Events of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.catalog.views import EventDetails
from marketplace.ids import BookingId, ListingId, PaymentId
from marketplace.outbox import DomainEvent, MoneyEvent


@dataclass(frozen=True)
class BookingMade(MoneyEvent):
    booking_id: str
    at: datetime


@dataclass(frozen=True)
class BookingConfirmed(DomainEvent):
    booking_id: str
    at: datetime


@dataclass(frozen=True)
class TicketsWanted(DomainEvent):
    """Somebody who may see the order asks for its mail once more."""

    booking_id: str
    at: datetime


@dataclass(frozen=True)
class LinksWanted(DomainEvent):
    """Somebody has lost the links to what was bought with this address and without an account."""

    email: str
    at: datetime


@dataclass(frozen=True)
class BookingExpired(DomainEvent):
    booking_id: str
    at: datetime


@dataclass(frozen=True)
class BookingCancelled(DomainEvent):
    """`by` is the party: buyer, seller or operator."""

    booking_id: str
    at: datetime
    by: str


@dataclass(frozen=True)
class PaymentDeclined(DomainEvent):
    """A try to pay failed; the seats are kept until the deadline."""

    booking_id: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class MoneyCameLate(MoneyEvent):
    """Money came for units that had been let go: whether they are still to be had is asked after the commit."""

    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str


@dataclass(frozen=True)
class SalesMoved(DomainEvent):
    """Units of this listing were sold or came free: told once for all that did so within a moment."""

    listing_id: ListingId


@dataclass(frozen=True)
class MoneyRefused(MoneyEvent):
    """Money came that this booking cannot take (late, twice, the wrong amount); it goes back by itself.

    `why` is one of: late, twice, wrong_amount, after_cancelling.
    """

    booking_id: str
    payment_id: str
    why: str
    at: datetime


@dataclass(frozen=True)
class BookingLetGo(DomainEvent):
    """Its buyer's account is gone before the event: from now on a link opens it."""

    booking_id: str
    at: datetime


@dataclass(frozen=True)
class BuyerOutdated(DomainEvent):
    """Due when the event is over: nobody needs to know any more who the buyer was."""

    booking_id: str


@dataclass(frozen=True)
class BuyerForgotten(DomainEvent):
    booking_id: str
    at: datetime


@dataclass(frozen=True)
class CallingOffGoesOn(MoneyEvent):
    """The orders of a cancelled listing up to `after` are dealt with, and more wait."""

    listing_id: str
    after: str | None = None


@dataclass(frozen=True)
class EventChanged(DomainEvent):
    """What was bought takes place otherwise than its buyer knew; the order says what is true now."""

    booking_id: str
    was: EventDetails
    is_now: EventDetails
    at: datetime


@dataclass(frozen=True)
class TellingGoesOn(DomainEvent):
    """The orders of a changed listing up to `after` say what is true now, and more wait."""

    listing_id: str
    after: str | None = None


@dataclass(frozen=True)
class TimeRunsOut(DomainEvent):
    """An account holder's order is near its end, unpaid; told once an order."""

    booking_id: str
    at: datetime
