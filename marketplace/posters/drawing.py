"""Poster art made from a listing: an SVG of 600 by 400, a few kilobytes, the same for the same listing for ever.

A palette and a composition (see `art`) are chosen by category and seed, the lettering stands on a veil above them, its
date in the language that is being spoken. Fonts are the viewer's own, as an image may load nothing; lines are measured with
ours, and kept to that measure. Where a link is shared there is no viewer who could draw it: `picture` draws it here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from resvg_py import svg_to_bytes

from marketplace import brand, datetimes, typefaces
from marketplace.catalog.views import Genre, ListingPage
from marketplace.posters.art import HEIGHT, STYLES, WIDTH, Palette

_ROOM = WIDTH - 64
_SPACING = 1.6
_LETTER = re.compile(r".(?:[\u0300-\u036f\u200c\ufe0e\ufe0f]|\u200d.|[\U0001f3fb-\U0001f3ff])*", re.DOTALL)
_SERIF_GENRES = frozenset({Genre.THEATRE, Genre.OPERA, Genre.CLASSICAL, Genre.TALK, Genre.FILM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """What a poster says. `seed` (a listing's slug) makes it its own; a draft may have no place and no day yet."""

    title: str
    category: str
    seed: str
    place: str
    starts_at: datetime | None
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
        svg_string=svg, skip_system_fonts=True, sans_serif_family=brand.PRINT,
        font_files=[str(path) for path in typefaces.files_for(page.title + page.place.name)],
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
    family = brand.POSTER_SERIF if poster.category in _SERIF_GENRES and not in_our_font else brand.POSTER_SANS
    lines, size = _set_title(poster.title)
    leading = size * 1.04 if size > 30 else size * 1.2
    first = 341 - leading * (len(lines) - 1)
    title = "".join(
        f'<text x="32" y="{first + leading * at:.0f}"{_kept_to(line, size)}>{escape(line)}</text>'
        for at, line in enumerate(lines)
    )
    day = "" if poster.starts_at is None else datetimes.weekday(poster.starts_at, poster.zone).upper()
    place = _clip(poster.place.upper(), _ROOM - _small_width(day) - 20)
    small = f'font-family="{brand.POSTER_SANS}" font-size="14" font-weight="600" letter-spacing="{_SPACING}" fill="{palette.light}"'
    return (
        f'<rect x="32" y="{first - size - 6:.0f}" width="34" height="4" fill="{palette.warm}"/>'
        f'<g font-family="{family}" font-size="{size:.0f}" font-weight="700" fill="{palette.light}">{title}</g>'
        f'<text x="32" y="376" {small}>{escape(place)}</text>'
        f'<text x="568" y="376" text-anchor="end" {small}>{escape(day)}</text>'
    )


def _kept_to(line: str, size: float) -> str:
    """Nothing, or for a line that fills the poster how wide it is: the viewer's own font may be wider than ours."""
    measured = typefaces.width(line, size, is_bold=True)
    return f' textLength="{measured:.0f}" lengthAdjust="spacingAndGlyphs"' if measured > 0.85 * _ROOM else ""


def _set_title(title: str) -> tuple[list[str], float]:
    """All of the title, in lines of much the same length, and the largest size at which they fit."""
    title = typefaces.composed(title)
    for size, most in ((62, 1), (54, 2), (46, 2), (40, 2), (36, 3), (31, 3), (26, 4)):
        if max((_bold(word, size) for word in title.split()), default=0) <= _ROOM:
            lines = _wrap(title.split(), size)
            if len(lines) <= most:
                return lines, size
    # Words that are wider than a poster, or written without spaces, go on in the next line.
    pieces = [piece for word in title.split() for piece in _pieces(word, 20)]
    return _wrap(pieces, 20), 20


def _wrap(words: list[str], size: float) -> list[str]:
    """As few lines as it takes, and those of much the same length."""
    lines = _fill(words, size, _ROOM)
    for room in range(_ROOM - 16, _ROOM // 3, -16):
        narrower = _fill(words, size, room)
        if len(narrower) > len(lines) or any(_bold(line, size) > _ROOM for line in narrower):
            break
        lines = narrower
    return lines


def _fill(words: list[str], size: float, room: float) -> list[str]:
    lines = [""]
    for word in words:
        if lines[-1] and _bold(f"{lines[-1]} {word}", size) > room:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _pieces(word: str, size: float) -> Iterator[str]:
    """The word in pieces that each fit into a line; marks and joined emoji stay with their letter."""
    piece = ""
    for letter in re.findall(_LETTER, word):
        if piece and _bold(piece + letter, size) > _ROOM:
            yield piece
            piece = ""
        piece += letter
    yield piece


def _clip(text: str, room: float) -> str:
    if _small_width(text) <= room:
        return text
    while text and _small_width(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _bold(text: str, size: float) -> float:
    return typefaces.width(text, size, is_bold=True)


def _small_width(text: str) -> float:
    return typefaces.width(text, 14, is_bold=True) + _SPACING * len(text)


def _stop(at: float, color: str, opacity: float = 1) -> str:
    seen = "" if opacity == 1 else f' stop-opacity="{opacity:g}"'
    return f'<stop offset="{at:g}" stop-color="{color}"{seen}/>'
