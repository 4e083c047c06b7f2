"""Compositions of poster art: each is one function from dice and a palette to SVG on a ground of 600 by 400.

The title stands in the lower third, so what matters is drawn above it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from marketplace.catalog.views import Genre

WIDTH, HEIGHT = 600, 400


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


def _beams(dice: Dice, palette: Palette) -> str:
    """Stage lights that cross above a stage."""
    parts = []
    colors = [palette.warm, palette.light, palette.accent, palette.warm, palette.accent]
    for at, color in enumerate(colors):
        lamp = 70 + at * 115 + dice.randint(-18, 18)
        lands = 300 + (lamp - 300) * dice.uniform(-0.5, 0.5) + dice.randint(-60, 60)
        spread = dice.randint(46, 80)
        parts.append(
            _polygon([(lamp - 5, -4), (lamp + 5, -4), (lands + spread, 300), (lands - spread, 300)], color, 0.4)
        )
        parts.append(
            f'<ellipse cx="{lands:.0f}" cy="300" rx="{spread}" ry="{spread * 0.2:.0f}" fill="{color}" opacity=".5"/>'
        )
        parts.append(_circle(lamp, 0, 13, palette.light))
    return "".join(parts)


def _curtain(dice: Dice, palette: Palette) -> str:
    """A curtain drawn aside, and a moon of light behind it."""
    x, r = dice.randint(250, 350), dice.randint(92, 118)
    parts = [_circle(x, 150, r * 1.5, palette.accent, 0.28), _circle(x, 150, r, palette.warm)]
    parts.append(
        _circle(x + dice.choice((-1, 1)) * r * 0.42, 150 - r * 0.2, r * 0.86, palette.deep, dice.choice((0.0, 0.75)))
    )
    for side in (1, -1):
        for fold in range(5):
            top, bottom = 205 - fold * 40, 150 - fold * 34
            color = palette.accent if fold % 2 else palette.deep
            gather = f"Q{_x(bottom * 0.62, side)} 170 {_x(bottom, side)} 400"
            parts.append(_shape(f"M{_x(0, side)} 0H{_x(top, side)}{gather}H{_x(0, side)}Z", color, 0.95 - fold * 0.04))
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
        points = [
            (x, base + height * math.sin(x / length * math.tau + phase + band * 0.55)) for x in range(-40, 680, 60)
        ]
        color = (
            _mix(palette.accent, palette.deep, band / 6) if band % 3 else _mix(palette.warm, palette.accent, band / 6)
        )
        parts.append(_shape(f"{_smooth(points)}V400H-40Z", color, 0.9))
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
        into = f"M-10 {y}C{knot * lift:.0f} {y} {knot - 70} {pull:.0f} {knot} {pull:.0f}"
        out = f"S{600 - (600 - knot) * lift:.0f} {308 - y} 610 {308 - y}"
        parts.append(_line(into + out, color, 1.6, 0.75))
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
    slice_ = "M0-330A330 330 0 0 1 286-165L0 0Z"
    parts.append(_shape(slice_, palette.ground, 0.3, f"translate({x} {y}) rotate({turn})"))
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
            parts.append(_shape(f"M{x} {y}h{side}v{side}h-{side}z", back))
            shape = dice.choice(
                (
                    "M0 0H100A100 100 0 0 1 0 100Z",
                    "M0 0A50 50 0 0 0 100 0Z",
                    "M50 18a32 32 0 1 0 .1 0Z",
                    "M0 0L100 100H0Z",
                )
            )
            turn = dice.choice((0, 90, 180, 270))
            parts.append(_shape(shape, front, 1, f"translate({x} {y}) rotate({turn} 50 50)"))
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
        width = 56 + frame * 14
        parts.append(_shape(f"M{x} {top:.0f}h{width}v{height}h-{width}z", color, 0.92))
        parts.append(
            _circle(x + 28 + frame * 7, top + height * dice.uniform(0.35, 0.65), 9 + frame * 5, palette.light, 0.9)
        )
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
        parts.append(_shape(f"M{x} {top}h{width}v{dice.randint(90, 250)}h-{width}z", color))
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
            parts.append(
                _polygon(
                    [
                        (middle - 8, 88 + abs(b) * 0.09),
                        (middle + 8, 88 + abs(b) * 0.09),
                        (low + 13, 215),
                        (low - 13, 215),
                    ],
                    palette.ground,
                )
            )
    return "".join(parts)


def _ribbons(dice: Dice, palette: Palette) -> str:
    """Broad strokes of one movement."""
    parts = []
    start, end = dice.randint(30, 200), dice.randint(40, 220)
    sway = dice.choice((-1, 1)) * dice.randint(150, 230)
    for at in range(9):
        color = (palette.accent, palette.warm, palette.light, palette.accent, palette.deep)[at % 5]
        shift = at * 15
        bend = f"C{130 + shift} {start - sway + shift * 2} {330 - shift} {end + sway} 640 {end + shift * 0.5:.0f}"
        parts.append(_line(f"M-30 {start + shift}{bend}", color, 15 - at % 3 * 4, 0.92))
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
            parts.append(_shape("M-38 0A38 38 0 0 0 38 0Z", color, 1, f"translate({x} {y}) rotate({turn})"))
            if is_grin:
                parts.append(_circle(x - 14, y - 14, 5, color) + _circle(x + 14, y - 14, 5, color))
    return "".join(parts)


def _balloons(dice: Dice, palette: Palette) -> str:
    """Big see-through discs that float upwards."""
    parts = []
    for color in (
        palette.accent,
        palette.warm,
        palette.light,
        palette.accent,
        palette.warm,
        palette.deep,
        palette.light,
    ):
        x, y, r = dice.randint(20, 580), dice.randint(10, 230), dice.randint(38, 98)
        parts.append(_line(f"M{x} {y + r}q{dice.randint(-24, 24)} 60 0 150", color, 2, 0.6))
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
        parts.append(_ring(x, y, radius, radius, palette.light, 2, 0.7))
    for _ in range(3):
        angle, radius = dice.uniform(0.25, 0.75) * math.pi, 408 - dice.randint(0, 4) * 44
        at = (x + radius * math.cos(angle), y - radius * math.sin(angle))
        parts.append(_circle(*at, 12, palette.light))
    return "".join(parts)


def _hills(dice: Dice, palette: Palette) -> str:
    """Hills behind hills, a low sun, and the road that goes there."""
    sun = dice.randint(150, 450)
    parts = [
        _circle(sun, 128, 150, palette.warm, 0.22),
        _circle(sun, 128, 104, palette.warm, 0.35),
        _circle(sun, 128, 64, palette.light),
    ]
    for ridge in range(5):
        base = 150 + ridge * 42
        points = [(x, base + dice.uniform(-34, 24) * (1 - ridge * 0.1)) for x in range(-60, 720, 120)]
        parts.append(_shape(f"{_smooth(points)}V400H-60Z", _mix(palette.accent, palette.ground, ridge / 4.6)))
    end = sun + dice.randint(-30, 30)
    road = (
        f"M{end} 196C{end + 90} 226 {end - 130} 262 {end + 20} 400H{end + 150}C{end} 270 {end + 120} 226 {end + 6} 196Z"
    )
    return "".join(parts) + _shape(road, palette.warm, 0.9)


def _orbits(dice: Dice, palette: Palette) -> str:
    """Bodies on their ways around an idea."""
    x, y, tilt = dice.randint(220, 380), dice.randint(125, 155), dice.randint(-28, 28)
    parts = [
        _circle(dice.randint(0, 600), dice.randint(0, 230), dice.uniform(0.8, 2.2), palette.light, 0.8)
        for _ in range(26)
    ]
    rings = []
    for ring in range(5):
        rx = 92 + ring * 62
        ry = rx * 0.36
        rings.append(_ring(0, 0, rx, ry, palette.light, 1.5, 0.8 - ring * 0.1))
        angle = dice.uniform(0, math.tau)
        color = (palette.warm, palette.accent, palette.light)[ring % 3]
        rings.append(_circle(rx * math.cos(angle), ry * math.sin(angle), dice.randint(8, 24), color))
    heart = (
        _circle(0, 0, 58, palette.accent)
        + _circle(-12, -12, 42, palette.warm, 0.9)
        + _circle(-20, -20, 20, palette.light, 0.8)
    )
    return "".join(parts) + f'<g transform="translate({x} {y}) rotate({tilt})">{"".join(rings)}{heart}</g>'


def _steps(dice: Dice, palette: Palette) -> str:
    """A stair of arches, seen from the side at dusk."""
    parts = [_circle(dice.randint(80, 520), 80, 46, palette.light)]
    rises = dice.choice((-1, 1))
    for arch in range(5):
        at = arch if rises > 0 else 4 - arch
        x, top = arch * 124 - 14, 190 - at * 34
        color = _mix(palette.accent, palette.deep, at / 5)
        parts.append(_shape(f"M{x} 400V{top + 54}a54 54 0 0 1 108 0V400Z", color))
        door = palette.warm if at % 2 else palette.ground
        parts.append(_shape(f"M{x + 24} 400V{top + 60}a30 30 0 0 1 60 0V400Z", door))
    return "".join(parts)


STYLES: dict[str, tuple[tuple[Composition, ...], tuple[Palette, ...]]] = {
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
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.1f}" fill="{color}"{_seen(opacity)}/>'


def _shape(path: str, color: str, opacity: float = 1, transform: str = "") -> str:
    moved = f' transform="{transform}"' if transform else ""
    return f'<path d="{path}"{moved} fill="{color}"{_seen(opacity)}/>'


def _line(path: str, color: str, width: float, opacity: float) -> str:
    drawn = f'stroke="{color}" stroke-width="{width:g}" stroke-linecap="round"'
    return f'<path d="{path}" fill="none" {drawn}{_seen(opacity)}/>'


def _ring(x: float, y: float, rx: float, ry: float, color: str, width: float, opacity: float) -> str:
    drawn = f'fill="none" stroke="{color}" stroke-width="{width:g}"'
    return f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{rx:.0f}" ry="{ry:.0f}" {drawn}{_seen(opacity)}/>'


def _seen(opacity: float) -> str:
    return "" if opacity == 1 else f' opacity="{opacity:.2g}"'


def _polygon(points: Sequence[tuple[float, float]], color: str, opacity: float = 1) -> str:
    corners = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    return f'<polygon points="{corners}" fill="{color}"{_seen(opacity)}/>'


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
    channels = (
        round(int(one[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)
