"""Poster art: sound SVG, small, the same for the same listing, and different for every other."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import typefaces
from marketplace.catalog.views import Genre, poster_url
from marketplace.i18n import speaking
from marketplace.posters import drawing as posters
from marketplace.posters.drawing import Poster, poster_svg
from tests.makers.catalog import make_listing

SVG = "{http://www.w3.org/2000/svg}"
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


def title_of(svg: str) -> tuple[list[str], float]:
    """The lines of the title, and their size."""
    group = next(it for it in ET.fromstring(svg).iter(f"{SVG}g") if it.get("font-weight") == "700")
    return [line.text or "" for line in group.findall(f"{SVG}text")], float(group.get("font-size", 0))


def fits(title: str) -> bool:
    """Whether nothing of the title is lost, no line is wider than the poster in our font, and the art stays in sight."""
    lines, size = title_of(poster(title=title))
    widest = max(typefaces.width(line, size, is_bold=True) for line in lines)
    is_whole = "".join("".join(lines).split()) == "".join(typefaces.composed(title).split())
    return is_whole and widest <= 536 and len(lines) * size < 200


@pytest.mark.parametrize(
    "title",
    [
        "W" * 120, "Donaudampfschifffahrtsgesellschaft " * 3, "a b " * 30, "MMMMMMMMMMMM MMMMMMMM", "国" * 120,
        "👨‍👩‍👧" * 24, "مسرح الليلة الكبيرة " * 6, "The Tempest",
    ],
)  # fmt: skip
def test_all_of_a_long_title_fits(title: str) -> None:
    assert fits(title.strip())


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=120))
def test_all_of_any_title_fits(title: str) -> None:
    assert fits(title)


def test_a_line_that_fills_the_poster_keeps_its_width_in_any_font() -> None:
    assert "textLength" in poster(title="MMMMMMMMMMMM MMMMMMMM")
    assert "textLength" not in poster(title="The Tempest")


def test_a_long_place_makes_room_for_the_day() -> None:
    long = poster_svg(
        Poster(title="T", category="music", seed="s", place="Theater " * 15, starts_at=AT, zone="Europe/Vienna")
    )
    place = next(text for text in ET.fromstring(long).itertext() if text.startswith("THEATER"))
    assert place.endswith("…")
    assert typefaces.width(place, 14, is_bold=True) + 1.6 * len(place) < 440


def test_the_day_is_written_in_the_language_of_the_page() -> None:
    with speaking("de"):
        assert "DI., 1. DEZ." in poster()


async def test_a_german_page_asks_for_a_german_poster(now: datetime, database) -> None:
    page = await make_listing(now)
    assert poster_url(page.id, 3) == f"/api/v1/listings/{page.id}/poster.svg?v=3"
    with speaking("de"):
        assert poster_url(page.id, 3) == f"/api/v1/listings/{page.id}/poster.svg?v=3&lang=de"
        assert poster_url(page.id, as_picture=True) == f"/api/v1/listings/{page.id}/poster.png?lang=de"


async def test_a_picture_is_drawn_with_our_fonts_alone_in_every_script(now: datetime, database) -> None:
    page = await make_listing(now)
    titles = (" ", "Salt", "Ночь", "Νύχτα", "مسرح", "שיר", "王小明", "山のうた", "노래", "नाटक", "ละคร", "🎭", "🎻")
    assert len({posters.picture(replace(page, title=title)) for title in titles}) == len(titles)


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
