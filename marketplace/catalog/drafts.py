"""A listing as somebody types it: short texts by name, each kept as it was typed, right or wrong.

The names are those of a draft's fields (`title`, `place.city`, `prices.Stalls`), so that an error finds its field. An
instant is typed as two entries, the day (`starts_at.day`, “2026-02-14”) and the clock (`starts_at.clock`, “19:30”), both
as they are told where it happens. A price is read in the format of whoever types it, and kept as “12.50 EUR”, so that it
means the same to every other reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from marketplace import datetimes, limits
from marketplace.catalog import validation
from marketplace.catalog.errors import ListingRefused
from marketplace.catalog.kind import kind, kinds
from marketplace.catalog.views import Genre, ListingContent, Place, Policy
from marketplace.errors import FieldError
from marketplace.i18n import _
from marketplace.money import AmountRefused, Money, exponent

if TYPE_CHECKING:
    from marketplace.catalog.kind import Kind
    from marketplace.catalog.views import Stock
    from marketplace.ids import SellerId

INSTANTS = ("starts_at", "ends_at", "doors_at", "sale_starts_at")
_MAY_BE_EMPTY = frozenset({"doors_at", "sale_starts_at"})
PRICE = "prices."
ON = "yes"

FIELDS = (
    "title", "story", "category", "place.name", "place.city", "place.country", "place.address", "place.zone",
    *(f"{name}.{part}" for name in INSTANTS for part in ("day", "clock")),
    "kind", "currency", "policy", "max_per_buyer",
)  # fmt: skip
"""Of every listing; its kind adds its own (`Kind.entries`)."""

MOST_ENTRIES = 200
LONGEST_ENTRY = 2 * limits.STORY

_STAND_IN = datetime(2050, 1, 1, tzinfo=UTC)
"""Takes the place of an instant that cannot be read, so that everything else is still looked at."""


def blank(*, zone: str, currency: str) -> dict[str, str]:
    """A draft on which nobody has written yet, with what is most likely."""
    its = kinds()[0]
    return dict.fromkeys(FIELDS, "") | dict(its.entries) | {
        "kind": its.name, "category": Genre.THEATRE, "place.zone": zone, "currency": currency, "policy": Policy.MODERATE,
        "max_per_buyer": "10", "starts_at.clock": "19:30", "ends_at.clock": "22:00",
    }  # fmt: skip


def must_fit(entries: Mapping[str, str]) -> None:
    """Raises ListingRefused for names that no draft has, and for what no form of ours would send."""
    if len(entries) > MOST_ENTRIES:
        raise ListingRefused([FieldError("entries", _("A draft can have at most {most} entries.", most=MOST_ENTRIES))])
    errors = []
    known = {*FIELDS, *(name for its in kinds() for name in its.entries)}
    for name, text in entries.items():
        if name not in known and not (name.startswith(PRICE) and len(name) <= len(PRICE) + 100):
            errors.append(FieldError(name[:120], _("Unknown field.")))
        elif len(text) > LONGEST_ENTRY:
            errors.append(FieldError(name, _("Use at most {most} characters.", most=LONGEST_ENTRY)))
    if errors:
        raise ListingRefused(errors)


def moved_along(before: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, and with a new day of the start those of the doors and the end, as far from it as before."""
    was, is_now = _day(before.get("starts_at.day", "")), _day(typed.get("starts_at.day", ""))
    if was is None or is_now is None:
        return dict(typed)
    days = {name: _day(before.get(name, "")) for name in ("doors_at.day", "ends_at.day") if name not in typed}
    # A day that cannot be read is refused at the entry itself; here it just does not move.
    with suppress(OverflowError):
        return {**typed, **{name: f"{day + (is_now - was):%Y-%m-%d}" for name, day in days.items() if day}}
    return dict(typed)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def write(draft: ListingContent, now: datetime) -> dict[str, str]:
    """A draft as it would have been typed. A sale that has begun by `now` has no beginning left to write down."""
    place, zone = draft.place, ZoneInfo(draft.place.zone)
    instants = {
        "starts_at": draft.starts_at, "ends_at": draft.ends_at, "doors_at": draft.doors_at,
        "sale_starts_at": draft.sale_starts_at if draft.sale_starts_at and draft.sale_starts_at > now else None,
    }  # fmt: skip
    entries = {
        "title": draft.title, "story": draft.story, "category": draft.category, "place.name": place.name,
        "place.city": place.city, "place.country": place.country, "place.address": place.address,
        "place.zone": place.zone, "currency": draft.currency, "policy": draft.policy,
        "max_per_buyer": str(draft.max_per_buyer), "kind": draft.kind, **kind(draft.kind).write(draft.terms),
    }  # fmt: skip
    for name, at in instants.items():
        local = at.astimezone(zone) if at is not None else None
        entries[f"{name}.day"] = f"{local:%Y-%m-%d}" if local else ""
        entries[f"{name}.clock"] = f"{local:%H:%M}" if local else ""
    for category, minor in draft.prices.items():
        entries[f"{PRICE}{category}"] = str(Money(minor, draft.currency))
    return entries


_KEPT = re.compile(r"(-?\d{1,20}(?:\.\d{1,4})?) ([A-Z]{3})", re.ASCII)


