"""What may be written about a listing: checks every field, names every error, and turns a draft into columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from marketplace import datetimes, limits
from marketplace.catalog.errors import ListingRefused
from marketplace.catalog.kind import kind, terms_of
from marketplace.catalog.views import Genre, ListingChange, ListingContent, Place, Policy, Stock
from marketplace.errors import FieldError
from marketplace.i18n import _
from marketplace.money import AmountRefused, exponent

DEAREST = 10**12
"""Every price is below so many minor units; what a full basket comes to is then still far from `money.LARGEST`."""
MOST_PER_BUYER = 100
LONGEST_EVENT = timedelta(days=92)
YEARS = range(2000, 2101)
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def tidy(draft: ListingContent) -> ListingContent:
    """The draft with its white space in order; what people paste brings a lot along."""
    place = draft.place
    return replace(
        draft,
        title=_line(draft.title),
        story="\n".join(
            line.rstrip() for line in draft.story.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        ).strip(),
        place=replace(
            place,
            name=_line(place.name),
            city=_line(place.city),
            address=_line(place.address),
            country=place.country.strip().upper(),
        ),
    )


def merged(draft: ListingContent, change: ListingChange) -> ListingContent:
    """The draft with what the change asks for, but for prices. Raises Invalid for terms that its kind does not have.

    Doors that open so long before the start do so before a new one, too, unless the change says when.
    """
    if change.starts_at is not None and change.doors_at is None and draft.doors_at is not None:
        draft = replace(draft, doors_at=draft.doors_at + (change.starts_at - draft.starts_at))
    asked = {name: getattr(change, name) for name in ListingChange.__dataclass_fields__}
    asked |= {"prices": None, "terms": None}
    terms = terms_of(kind(draft.kind), draft.terms.model_dump() | dict(change.terms)) if change.terms else draft.terms
    return replace(draft, terms=terms, **{name: value for name, value in asked.items() if value is not None})


def priced(draft: ListingContent, change: ListingChange, stock: Stock | None) -> ListingContent:
    """The draft with new prices. Those of categories that there are no longer fall away."""
    prices = {category: minor for category, minor in draft.prices.items() if category in _categories(stock)}
    return replace(draft, prices=prices | dict(change.prices or {}))


def check(draft: ListingContent, stock: Stock | None) -> None:
    """Raises ListingRefused with every error. `stock` is what it offers, if its shop may."""
    found = errors(draft, stock)
    if found:
        raise ListingRefused(found)


def errors(draft: ListingContent, stock: Stock | None) -> list[FieldError]:
    """Everything about the draft that cannot be kept as it is."""
    found = [
        *_word_errors(draft),
        *_place_errors(draft.place),
        *_time_errors(draft),
        *_price_errors(draft, _categories(stock)),
    ]
    found += kind(draft.kind).errors(draft.terms, stock)
    if draft.category not in list(Genre):
        found.append(
            FieldError(
                "category",
                _(
                    "“{category}” is not a category; we know {known}.",
                    category=draft.category[:40],
                    known=", ".join(Genre),
                ),
            )
        )
    if draft.policy not in list(Policy):
        found.append(
            FieldError(
                "policy",
                _(
                    "“{policy}” is not a refund policy; we know {known}.",
                    policy=draft.policy[:40],
                    known=", ".join(Policy),
                ),
            )
        )
    if not 1 <= draft.max_per_buyer <= MOST_PER_BUYER:
        found.append(FieldError("max_per_buyer", _("One buyer may be given 1 to {most}.", most=MOST_PER_BUYER)))
    return found


def missing(draft: ListingContent, stock: Stock | None, now: datetime, *, is_suspended: bool) -> list[FieldError]:
    """Everything that a public listing needs and this draft lacks."""
    found = []
    if not draft.story:
        found.append(FieldError("story", _("Add a description.")))
    found += kind(draft.kind).missing(draft.terms, stock)
    found += [
        FieldError(f"prices.{category}", _("Set a price for “{category}”.", category=category))
        for category, capacity in (stock.capacities.items() if stock else ())
        if capacity and category not in draft.prices
    ]
    if draft.starts_at <= now:
        found.append(FieldError("starts_at", _("The start is in the past.")))
    if is_suspended:
        found.append(FieldError("seller_id", _("This shop is suspended.")))
    return found


def columns(draft: ListingContent, now: datetime, shop: str) -> dict[str, Any]:
    """A checked draft as the columns of a listing; a sale without a beginning begins now."""
    place = draft.place
    return {
        "kind": draft.kind, "title": draft.title, "story": draft.story, "category": draft.category,
        "place_name": place.name, "address": place.address, "city": place.city, "country": place.country,
        "latitude": place.latitude, "longitude": place.longitude, "zone": place.zone,
        "place_key": fold(place.city), "words": fold(f"{draft.title} · {place.name} · {place.city} · {shop}"),
        "starts_at": draft.starts_at, "ends_at": draft.ends_at, "doors_at": draft.doors_at,
        "sale_starts_at": draft.sale_starts_at or now, "currency": draft.currency,
        "policy": draft.policy, "max_per_buyer": draft.max_per_buyer, "terms": draft.terms.model_dump(mode="json"),
    }  # fmt: skip


def fold(text: str) -> str:
    """Without case, accents and doubled spaces, so that “munchen” finds “München”."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def slug_of(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:80].strip("-") or "listing"


