"""Poster art made from a listing: an SVG of 600 by 400, a few kilobytes, the same for the same listing for ever.

A palette and a composition (see `art`) are chosen by category and seed, the lettering stands on a veil above them.
Fonts are the viewer's own: an image may load nothing. Where a link is shared there is no viewer who could draw it:
`picture` draws it here, with the fonts that tickets are printed with.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from resvg_py import svg_to_bytes

from marketplace.catalog.art import HEIGHT, STYLES, WIDTH, Palette
from marketplace.catalog.views import Genre, ListingPage

_FONTS = Path(__file__).parents[1] / "fonts"
_SANS = "'Avenir Next','Segoe UI','Helvetica Neue',Helvetica,Arial,sans-serif"
_SERIF = "'Iowan Old Style','Palatino Linotype',Palatino,Georgia,'Times New Roman',serif"
_SERIF_GENRES = frozenset({Genre.THEATRE, Genre.OPERA, Genre.CLASSICAL, Genre.TALK, Genre.FILM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """What a poster says. `seed` (a listing's slug) makes it its own."""

    title: str
    category: str
    seed: str
    place: str
    starts_at: datetime
    zone: str


def of_listing(page: ListingPage) -> str:
    """The poster of a listing."""
    return poster_svg(_poster_of(page))


def picture(page: ListingPage) -> bytes:
    """The poster of a listing as a PNG of 1200 by 630, the size in which links are shown. Takes some 100 ms."""
    svg = poster_svg(_poster_of(page), in_our_font=True).replace(
        f'width="{WIDTH}" height="{HEIGHT}"', 'width="1200" height="630" preserveAspectRatio="xMidYMax slice"', 1
    )
    return svg_to_bytes(
        svg_string=svg, skip_system_fonts=True, sans_serif_family="Noto Sans",
        font_files=[str(_FONTS / f"NotoSans-{weight}.ttf") for weight in ("Regular", "Bold")],
    )  # fmt: skip


def _poster_of(page: ListingPage) -> Poster:
    return Poster(
        title=page.title, category=page.category, seed=page.slug, place=page.place.name, starts_at=page.starts_at,
        zone=page.place.zone,
    )  # fmt: skip


def poster_svg(poster: Poster, *, in_our_font: bool = False) -> str:
    """The poster as a whole SVG document, at most six kilobytes."""
    dice = random.Random(poster.seed)  # noqa: S311 - art, not a secret: the same seed must give the same picture
    compositions, palettes = STYLES.get(poster.category, STYLES[Genre.MUSIC])
    composition, palette = dice.choice(compositions), dice.choice(palettes)
    art = composition(dice, palette)
    # Ids are the document's, not the image's, if somebody puts the text of two posters into one page.
    id = f"p{random.Random(poster.seed).getrandbits(32):08x}"  # noqa: S311
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">'
        f"<title>{escape(poster.title)}</title><defs>"
        f'<linearGradient id="{id}g" x1="0" y1="0" x2="{dice.choice((0, 1))}" y2="1">'
        f"{_stop(0, palette.deep)}{_stop(1, palette.ground)}</linearGradient>"
        f'<linearGradient id="{id}s" x1="0" y1="0" x2="0" y2="1">{_stop(0.34, palette.ground, 0)}'
        f"{_stop(0.68, palette.ground, 0.84)}{_stop(1, palette.ground, 0.96)}</linearGradient></defs>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#{id}g)"/>{art}'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#{id}s)"/>{_lettering(poster, palette, in_our_font=in_our_font)}</svg>'
    )


# Lettering


def _lettering(poster: Poster, palette: Palette, *, in_our_font: bool) -> str:
    is_serif = poster.category in _SERIF_GENRES and not in_our_font
    lines, size = _set_title(poster.title, 0.53 if is_serif else 0.6 if in_our_font else 0.57)
    leading = size * 1.04
    first = 344 - leading * (len(lines) - 1)
    spans = "".join(
        f'<tspan x="32" y="{first + leading * at:.0f}">{escape(line)}</tspan>' for at, line in enumerate(lines)
    )
    starts = poster.starts_at.astimezone(ZoneInfo(poster.zone))
    day = f"{starts:%a} {starts.day} {starts:%b}".upper()
    small = f'font-family="{_SANS}" font-size="14" font-weight="600" letter-spacing="1.6" fill="{palette.light}"'
    return (
        f'<rect x="32" y="{first - size - 6:.0f}" width="34" height="4" fill="{palette.warm}"/>'
        f'<text font-family="{_SERIF if is_serif else _SANS}" font-size="{size:.0f}" font-weight="700" '
        f'letter-spacing="-.4" fill="{palette.light}">{spans}</text>'
        f'<text x="32" y="376" {small}>{escape(_clip(poster.place, 34).upper())}</text>'
        f'<text x="568" y="376" text-anchor="end" {small}>{day}</text>'
    )


def _set_title(title: str, width_of_letter: float) -> tuple[list[str], float]:
    """The title in at most three lines, and the largest size at which they fit; too long a one is cut."""
    room = WIDTH - 64
    for size, most in ((62, 1), (54, 2), (46, 2), (40, 2), (36, 3), (31, 3)):
        lines = _wrap(title, int(room / (size * width_of_letter)))
        if len(lines) <= most and max(map(len, lines)) * size * width_of_letter <= room:
            return lines, size
    lines = _wrap(title, int(room / (28 * width_of_letter)))
    return [_clip(line, int(room / (28 * width_of_letter))) for line in lines[:3]], 28


def _wrap(text: str, columns: int) -> list[str]:
    """As few lines as it takes, and those of much the same length."""
    lines = _fill(text, columns)
    narrower = columns
    while narrower > 4 and len(_fill(text, narrower - 1)) == len(lines):
        narrower -= 1
    return _fill(text, narrower)


def _fill(text: str, columns: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > columns:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _stop(at: float, color: str, opacity: float = 1) -> str:
    seen = "" if opacity == 1 else f' stop-opacity="{opacity:g}"'
    return f'<stop offset="{at:g}" stop-color="{color}"{seen}/>'
