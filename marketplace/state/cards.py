"""Listings as cards: what Home and Browse show."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic, which serialises State vars, wants this one before Python 3.12

from marketplace.catalog.views import ListingCard
from marketplace.components.values import Tone
from marketplace.state import phrases


class Card(TypedDict):
    id: str
    href: str
    title: str
    when_text: str
    place: str
    price: str
    poster: str
    badge: str
    badge_tone: Tone


def card_of(listing: ListingCard) -> Card:
    badge, tone = phrases.LISTING_BADGE[listing.status]
    return Card(
        id=listing.id, href=f"/l/{listing.slug}", title=listing.title,
        when_text=phrases.when_text(listing.starts_at, listing.zone), place=f"{listing.place_name}, {listing.city}",
        price=phrases.price_range(listing.price_from, listing.price_to), poster=listing.poster_url, badge=badge,
        badge_tone=tone,
    )  # fmt: skip
