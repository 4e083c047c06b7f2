"""What a hold costs: prices, fees and policy as they were when its holder was shown them.

They are kept with the hold, as a text, until it is checked out: a seller who changes a price changes nothing for those
who have picked already.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from marketplace.catalog.views import Policy
from marketplace.money import Money

if TYPE_CHECKING:
    from marketplace.catalog.views import Offer


def written(offer: Offer) -> str:
    """The terms of a hold that is made, or added to, now."""
    return json.dumps(
        {
            "currency": offer.currency,
            "prices": {category: price.minor for category, price in offer.prices.items()},
            "guest_surcharge_bp": offer.guest_surcharge_bp,
            "commission_bp": offer.commission_bp,
            "policy": offer.policy,
        },
        separators=(",", ":"),
    )


def applied(offer: Offer, terms: str) -> Offer:
    """The offer with the terms that were written down; as it is where there are none."""
    if not terms:
        return offer
    kept = json.loads(terms)
    currency = kept["currency"]
    return replace(
        offer,
        currency=currency,
        prices={**offer.prices, **{category: Money(minor, currency) for category, minor in kept["prices"].items()}},
        guest_surcharge_bp=kept["guest_surcharge_bp"],
        commission_bp=kept["commission_bp"],
        policy=Policy(kept["policy"]),
    )
