"""Poster art: sound SVG, small, the same for the same listing, and different for every other."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalog import posters
from marketplace.catalog.posters import Poster, poster_svg
from marketplace.catalog.views import Genre
from tests.makers.catalog import make_listing

AT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


def poster(seed: str = "the-tempest", title: str = "The Tempest", category: str = Genre.THEATRE) -> str:
    return poster_svg(
        Poster(title=title, category=category, seed=seed, place="Teatro Alcyon", starts_at=AT, zone="Europe/Vienna")
    )


@pytest.mark.parametrize("category", [*Genre, "something new"])
def test_every_category_has_posters_that_are_small_and_sound(category: str) -> None:
    for seed in range(40):
        svg = poster(str(seed), category=category)
        root = ET.fromstring(svg)
        assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("600", "400", "0 0 600 400")
        assert len(svg.encode()) < 6_000
        assert "nan" not in svg


def test_the_same_listing_always_has_the_same_poster() -> None:
    assert poster() == poster()


def test_no_two_listings_look_alike() -> None:
    def art(seed: str) -> str:
        return poster(seed).partition("</defs>")[2]

    assert len({art(str(seed)) for seed in range(300)}) == 300


def test_the_day_is_that_of_the_place() -> None:
    assert "TUE 1 DEC" in poster()


def test_what_is_written_on_it_is_only_text() -> None:
    svg = poster(title='<script>alert("1")</script> & Söhne')
    assert "<script" not in svg
    assert ET.fromstring(svg).findtext("{*}title") == '<script>alert("1")</script> & Söhne'


@pytest.mark.parametrize("title", ["W" * 120, "Donaudampfschifffahrtsgesellschaft " * 3, "a b " * 30])
def test_too_long_a_title_is_set_in_three_lines(title: str) -> None:
    assert poster(title=title).count("<tspan") <= 3


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=120))
def test_any_title_fits(title: str) -> None:
    root = ET.fromstring(poster(title=title))
    lines = [span.text or "" for span in root.iter("{http://www.w3.org/2000/svg}tspan")]
    assert 1 <= len(lines) <= 3
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize(
    "title", ["Salt", "A Very Long Title That Needs All of Three Lines Because WWWWWWW", "Ночь · Νύχτα · नाटक"]
)
async def test_a_picture_for_links_is_drawn_in_the_size_that_links_are_shown_in(
    now: datetime, title: str, database
) -> None:
    page = await make_listing(now, title=title)
    drawn = posters.picture(page)
    assert drawn.startswith(b"\x89PNG")
    assert struct.unpack(">II", drawn[16:24]) == (1200, 630)
    assert drawn == posters.picture(page)
