"""Poster art made from a listing: an SVG of 600 by 400, a few kilobytes, the same for the same listing for ever.

A palette and a composition are chosen by category and seed; each composition is one function that draws within the
upper two thirds, because the title stands below. Fonts are the viewer's own: an image may load nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from marketplace.catalog.views import Genre, ListingPage

WIDTH, HEIGHT = 600, 400

_SANS = "'Avenir Next','Segoe UI','Helvetica Neue',Helvetica,Arial,sans-serif"
_SERIF = "'Iowan Old Style','Palatino Linotype',Palatino,Georgia,'Times New Roman',serif"
_SERIF_GENRES = frozenset({Genre.THEATRE, Genre.OPERA, Genre.CLASSICAL, Genre.TALK, Genre.FILM})


class Palette(NamedTuple):
    """Five colours that go together, from the darkest to the lightest."""

    ground: str
    deep: str
    accent: str
    warm: str
    light: str


_NIGHT = Palette("#10162f", "#27346d", "#e0496b", "#f6a04d", "#fdebd0")
_WINE = Palette("#1f0a18", "#5d1637", "#c2314f", "#f2a65a", "#fbe6cf")
_FOREST = Palette("#08211d", "#14534a", "#2f9c7c", "#f4c95d", "#f5f1dc")
_PLUM = Palette("#1a0f2e", "#46287a", "#a64ac9", "#fccd04", "#f3e9ff")
_SEA = Palette("#06202f", "#0c4a6b", "#1f8fb3", "#ff8a5b", "#e6f6f5")
_BRICK = Palette("#23120c", "#6b2b17", "#d9572b", "#f5b841", "#fdeedb")
_COBALT = Palette("#0a0f3c", "#1f2fb0", "#4f6df5", "#ff5d73", "#eef0ff")
_MOSS = Palette("#18200d", "#41571f", "#86a33a", "#f08a4b", "#f6f3df")
_ROSE = Palette("#2a0d22", "#7d2257", "#e8527f", "#ffb5a0", "#fff0ea")
_SLATE = Palette("#12181f", "#34495c", "#5f8aa6", "#e8b04b", "#eef2f3")

Dice: TypeAlias = random.Random
Composition: TypeAlias = Callable[[Dice, Palette], str]


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
    return poster_svg(
        Poster(
            title=page.title,
            category=page.category,
            seed=page.slug,
            place=page.place.name,
            starts_at=page.starts_at,
            zone=page.place.zone,
        )
    )


def poster_svg(poster: Poster) -> str:
    """The poster as a whole SVG document, at most six kilobytes."""
    dice = random.Random(poster.seed)  # noqa: S311 - art, not a secret: the same seed must give the same picture
    compositions, palettes = _STYLES.get(poster.category, _STYLES[Genre.MUSIC])
    composition, palette = dice.choice(compositions), dice.choice(palettes)
    art = composition(dice, palette)
    # Ids are the document's, not the image's, if somebody puts the text of two posters into one page.
    id = f"p{random.Random(poster.seed).getrandbits(32):08x}"  # noqa: S311
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">'
        f"<title>{escape(poster.title)}</title><defs>"
        f'<linearGradient id="{id}g" x1="0" y1="0" x2="{dice.choice((0, 1))}" y2="1">{_stop(0, palette.deep)}{_stop(1, palette.ground)}'
        f'</linearGradient><linearGradient id="{id}s" x1="0" y1="0" x2="0" y2="1">{_stop(0.34, palette.ground, 0)}'
        f'{_stop(0.68, palette.ground, 0.84)}{_stop(1, palette.ground, 0.96)}</linearGradient></defs>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#{id}g)"/>{art}'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#{id}s)"/>{_lettering(poster, palette)}</svg>'
    )


# Lettering


def _lettering(poster: Poster, palette: Palette) -> str:
    is_serif = poster.category in _SERIF_GENRES
    lines, size = _set_title(poster.title, 0.53 if is_serif else 0.57)
    leading = size * 1.04
    first = 344 - leading * (len(lines) - 1)
    spans = "".join(f'<tspan x="32" y="{first + leading * at:.0f}">{escape(line)}</tspan>' for at, line in enumerate(lines))
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


# Compositions


def _beams(dice: Dice, palette: Palette) -> str:
    """Stage lights that cross above a stage."""
    parts = []
    colors = [palette.warm, palette.light, palette.accent, palette.warm, palette.accent]
    for at, color in enumerate(colors):
        lamp = 70 + at * 115 + dice.randint(-18, 18)
        lands = 300 + (lamp - 300) * dice.uniform(-0.5, 0.5) + dice.randint(-60, 60)
        spread = dice.randint(46, 80)
        parts.append(_polygon([(lamp - 5, -4), (lamp + 5, -4), (lands + spread, 300), (lands - spread, 300)], color, 0.4))
        parts.append(f'<ellipse cx="{lands:.0f}" cy="300" rx="{spread}" ry="{spread * 0.2:.0f}" fill="{color}" opacity=".5"/>')
        parts.append(f'<circle cx="{lamp}" cy="0" r="13" fill="{palette.light}"/>')
    return "".join(parts)


def _curtain(dice: Dice, palette: Palette) -> str:
    """A curtain drawn aside, and a moon of light behind it."""
    x, r = dice.randint(250, 350), dice.randint(92, 118)
    parts = [_circle(x, 150, r * 1.5, palette.accent, 0.28), _circle(x, 150, r, palette.warm)]
    parts.append(_circle(x + dice.choice((-1, 1)) * r * 0.42, 150 - r * 0.2, r * 0.86, palette.deep, dice.choice((0.0, 0.75))))
    folds = 5
    for side in (1, -1):
        for fold in range(folds):
            top, bottom = 205 - fold * 40, 150 - fold * 34
            color = palette.accent if fold % 2 else palette.deep
            edge = [(0, 0), (top, 0), (bottom * 0.62, 190), (bottom, 400), (0, 400)]
            (_, _), (ax, ay), (bx, by), (cx, cy), _ = edge
            path = f"M{_x(0, side)} 0H{_x(ax, side)}Q{_x(bx, side)} {by - 20} {_x(cx, side)} {cy}H{_x(0, side)}Z"
            parts.append(f'<path d="{path}" fill="{color}" opacity="{0.95 - fold * 0.04:.2f}"/>')
    return "".join(parts)


def _x(distance: float, side: int) -> int:
    """A distance from the left edge, or mirrored from the right one."""
    return round(distance if side > 0 else WIDTH - distance)


def _waves(dice: Dice, palette: Palette) -> str:
    """Bands of sound, one above the other."""
    parts = [_circle(dice.randint(380, 500), dice.randint(70, 110), dice.randint(44, 64), palette.warm)]
    length, phase = dice.uniform(230, 330), dice.uniform(0, math.tau)
    for band in range(7):
        base, height = 92 + band * 34, dice.uniform(16, 34)
        points = [(x, base + height * math.sin(x / length * math.tau + phase + band * 0.55)) for x in range(-40, 680, 60)]
        color = _mix(palette.accent, palette.deep, band / 6) if band % 3 else _mix(palette.warm, palette.accent, band / 6)
        parts.append(f'<path d="{_smooth(points)}V400H-40Z" fill="{color}" opacity=".9"/>')
    return "".join(parts)


def _strings(dice: Dice, palette: Palette) -> str:
    """Fine lines drawn tight around a knot, like strings under a bow."""
    knot = dice.randint(230, 370)
    lift = dice.uniform(0.4, 0.9)
    parts = [_circle(knot, 140, 96, palette.accent, 0.9), _circle(knot, 140, 58, palette.ground, 0.9)]
    for line in range(21):
        y = 8 + line * 15
        pull = 140 + (y - 140) * 0.13
        color = palette.warm if line % 5 == dice.randint(0, 1) else palette.light
        path = f"M-10 {y}C{knot * lift:.0f} {y} {knot - 70} {pull:.0f} {knot} {pull:.0f}S{600 - (600 - knot) * lift:.0f} {308 - y} 610 {308 - y}"
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.6" opacity=".75"/>')
    return "".join(parts)


def _arcs(dice: Dice, palette: Palette) -> str:
    """Rings of a record, or of an amphitheatre, cut by the edge."""
    x, y = dice.choice(((470, 40), (130, 30), (300, 300), (520, 220)))
    parts = []
    colors = [palette.deep, palette.accent, palette.warm, palette.accent, palette.light, palette.deep, palette.warm]
    radius = 330.0
    for color in colors:
        parts.append(_circle(x, y, radius, color))
        radius *= dice.uniform(0.72, 0.84)
    turn = dice.randint(0, 359)
    parts.append(
        f'<path d="M0-330A330 330 0 0 1 286-165L0 0Z" transform="translate({x} {y}) rotate({turn})" fill="{palette.ground}" opacity=".3"/>'
    )
    return "".join(parts)


def _rays(dice: Dice, palette: Palette) -> str:
    """A sun rising with all its rays."""
    x, y, turn = dice.randint(200, 400), dice.randint(210, 250), dice.uniform(0, 0.3)
    count = dice.choice((16, 18, 22))
    parts = []
    for ray in range(count):
        if ray % 2:
            continue
        a, b = (ray / count * math.tau + turn, (ray + 1) / count * math.tau + turn)
        far = [(x + 620 * math.cos(angle), y + 620 * math.sin(angle)) for angle in (a, b)]
        parts.append(_polygon([(x, y), *far], palette.accent, 0.8))
    parts += [_circle(x, y, 122, palette.deep), _circle(x, y, 104, palette.warm), _circle(x, y, 78, palette.accent)]
    parts.append(_circle(x, y, 50, palette.light))
    return "".join(parts)


def _tiles(dice: Dice, palette: Palette) -> str:
    """A grid of quarter and half circles, as in a Bauhaus print."""
    parts = []
    side = 100
    colors = [palette.accent, palette.warm, palette.light, palette.deep]
    for row in range(3):
        for column in range(6):
            x, y = column * side, row * side
            back, front = dice.sample([*colors, palette.ground], 2)
            parts.append(f'<path d="M{x} {y}h{side}v{side}h-{side}z" fill="{back}"/>')
            shape = dice.choice(("M0 0H100A100 100 0 0 1 0 100Z", "M0 0A50 50 0 0 0 100 0Z", "M50 18a32 32 0 1 0 .1 0Z", "M0 0L100 100H0Z"))
            parts.append(
                f'<path d="{shape}" transform="translate({x} {y}) rotate({dice.choice((0, 90, 180, 270))} 50 50)" fill="{front}"/>'
            )
    return "".join(parts)


def _reel(dice: Dice, palette: Palette) -> str:
    """A beam from a projector, caught in frames."""
    y = dice.randint(90, 150)
    flip = dice.choice((0, 1))
    parts = [_polygon([(36, y), (620, y - 150), (620, y + 190)], palette.warm, 0.28)]
    parts.append(_polygon([(36, y), (620, y - 90), (620, y + 120)], palette.light, 0.35))
    for frame in range(4):
        x, height = 190 + frame * 112, 52 + frame * 34
        top = y - height / 2 + frame * 5
        color = (palette.accent, palette.deep, palette.warm, palette.accent)[frame]
        parts.append(f'<rect x="{x}" y="{top:.0f}" width="{56 + frame * 14}" height="{height}" rx="6" fill="{color}" opacity=".92"/>')
        parts.append(_circle(x + 28 + frame * 7, top + height * dice.uniform(0.35, 0.65), 9 + frame * 5, palette.light, 0.9))
    parts += [_circle(36, y, 46, palette.accent), _circle(36, y, 30, palette.ground), _circle(36, y, 12, palette.light)]
    return f'<g transform="translate({600 * flip} 0) scale({-1 if flip else 1} 1)">{"".join(parts)}</g>'


def _bars(dice: Dice, palette: Palette) -> str:
    """Syncopated blocks, in the manner of old jazz sleeves."""
    parts = []
    x = -6
    while x < WIDTH:
        width = dice.choice((18, 26, 40, 62))
        top = dice.randint(10, 190)
        color = dice.choices([palette.accent, palette.warm, palette.light, palette.deep], (4, 3, 1, 3))[0]
        parts.append(f'<rect x="{x}" y="{top}" width="{width}" height="{dice.randint(90, 250)}" fill="{color}"/>')
        x += width + dice.choice((6, 8, 14))
    parts.append(_circle(dice.randint(120, 480), dice.randint(80, 150), dice.randint(46, 64), palette.light))
    return f'<g transform="rotate({dice.choice((-9, -6, 6, 9))} 300 150)">{"".join(parts)}</g>'


def _keys(dice: Dice, palette: Palette) -> str:
    """A keyboard that bends away."""
    parts = [_circle(dice.randint(90, 510), 70, 150, palette.accent, 0.9)]
    bend = dice.choice((-1, 1)) * dice.uniform(0.5, 0.8)
    keys = 15
    for key in range(keys):
        a, b = (-0.5 + key / keys) * 660, (-0.5 + (key + 0.9) / keys) * 660
        top = [(300 + a * 0.55 + bend * 120, 90 + abs(a) * 0.09), (300 + b * 0.55 + bend * 120, 90 + abs(b) * 0.09)]
        parts.append(_polygon([*top, (300 + b * 1.25, 330), (300 + a * 1.25, 330)], palette.light))
        if key % 7 not in {2, 6}:
            middle = (b + 4) * 0.55 + bend * 120 + 300
            low = 300 + (b + 4) * 0.86 + bend * 66
            parts.append(_polygon([(middle - 8, 88 + abs(b) * 0.09), (middle + 8, 88 + abs(b) * 0.09), (low + 13, 215), (low - 13, 215)], palette.ground))
    return "".join(parts)


def _ribbons(dice: Dice, palette: Palette) -> str:
    """Broad strokes of one movement."""
    parts = []
    start, end = dice.randint(30, 200), dice.randint(40, 220)
    sway = dice.choice((-1, 1)) * dice.randint(150, 230)
    for at in range(9):
        color = (palette.accent, palette.warm, palette.light, palette.accent, palette.deep)[at % 5]
        shift = at * 15
        path = f"M-30 {start + shift}C{130 + shift} {start - sway + shift * 2} {330 - shift} {end + sway} 640 {end + shift * 0.5:.0f}"
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{15 - at % 3 * 4}" stroke-linecap="round" opacity=".92"/>')
    parts.append(_circle(dice.randint(420, 520), dice.randint(60, 110), 30, palette.warm))
    return "".join(parts)


def _smiles(dice: Dice, palette: Palette) -> str:
    """Half circles that cannot keep a straight face."""
    parts = []
    for row in range(3):
        for column in range(7):
            x, y = column * 96 + (row % 2) * 48 - 12, 40 + row * 84
            is_grin = dice.random() < 0.7
            color = dice.choices([palette.accent, palette.warm, palette.light], (4, 3, 2))[0]
            turn = 0 if is_grin else dice.choice((-24, 24, 180))
            parts.append(f'<path d="M-38 0A38 38 0 0 0 38 0Z" transform="translate({x} {y}) rotate({turn})" fill="{color}"/>')
            if is_grin:
                parts.append(_circle(x - 14, y - 14, 5, color) + _circle(x + 14, y - 14, 5, color))
    return "".join(parts)


def _balloons(dice: Dice, palette: Palette) -> str:
    """Big see-through discs that float upwards."""
    parts = []
    for color in (palette.accent, palette.warm, palette.light, palette.accent, palette.warm, palette.deep, palette.light):
        x, y, r = dice.randint(20, 580), dice.randint(10, 230), dice.randint(38, 98)
        parts.append(f'<path d="M{x} {y + r}q{dice.randint(-24, 24)} 60 0 150" fill="none" stroke="{color}" stroke-width="2" opacity=".6"/>')
        parts.append(_circle(x, y, r, color, 0.82) + _circle(x - r * 0.32, y - r * 0.36, r * 0.2, palette.light, 0.55))
    return "".join(parts)


def _lanes(dice: Dice, palette: Palette) -> str:
    """The lanes of a track that leans into its bend."""
    parts = []
    x, y = dice.choice(((60, 420), (540, 420)))
    for lane in range(8):
        radius = 430 - lane * 44
        color = (palette.accent, palette.deep)[lane % 2] if lane else palette.warm
        parts.append(_circle(x, y, radius, color))
        parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{palette.light}" stroke-width="2" opacity=".7"/>')
    for _ in range(3):
        angle, radius = dice.uniform(0.25, 0.75) * math.pi, 408 - dice.randint(0, 4) * 44
        at = (x + radius * math.cos(angle), y - radius * math.sin(angle))
        parts.append(_circle(*at, 12, palette.light))
    return "".join(parts)


def _hills(dice: Dice, palette: Palette) -> str:
    """Hills behind hills, a low sun, and the road that goes there."""
    sun = dice.randint(150, 450)
    parts = [_circle(sun, 128, 150, palette.warm, 0.22), _circle(sun, 128, 104, palette.warm, 0.35), _circle(sun, 128, 64, palette.light)]
    for ridge in range(5):
        base = 150 + ridge * 42
        points = [(x, base + dice.uniform(-34, 24) * (1 - ridge * 0.1)) for x in range(-60, 720, 120)]
        parts.append(f'<path d="{_smooth(points)}V400H-60Z" fill="{_mix(palette.accent, palette.ground, ridge / 4.6)}"/>')
    end = sun + dice.randint(-30, 30)
    road = f"M{end} 196C{end + 90} 226 {end - 130} 262 {end + 20} 400H{end + 150}C{end} 270 {end + 120} 226 {end + 6} 196Z"
    return "".join(parts) + f'<path d="{road}" fill="{palette.warm}" opacity=".9"/>'


def _orbits(dice: Dice, palette: Palette) -> str:
    """Bodies on their ways around an idea."""
    x, y, tilt = dice.randint(220, 380), dice.randint(125, 155), dice.randint(-28, 28)
    parts = [_circle(dice.randint(0, 600), dice.randint(0, 230), dice.uniform(0.8, 2.2), palette.light, 0.8) for _ in range(26)]
    rings = []
    for ring in range(5):
        rx = 92 + ring * 62
        ry = rx * 0.36
        rings.append(
            f'<ellipse rx="{rx}" ry="{ry:.0f}" fill="none" stroke="{palette.light}" stroke-width="1.5" opacity="{0.8 - ring * 0.1:.1f}"/>'
        )
        angle = dice.uniform(0, math.tau)
        color = (palette.warm, palette.accent, palette.light)[ring % 3]
        rings.append(_circle(rx * math.cos(angle), ry * math.sin(angle), dice.randint(8, 24), color))
    heart = _circle(0, 0, 58, palette.accent) + _circle(-12, -12, 42, palette.warm, 0.9) + _circle(-20, -20, 20, palette.light, 0.8)
    return "".join(parts) + f'<g transform="translate({x} {y}) rotate({tilt})">{"".join(rings)}{heart}</g>'


def _steps(dice: Dice, palette: Palette) -> str:
    """A stair of arches, seen from the side at dusk."""
    parts = [_circle(dice.randint(80, 520), 80, 46, palette.light)]
    rises = dice.choice((-1, 1))
    for arch in range(5):
        at = arch if rises > 0 else 4 - arch
        x, top = arch * 124 - 14, 190 - at * 34
        color = _mix(palette.accent, palette.deep, at / 5)
        parts.append(f'<path d="M{x} 400V{top + 54}a54 54 0 0 1 108 0V400Z" fill="{color}"/>')
        parts.append(f'<path d="M{x + 24} 400V{top + 60}a30 30 0 0 1 60 0V400Z" fill="{palette.warm if at % 2 else palette.ground}"/>')
    return "".join(parts)


_STYLES: dict[str, tuple[tuple[Composition, ...], tuple[Palette, ...]]] = {
    Genre.THEATRE: ((_curtain, _beams, _steps), (_WINE, _NIGHT, _PLUM, _BRICK)),
    Genre.MUSIC: ((_waves, _beams, _arcs, _bars), (_NIGHT, _COBALT, _PLUM, _ROSE, _SEA)),
    Genre.CLASSICAL: ((_strings, _arcs, _keys), (_FOREST, _SLATE, _WINE, _SEA)),
    Genre.OPERA: ((_rays, _curtain, _steps), (_WINE, _ROSE, _BRICK, _PLUM)),
    Genre.JAZZ: ((_bars, _keys, _arcs), (_COBALT, _BRICK, _SEA, _NIGHT)),
    Genre.DANCE: ((_ribbons,), (_ROSE, _PLUM, _NIGHT, _SEA)),
    Genre.COMEDY: ((_smiles, _tiles), (_BRICK, _COBALT, _ROSE, _MOSS)),
    Genre.FILM: ((_reel, _tiles), (_SLATE, _NIGHT, _BRICK, _COBALT)),
    Genre.TALK: ((_orbits, _steps), (_SLATE, _FOREST, _NIGHT, _PLUM)),
    Genre.SPORT: ((_lanes,), (_COBALT, _BRICK, _FOREST, _SEA)),
    Genre.FAMILY: ((_balloons, _smiles, _rays), (_SEA, _ROSE, _MOSS, _COBALT)),
    Genre.TRAVEL: ((_hills, _hills, _waves), (_SEA, _FOREST, _BRICK, _MOSS, _SLATE)),
}


# Strokes


def _circle(x: float, y: float, r: float, color: str, opacity: float = 1) -> str:
    seen = "" if opacity == 1 else f' opacity="{opacity:g}"'
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.1f}" fill="{color}"{seen}/>'


def _polygon(points: Sequence[tuple[float, float]], color: str, opacity: float = 1) -> str:
    corners = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    seen = "" if opacity == 1 else f' opacity="{opacity:g}"'
    return f'<polygon points="{corners}" fill="{color}"{seen}/>'


def _smooth(points: Sequence[tuple[float, float]]) -> str:
    """A path through the points without corners: level tangents at each of them."""
    (x, y), *others = points
    path = f"M{x:.0f} {y:.0f}"
    for to_x, to_y in others:
        middle = (x + to_x) / 2
        path += f"C{middle:.0f} {y:.0f} {middle:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}"
        x, y = to_x, to_y
    return path


def _mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` in it."""
    channels = (round(int(one[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share) for at in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _stop(at: float, color: str, opacity: float = 1) -> str:
    seen = "" if opacity == 1 else f' stop-opacity="{opacity:g}"'
    return f'<stop offset="{at:g}" stop-color="{color}"{seen}/>'
