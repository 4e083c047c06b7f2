"""What somebody looks for on Browse: read from an address, written into one, and told in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from marketplace import datetimes, limits
from marketplace.catalog.kind import kinds
from marketplace.catalog.views import Genre, ListingFilters, Sort
from marketplace.i18n import _, page_at
from marketplace.money import AmountRefused, Money, exponent

BROWSE = "/browse"
LARGEST_PRICE = 10**7
"""In whole units of a currency: more than anything here costs."""

SPANS = ("today", "tomorrow", "weekend", "week", "month")


@dataclass(frozen=True)
class Filters:
    """Each field is a parameter of the address, and empty where it does not matter.

    `zone` is an IANA zone that is named after a city; `start` and `end` are ISO days, both included; `least` and `most`
    amounts of `currency` with a point (“12.50”), whatever the reader's language; `available` is "1".
    """

    text: str = ""
    kind: str = ""
    category: str = ""
    place: str = ""
    zone: str = ""
    when: str = ""
    start: str = ""
    end: str = ""
    least: str = ""
    most: str = ""
    currency: str = ""
    available: str = ""
    sort: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """What an address asks for; what makes no sense is left out."""
        given = {field.name: " ".join(query.get(field.name, "").split())[: limits.SEARCH] for field in fields(cls)}
        lawful = {
            "kind": {its.name for its in kinds()}, "category": set(Genre), "when": set(SPANS), "available": {"1"},
            "sort": set(Sort) - {Sort.SOONEST},
        }  # fmt: skip
        for name, known in lawful.items():
            given[name] = given[name] if given[name] in known else ""
        for name in ("start", "end"):
            given[name] = _day(given[name])
        if given["start"] or given["end"]:
            given["when"] = ""
        given["zone"] = given["zone"] if given["zone"] in datetimes.zones() and datetimes.city(given["zone"]) else ""
        given["currency"] = _currency(given["currency"])
        for name in ("least", "most"):
            given[name] = _price(given[name], given["currency"]) if given["currency"] else ""
        if not given["least"] and not given["most"]:
            given["currency"] = ""
        return cls(**given)

    def changed(self, **values: str) -> Self:
        """With other values for some filters; days and spans of days take turns."""
        turns = {"start": "", "end": ""} if values.get("when") else {}
        return self.read(asdict(self) | turns | values)

    @property
    def address(self) -> str:
        query = urlencode({name: value for name, value in asdict(self).items() if value})
        return page_at(f"{BROWSE}?{query}" if query else BROWSE)

    @property
    def order(self) -> Sort:
        return Sort(self.sort or Sort.SOONEST)

    def listing_filters(self, now: datetime, zone: str) -> ListingFilters:
        """The same for the catalog. Days are those of the viewer's `zone`."""
        first, last = self._days(now.astimezone(ZoneInfo(zone)).date())
        starts_from = None if first is None else _midnight(first, zone)
        return ListingFilters(
            kind=self.kind or None, category=self.category or None, text=self.text or None, place=self.place or None,
            zone=self.zone or None,
            # What is over is never looked for.
            starts_from=starts_from if starts_from is not None and starts_from > now else None,
            starts_before=None if last is None else _midnight(last + timedelta(days=1), zone),
            price_from=self._money(self.least), price_to=self._money(self.most), only_available=bool(self.available),
        )  # fmt: skip

    def said(self) -> Iterator[tuple[str, str, Self]]:
        """(name, words, filters without it) of each filter that narrows the list."""
        words = {
            "text": f"“{self.text}”", "kind": kind_text(self.kind), "category": genre_text(self.category),
            "place": self.place, "zone": zone_text(self.zone), "when": span_text(self.when),
            "start": _("From {day}", day=_day_text(self.start)), "end": _("Until {day}", day=_day_text(self.end)),
            "least": _("From {price}", price=self._price(self.least)), "most": _("Up to {price}", price=self._price(self.most)),
            "available": _("Can be bought now"),
        }  # fmt: skip
        for name, text in words.items():
            if getattr(self, name):
                yield name, text, self.changed(**{name: ""})

    def _days(self, today: date) -> tuple[date | None, date | None]:
        """The first and the last day that count."""
        if self.when:
            return _span(self.when, today)
        return tuple(date.fromisoformat(day) if day else None for day in (self.start, self.end))  # type: ignore[return-value]

    def typed_price(self, text: str) -> str:
        """A price in the reader's own format as it goes into an address. Raises AmountRefused."""
        return _plain(Money.read(text, self.currency)) if text.strip() else ""

    def shown_price(self, amount: str) -> str:
        """A price of an address as it goes into the reader's field: “12,50”, “12”."""
        if not amount:
            return ""
        return Money.parse(amount, self.currency).digits() if "." in amount else amount

    def _money(self, amount: str) -> Money | None:
        return Money.parse(amount, self.currency) if amount else None

    def _price(self, amount: str) -> str:
        money = self._money(amount)
        return "" if money is None else money.text()


