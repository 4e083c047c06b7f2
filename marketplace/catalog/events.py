"""What has happened in the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.ids import ListingId, SellerId
from marketplace.outbox import DomainEvent, MoneyEvent


@dataclass(frozen=True)
class ListingPublished(DomainEvent):
    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingChanged(DomainEvent):
    """`fields` names what is no longer as it was."""

    listing_id: ListingId
    seller_id: SellerId
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ListingSoldOut(DomainEvent):
    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingBackOnSale(DomainEvent):
    """A listing that had been sold out has something to sell again."""

    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingClosed(DomainEvent):
    """Sales have ended; what was sold stands."""

    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingCancelled(MoneyEvent):
    """It will not take place: whoever bought gets everything back."""

    listing_id: ListingId
    seller_id: SellerId
    reason: str