def _categories(stock: Stock | None) -> frozenset[str]:
    return frozenset(stock.capacities) if stock else frozenset()


def _word_errors(draft: ListingContent) -> Iterator[FieldError]:
    yield from _text_errors("title", draft.title, least=3, most=limits.TITLE)
    yield from _text_errors("story", draft.story, most=limits.STORY)


def _place_errors(place: Place) -> Iterator[FieldError]:
    yield from _text_errors("place.name", place.name, least=1, most=limits.VENUE)
    yield from _text_errors("place.city", place.city, least=1, most=limits.CITY)
    yield from _text_errors("place.address", place.address, most=limits.ADDRESS)
    if not re.fullmatch("[A-Z]{2}", place.country):
        yield FieldError("place.country", _("A country is its two letters (ISO 3166), such as DE."))
    if place.zone not in datetimes.zones():
        yield FieldError(
            "place.zone",
            _("“{zone}” is not a time zone that we know (IANA), such as Europe/Berlin.", zone=place.zone[:60]),
        )
    for name, value, most in (("latitude", place.latitude, 90), ("longitude", place.longitude, 180)):
        if value is not None and not -most <= value <= most:
            yield FieldError(f"place.{name}", _("A {name} lies between -{most} and {most}.", name=name, most=most))


def _time_errors(draft: ListingContent) -> Iterator[FieldError]:
    instants = {
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "doors_at": draft.doors_at,
        "sale_starts_at": draft.sale_starts_at,
    }
    errors = [
        FieldError(name, _("A time needs its offset from UTC, and a year between 2000 and 2100."))
        for name, at in instants.items()
        if at is not None and (at.tzinfo is None or at.year not in YEARS)
    ]
    if errors:
        yield from errors
        return
    if draft.ends_at <= draft.starts_at:
        yield FieldError("ends_at", _("The end must be after the start."))
    elif draft.ends_at - draft.starts_at > LONGEST_EVENT:
        yield FieldError("ends_at", _("One listing lasts {days} days at most.", days=LONGEST_EVENT.days))
    if draft.doors_at is not None and draft.doors_at > draft.starts_at:
        yield FieldError("doors_at", _("Doors must open before the start."))
    if draft.sale_starts_at is not None and draft.sale_starts_at >= draft.starts_at:
        yield FieldError("sale_starts_at", _("Sales must start before the event."))


def _price_errors(draft: ListingContent, categories: Collection[str]) -> Iterator[FieldError]:
    try:
        exponent(draft.currency)
    except AmountRefused as refused:
        yield FieldError("currency", refused.message)
    for category, minor in draft.prices.items():
        field = f"prices.{category[:100]}"
        if category not in categories:
            yield FieldError(field, _("There is no such price category."))
        elif type(minor) is not int or not 0 <= minor < DEAREST:  # True is an int, too
            yield FieldError(field, _("A price is a whole number of minor units from 0 to {most}.", most=DEAREST - 1))


def _text_errors(field: str, text: str, *, most: int, least: int = 0) -> Iterator[FieldError]:
    if len(text) < least:
        yield FieldError(
            field, _("This field is required.") if not text else _("Use at least {least} characters.", least=least)
        )
    if len(text) > most:
        yield FieldError(field, _("Use at most {most} characters.", most=most))
    if _UNPRINTABLE.search(text):
        yield FieldError(field, _("Remove the characters that cannot be displayed."))


def _line(text: str) -> str:
    return " ".join(text.split())
