"""What has happened in the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.ids import ListingId, SellerId
from marketplace.outbox import Fact, MoneyFact


@dataclass(frozen=True)
class ListingPublished(Fact):
    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingChanged(Fact):
    """`fields` names what is no longer as it was."""

    listing_id: ListingId
    seller_id: SellerId
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ListingSoldOut(Fact):
    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingBackOnSale(Fact):
    """A listing that had been sold out has something to sell again."""

    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingClosed(Fact):
    """Sales have ended; what was sold stands."""

    listing_id: ListingId
    seller_id: SellerId


@dataclass(frozen=True)
class ListingCancelled(MoneyFact):
    """It will not take place: whoever bought gets everything back."""

    listing_id: ListingId
    seller_id: SellerId
    reason: str
