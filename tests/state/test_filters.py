"""Filters live in an address: whatever it says is read without complaint, and what is read can be written again."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalog.views import Genre, Sort
from marketplace.i18n import speaking
from marketplace.money import Money
from marketplace.state.filters import BROWSE, NO_FILTERS, SPANS, Filters

NOW = datetime(2026, 5, 6, 20, 0, tzinfo=UTC)  # a Wednesday
ZONE = "Europe/Lisbon"

names = st.sampled_from([field.name for field in fields(Filters)])
sensible = st.sampled_from(
    ["1", "0", "seats", "jazz", "today", "2026-05-09", "12", "EUR", "JPY", "cheapest", "Lisbon", ZONE, "UTC", ""]
)
queries = st.dictionaries(names, st.text(max_size=200) | sensible)


@given(queries)
def test_whatever_an_address_says_is_understood_and_comes_back_the_same(query: dict[str, str]) -> None:
    filters = Filters.read(query)
    assert Filters.read(dict(parse_qsl(urlsplit(filters.address).query))) == filters
    assert filters.listing_filters(NOW, ZONE)
    assert filters.order in Sort


@given(queries)
def test_taking_filters_away_one_by_one_ends_with_none_but_the_order(query: dict[str, str]) -> None:
    filters = Filters.read(query)
    while said := list(filters.said()):
        name, text, without = said[0]
        assert text
        assert getattr(without, name) == ""
        filters = without
    assert filters == Filters(sort=filters.sort)


def test_nothing_asked_for_is_the_plain_address() -> None:
    assert Filters.read({}) == NO_FILTERS
    assert NO_FILTERS.address == BROWSE


@pytest.mark.parametrize(
    "query",
    [
        {"category": "gardening"}, {"kind": "houses"}, {"when": "yesterday"}, {"start": "2026-02-30"}, {"end": "1999-01-01"},
        {"least": "12"}, {"least": "12", "currency": "XYZ"}, {"most": "-1", "currency": "EUR"}, {"available": "yes"},
        {"sort": "soonest"}, {"unknown": "1"}, {"text": "   "}, {"currency": "EUR"},
        {"zone": "Middle/Earth"}, {"zone": "UTC"}, {"zone": "Etc/GMT+1"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(query: dict[str, str]) -> None:
    assert Filters.read(query) == NO_FILTERS


def test_days_and_spans_of_days_take_turns() -> None:
    day = Filters(when="weekend").changed(start="2026-05-09")
    assert (day.when, day.start) == ("", "2026-05-09")
    assert day.changed(when="today") == Filters(when="today")


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [("today", 6, 6), ("tomorrow", 7, 7), ("weekend", 9, 10), ("week", 6, 12), ("month", 6, 35)],
)
def test_a_span_counts_the_days_of_the_viewer_s_own_zone(span: str, first: int, last: int) -> None:
    found = Filters(when=span).listing_filters(NOW, ZONE)
    may = datetime(2026, 5, 1, tzinfo=ZoneInfo(ZONE))
    assert found.starts_from == (may + timedelta(days=first - 1) if first > 6 else None)
    assert found.starts_before == may + timedelta(days=last)


def test_at_night_it_is_tomorrow_already_in_the_east() -> None:
    found = Filters(when="today").listing_filters(NOW, "Asia/Tokyo")
    assert found.starts_before == datetime(2026, 5, 8, tzinfo=ZoneInfo("Asia/Tokyo"))


def test_prices_are_whole_units_of_their_currency() -> None:
    found = Filters.read({"least": "12", "most": "99999999999", "currency": "EUR"}).listing_filters(NOW, ZONE)
    assert found.price_from == Money(1200, "EUR")
    assert found.price_to is None
    assert Filters.read({"most": "3000", "currency": "JPY"}).listing_filters(NOW, ZONE).price_to == Money(3000, "JPY")


def test_every_filter_has_its_words() -> None:
    filters = Filters.read(
        {
            "text": "sea", "kind": "seats", "category": Genre.JAZZ, "place": "Lisbon", "zone": "America/New_York",
            "start": "2026-05-09",
            "end": "2026-05-10", "least": "10", "most": "50", "currency": "EUR", "available": "1", "sort": "cheapest",
        }
    )  # fmt: skip
    assert [text for _, text, _ in filters.said()] == [
        "“sea”", "Seats", "Jazz", "Lisbon", "In New York's time zone", "From 9 May 2026", "Until 10 May 2026", "From €10.00",
        "Up to €50.00", "Can be bought now",
    ]  # fmt: skip
    assert {text for span in SPANS for _, text, _ in Filters(when=span).said()} >= {"Today", "This weekend"}
    assert set(asdict(filters)) == {field.name for field in fields(Filters)}


@pytest.mark.parametrize(("language", "typed", "address", "shown"), [
    ("de", "12,50", "12.50", "12,50"), ("de", "12.50", "12.50", "12,50"), ("en", "12.50", "12.50", "12.50"), ("en", "12", "12", "12"),
    ("de", "1.250", "1250", "1250"),
])  # fmt: skip
def test_a_price_is_typed_in_the_reader_s_format_and_kept_in_one(
    language: str, typed: str, address: str, shown: str
) -> None:
    with speaking(language):
        said = Filters(currency="EUR").typed_price(typed)
        filters = Filters(currency="EUR").changed(most=said)
        assert (said, filters.most, filters.shown_price(filters.most)) == (address, address, shown)
        assert filters.listing_filters(NOW, ZONE).price_to == Money.parse(address, "EUR")
