"""What money a seller is likely to ask for: that of the country where it happens."""

from __future__ import annotations

from datetime import datetime

from babel.core import get_global
from babel.numbers import get_territory_currencies

from marketplace import datetimes

OFFERED = (
    "EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "ISK", "JPY", "KRW", "AUD", "NZD",
    "CAD", "MXN", "BRL", "INR", "SGD", "HKD", "ZAR", "NGN", "KES", "GHS", "AED", "KWD", "TRY", "ILS",
)  # fmt: skip
"""Among which sellers choose. The API takes every currency of ISO 4217."""

USUAL = OFFERED[0]
"""Where no country says otherwise."""


def usual(country: str, zone: str, now: datetime) -> str:
    """What is paid with in a country (ISO 3166) or, as long as none is said, in that of an IANA zone."""
    territory = country or get_global("zone_territories").get(datetimes.names_of(zone)[0], "")
    paid_with = get_territory_currencies(territory, start_date=now.date()) if territory else []
    return next((currency for currency in paid_with if currency in OFFERED), USUAL)
