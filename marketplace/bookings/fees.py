"""Fees: what is added to a price, and what is kept of it. Nobody else multiplies a price by a share of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marketplace.money import Money

if TYPE_CHECKING:
    from marketplace.catalog.views import Offer


@dataclass(frozen=True, slots=True)
class Fees:
    """`surcharge` is the buyer's, on top of the price; `commission` the seller's, out of it."""

    surcharge: Money
    commission: Money


def fees(offer: Offer, price: Money, *, has_account: bool) -> Fees:
    """What a purchase at this price costs each side, by the listing's own shares (hundredths of a percent).

    Those with an account pay no surcharge.
    """
    surcharge = Money.zero(offer.currency) if has_account else price.share(offer.guest_surcharge_bp)
    return Fees(surcharge, price.share(offer.commission_bp))
