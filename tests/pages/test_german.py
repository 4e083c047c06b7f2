"""What a German reads is German: no value of an enum, no English day, no sentence that its catalogue has otherwise.

`test_wording.py` reads the code; this reads what comes out, where a value can arrive that no code spells out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from html.parser import HTMLParser

import pytest
import reflex as rx

from marketplace import datetimes
from marketplace.bookings.views import Status as BookingStatus
from marketplace.catalog.views import Genre, Policy, Sort
from marketplace.catalog.views import Status as ListingStatus
from marketplace.cli import catalogues
from marketplace.errors import HoldfastError
from marketplace.i18n import _, speaking
from marketplace.lab import email_previews
from marketplace.notifications.views import MailStatus
from marketplace.pages.routes import routes
from marketplace.payments.status import FailureReason, PaymentStatus
from marketplace.posters.drawing import Poster, poster_svg
from marketplace.state import filters, formatting
from marketplace.state.lab import _mail_status

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun"
MONTHS = "January February March May June July October December Mar Oct Dec"
CALENDAR = re.compile(rf"\b({'|'.join(f'{DAYS} {MONTHS} {DAYS.upper()} {MONTHS.upper()}'.split())})\b")

BOTH = {"Jazz", "Film", "Sport", "System", "Name", "Status", "Code", "Info", "Event", "Service", "Start"}
"""Written alike in both languages."""


def members(kind: type[StrEnum] = StrEnum) -> Iterator[StrEnum]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("marketplace."):
            yield from below
        yield from members(below)


VALUES = {
    spelling
    for member in members()
    for plain in (member.value, member.value.replace("_", " "))
    for spelling in (plain, plain.capitalize(), plain.title(), plain.upper())
    if spelling.capitalize() not in BOTH
}


def english() -> set[str]:
    """Every sentence that German says otherwise."""
    return {
        sentence
        for message in catalogues.known("de")
        for sentence, german in zip(_forms(message.id), _forms(message.string), strict=False)
        if sentence and sentence != german and sentence not in GERMAN
    }


def _forms(said: object) -> tuple[str, ...]:
    return tuple(said) if isinstance(said, (list, tuple)) else (str(said),)


GERMAN = {form for message in catalogues.known("de") for form in _forms(message.string)}
ENGLISH = english()
"""A sentence that is also somebody's translation may stand for that."""


def slips(texts: Iterable[str]) -> set[str]:
    """What among `texts`, each as it stands alone on a screen, no German reader should meet."""
    return {
        text
        for text in map(str.strip, texts)
        if (text in VALUES and text not in GERMAN) or text in ENGLISH or CALENDAR.search(text)
    }


SHOWN = re.compile(r"""(?<!=== )(?<!=== \()(?:(?<=\? )|(?<=: )|(?<=\[")|(?<=^))"((?:[^"\\]|\\.)+)\"""")
ENTRY = re.compile(r'\["(\w+)"\] : "((?:[^"\\]|\\.)+)"')
NAMED = {"label", "aria-label", "ariaLabel", "placeholder", "title", "alt", "detail", "hint", "words"}


def shown(drawn: object, key: str = "") -> Iterator[str]:
    """The texts that a rendered component shows, on the page and to those who listen."""
    if isinstance(drawn, dict):
        for name, value in drawn.items():
            yield from shown(value, name)
    elif isinstance(drawn, (list, tuple)):
        for part in drawn:
            yield from shown(part, key)
    elif isinstance(drawn, rx.Var):  # what a list of choices is made from
        yield from (_read(text) for name, text in ENTRY.findall(str(drawn)) if name in NAMED)
    elif isinstance(drawn, str) and key == "contents":
        yield from map(_read, SHOWN.findall(drawn))
    elif isinstance(drawn, str) and key == "props":
        name, _colon, value = drawn.partition(":")
        if name.strip('"') in NAMED:
            yield from map(_read, SHOWN.findall(value))


def _read(text: str) -> str:
    return str(json.loads(f'"{text}"'))


class Words(HTMLParser):
    """The texts of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(document)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


@pytest.mark.parametrize("path", [route.path for route in routes()])
def test_a_page(path: str) -> None:
    with speaking("de"):
        page = next(route for route in routes() if route.path == path)
        texts = [*shown(page.page().render()), str(page.title), page.about]
    assert len(texts) > 10, "nothing was read"
    assert slips(texts) == set()


def test_every_mail() -> None:
    for sample in email_previews.samples("de", datetime(2026, 3, 5, 12, tzinfo=UTC)):
        assert slips([sample.subject, *sample.text.split("\n"), *Words(sample.html).found]) == set(), sample.kind


def refusals(kind: type[HoldfastError] = HoldfastError) -> Iterator[type[HoldfastError]]:
    for below in kind.__subclasses__():
        yield below
        yield from refusals(below)


def test_every_title_of_a_problem() -> None:
    with speaking("de"):
        assert slips(_(kind.title) for kind in refusals() if getattr(kind, "title", "")) == set()


def test_every_value_of_an_enum_that_is_shown() -> None:
    with speaking("de"):
        texts = [
            *map(filters.genre_text, Genre), *map(filters.sort_text, Sort), *map(formatting.policy_name, Policy),
            *(formatting.booking_status(one)[0] for one in BookingStatus), *map(_mail_status, MailStatus),
            *(formatting.listing_badge(one)[0] for one in ListingStatus), *map(filters.kind_text, ("seats",)),
            *(one.label for one in PaymentStatus), *(str(one.message) for one in FailureReason),
        ]  # fmt: skip
    assert slips(texts) == set()


@pytest.mark.parametrize("month", range(12))
def test_a_poster_and_every_way_to_write_a_day(month: int) -> None:
    at = datetime(2026, 1, 5, 19, 30, tzinfo=UTC) + timedelta(days=31 * month)
    with speaking("de"):
        poster = poster_svg(
            Poster(title="Lear", category="opera", seed="x", place="Haus", starts_at=at, zone="Europe/Berlin")
        )
        written = [
            write(at, "Europe/Berlin")
            for write in (datetimes.short, datetimes.full, datetimes.brief, datetimes.weekday, datetimes.exact)
        ]
        assert slips([*Words(poster).found, *written, datetimes.day(at.date())]) == set()


def test_a_slip_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for slip in (
        "Classical",
        "classical",
        "PENDING PAYMENT",
        "card declined",
        "Sold out",
        "SAT 14 MAR",
        "Friday, 5 June 2026",
    ):
        assert slips([f" {slip} "]) == {slip}
    assert slips(["Klassik", "Jazz", "Ausverkauft", "SA. 14. MÄRZ", "Freitag, 5. Juni 2026"]) == set()
    assert list(shown({"contents": '"Music"'})) == ["Music"]
    assert list(shown({"contents": '(state.is_on ? "Music" : "Off")'})) == ["Music", "Off"]
    assert list(shown({"contents": '(state.genre === "music")'})) == []
    assert list(shown({"iterable": rx.Var.create([{"value": "music", "label": "Märchen"}])})) == ["Märchen"]
    assert list(shown({"props": ['"aria-label":"Music"', 'value:"music"']})) == ["Music"]
