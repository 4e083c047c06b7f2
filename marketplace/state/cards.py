"""Listings as cards: what Home and Browse show."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic, which serialises State vars, wants this one before Python 3.12

from marketplace import datetimes
from marketplace.catalog.views import ListingCard, Status
from marketplace.components.values import Tone
from marketplace.i18n import _, page_at
from marketplace.state import formatting


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
    badge, tone = badge_of(listing)
    return Card(
        id=listing.id, href=page_at(f"/l/{listing.slug}"), title=listing.title,
        when_text=datetimes.short(listing.starts_at, listing.zone), place=f"{listing.place_name}, {listing.city}",
        price=formatting.price_range(listing.price_from, listing.price_to), poster=listing.poster_url, badge=badge,
        badge_tone=tone,
    )  # fmt: skip


def badge_of(listing: ListingCard) -> tuple[str, Tone]:
    """The one thing that a buyer should know at a glance, if there is one, and its tone."""
    if listing.status is Status.SOLD_OUT:
        return _("Sold out"), "neutral"
    if listing.status is Status.PUBLISHED:
        return _("On sale from {moment}", moment=datetimes.brief(listing.sale_starts_at, listing.zone)), "accent"
    if not listing.is_on_sale:
        return formatting.listing_badge(listing.status)
    if listing.are_few_left:
        return _("Few left"), "warning"
    return (_("Selling fast"), "good") if listing.is_selling_fast else ("", "neutral")