def price_in(text: str, currency: str) -> Money:
    """A price as it is kept, or as somebody has typed it just now. Raises AmountRefused."""
    kept = _KEPT.fullmatch(text.strip())
    return Money.parse(kept[1], currency) if kept else Money.read(text, currency)


def settled(entries: Mapping[str, str]) -> dict[str, str]:
    """The same with every price that can be read as it is kept; what cannot be read stays as it was typed."""
    found = dict(entries)
    for name, text in entries.items():
        if name.startswith(PRICE) and text.strip():
            with suppress(AmountRefused):
                found[name] = str(price_in(text, entries.get("currency", "")))
    return found


def price_shown(text: str) -> str:
    """A price as it goes into the field of whoever reads it now: “12,50” in German."""
    kept = _price_in(text)
    return kept.digits() if kept else text


def price_text(text: str) -> str:
    """A price with its currency, as buyers will see it; what is none, as it was typed."""
    kept = _price_in(text)
    return kept.text() if kept else text


def _price_in(text: str) -> Money | None:
    kept = _KEPT.fullmatch(text)
    if kept is not None:
        with suppress(AmountRefused):
            return Money.parse(*kept.groups())
    return None


def kind_in(entries: Mapping[str, str]) -> Kind:
    """The kind that is being written. Raises NotFound."""
    return kind(entries.get("kind") or kinds()[0].name)


def read(entries: Mapping[str, str], seller: SellerId, stock: Stock | None) -> tuple[ListingContent, list[FieldError]]:
    """What the draft says, and everything that is wrong with it; with errors, the draft is good for looking at only.

    `stock` is what it offers, if its shop may. Prices of categories that this has not are passed over: they wait for the
    day on which the seller chooses the other again.
    """
    found: list[FieldError] = []
    zone = entries.get("place.zone", "")
    at = {name: _instant(entries, name, zone, found) for name in INSTANTS}
    has_all_times = not found
    currency = entries.get("currency", "")
    its = kind_in(entries)
    terms, wrong = its.read(entries)
    found += wrong
    draft = validation.tidy(
        ListingContent(
            seller_id=seller,
            title=entries.get("title", ""),
            story=entries.get("story", ""),
            category=entries.get("category", ""),
            place=Place(
                name=entries.get("place.name", ""),
                city=entries.get("place.city", ""),
                country=entries.get("place.country", ""),
                zone=zone,
                address=entries.get("place.address", ""),
            ),
            starts_at=at["starts_at"] or _STAND_IN,
            ends_at=at["ends_at"] or (at["starts_at"] or _STAND_IN) + timedelta(hours=1),
            doors_at=at["doors_at"],
            sale_starts_at=at["sale_starts_at"],
            currency=currency,
            kind=its.name,
            terms=terms,
            prices=_prices(entries, currency, stock, found),
            policy=entries.get("policy", ""),
            max_per_buyer=_count(entries, "max_per_buyer", found),
        )
    )
    known = {field_error.field for field_error in found}
    found += [
        field_error
        for field_error in validation.errors(draft, stock)
        if field_error.field not in known and (has_all_times or field_error.field not in INSTANTS)
    ]
    return draft, found


def _instant(entries: Mapping[str, str], name: str, zone: str, found: list[FieldError]) -> datetime | None:
    day, clock = entries.get(f"{name}.day", "").strip(), entries.get(f"{name}.clock", "").strip()
    if not day and (name in _MAY_BE_EMPTY or not clock):
        if name not in _MAY_BE_EMPTY:
            found.append(FieldError(name, _("Enter a date and time.")))
        elif clock:
            found.append(FieldError(name, _("Enter a date.")))
        return None
    if not day or not clock:
        found.append(FieldError(name, _("Enter a date.") if clock else _("Enter a time.")))
        return None
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        found.append(FieldError(name, _("Enter a date such as 2026-02-14 and a time such as 19:30.")))
        return None
    if local.tzinfo is not None or local.year not in validation.YEARS:
        found.append(FieldError(name, _("Use local time and a year between 2000 and 2100.")))
        return None
    if zone not in datetimes.zones():
        return local.replace(tzinfo=UTC)  # the zone is an error of its own
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        found.append(FieldError(name, _("This time does not exist on that day: clocks go forward.")))
    return instant


def _prices(entries: Mapping[str, str], currency: str, stock: Stock | None, found: list[FieldError]) -> dict[str, int]:
    """Minor units by category; an empty entry is no price yet, which is another thing than none."""
    prices = {}
    try:
        exponent(currency)
    except AmountRefused:
        return {}  # the draft's own check says so
    for category in stock.capacities if stock else ():
        text = entries.get(f"{PRICE}{category}", "").strip()
        if not text:
            continue
        try:
            price = price_in(text, currency)
        except AmountRefused as refused:
            found.append(FieldError(f"{PRICE}{category}", refused.message))
            continue
        if price.minor < 0:
            found.append(FieldError(f"{PRICE}{category}", _("A price cannot be negative.")))
        else:
            prices[category] = price.minor
    return prices


def _count(entries: Mapping[str, str], name: str, found: list[FieldError]) -> int:
    text = entries.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        found.append(FieldError(name, _("Use a whole number.")))
        return 1
    return int(text)
