"""Instants as people write them in the language that is being spoken, on the clock of a place.

The patterns (Unicode TR 35) stand in the catalogues like any other sentence: a language brings its own.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from babel.dates import format_date, format_datetime, get_timezone_location

from marketplace.i18n import _, locale, ngettext


def short(at: datetime, zone: str) -> str:
    """“Sat 14 Feb 2026, 19:30”."""
    return _written(at, zone, _("EEE d MMM y, HH:mm"))


def full(at: datetime, zone: str) -> str:
    """“Saturday, 14 February 2026 at 19:30”."""
    return _written(at, zone, _("EEEE, d MMMM y 'at' HH:mm"))


def brief(at: datetime, zone: str) -> str:
    """“14 Feb, 19:30”."""
    return _written(at, zone, _("d MMM, HH:mm"))


def weekday(at: datetime, zone: str) -> str:
    """“Sat 14 Feb”."""
    return _written(at, zone, _("EEE d MMM"))


def time_of_day(at: datetime, zone: str) -> str:
    """“19:30”."""
    return _written(at, zone, _("HH:mm"))


def exact(at: datetime, zone: str) -> str:
    """“14 Feb, 19:30:05”: for trails, where seconds matter."""
    return _written(at, zone, _("d MMM, HH:mm:ss"))


@cache
def zones() -> frozenset[str]:
    """The name of every IANA zone that we know."""
    return frozenset(available_timezones())


def names_of(zone: str) -> tuple[str, ...]:
    """The same zone by all its names: “Asia/Calcutta”, which browsers still say, is “Asia/Kolkata”."""
    aliases = get_global("zone_aliases")
    proper = aliases.get(zone, zone)
    return (proper, *(alias for alias, name in aliases.items() if name == proper))


def city(zone: str) -> str:
    """The city that a zone is named after, “Lisbon”; nothing where that is none, as with UTC."""
    return _city(zone) if "/" in zone and not zone.startswith("Etc/") else ""


def zone_text(zone: str) -> str:
    """Whose clock it is: “Lisbon time”."""
    return _("{city} time", city=_city(zone))


def day(on: date) -> str:
    """“14 Feb 2026”."""
    return format_date(on, _("d MMM y"), locale=locale())


def span(length: timedelta) -> str:
    """How long something lasts, in the largest unit that counts it in whole ones: “24 hours”, “3 days”."""
    minutes = int(length.total_seconds()) // 60
    if minutes % 60:
        return ngettext("{count} minute", "{count} minutes", minutes)
    if minutes % (24 * 60) or minutes == 24 * 60:
        return ngettext("{count} hour", "{count} hours", minutes // 60)
    return ngettext("{count} day", "{count} days", minutes // (24 * 60))


def _city(zone: str) -> str:
    return get_timezone_location(zone, locale=locale(), return_city=True)


def _written(at: datetime, zone: str, pattern: str) -> str:
    return format_datetime(at.astimezone(ZoneInfo(zone)), pattern, locale=locale())