NO_FILTERS = Filters()


def genre_text(genre: str) -> str:
    """A category in words."""
    return {
        "": "", Genre.THEATRE: _("Theatre"), Genre.MUSIC: _("Music"), Genre.CLASSICAL: _("Classical"),
        Genre.OPERA: _("Opera"), Genre.JAZZ: _("Jazz"), Genre.DANCE: _("Dance"), Genre.COMEDY: _("Comedy"),
        Genre.FILM: _("Film"), Genre.TALK: _("Talks"), Genre.SPORT: _("Sport"), Genre.FAMILY: _("Family"),
        Genre.TRAVEL: _("Travel"),
    }.get(genre, genre.replace("_", " ").capitalize())  # fmt: skip


def kind_text(kind: str) -> str:
    """A kind of listing in words."""
    return next((its.title for its in kinds() if its.name == kind), "")


def zone_text(zone: str) -> str:
    """Where it is as late as in a city, in words."""
    return _("In {city}'s time zone", city=datetimes.city(zone)) if zone else ""


def span_text(span: str) -> str:
    """A span of days in words."""
    return {
        "": "", "today": _("Today"), "tomorrow": _("Tomorrow"), "weekend": _("This weekend"),
        "week": _("Next 7 days"), "month": _("Next 30 days"),
    }[span]  # fmt: skip


def sort_text(sort: Sort) -> str:
    """An order in words."""
    return {
        Sort.SOONEST: _("Soonest first"), Sort.CHEAPEST: _("Lowest price first"), Sort.NEWEST: _("Newest first"),
        Sort.SELLING_FAST: _("Selling fast"),
    }[sort]  # fmt: skip


def _span(name: str, today: date) -> tuple[date, date]:
    sunday = today + timedelta(days=6 - today.weekday())
    first, last = {
        "today": (today, today), "tomorrow": (today + timedelta(days=1), today + timedelta(days=1)),
        "weekend": (max(today, sunday - timedelta(days=1)), sunday), "week": (today, today + timedelta(days=6)),
        "month": (today, today + timedelta(days=29)),
    }[name]  # fmt: skip
    return first, last


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))


def _day(text: str) -> str:
    """An ISO day of this century, or nothing."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ""
    return day.isoformat() if 2000 <= day.year < 2100 else ""


def _day_text(day: str) -> str:
    return datetimes.day(date.fromisoformat(day)) if day else ""


def _price(text: str, currency: str) -> str:
    """An amount with a point, or nothing."""
    try:
        price = Money.parse(text, currency)
    except AmountRefused:
        return ""
    return _plain(price) if 0 <= price.minor <= LARGEST_PRICE * 10 ** exponent(currency) else ""


def _plain(price: Money) -> str:
    """“12.50”; “12” where nothing follows the point."""
    amount = str(price).partition(" ")[0]
    whole, _, decimals = amount.partition(".")
    return amount if decimals.strip("0") else whole


def _currency(text: str) -> str:
    try:
        exponent(text)
    except AmountRefused:
        return ""
    return text
