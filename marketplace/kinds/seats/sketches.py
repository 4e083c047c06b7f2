"""Seat plans as small SVG pictures: a sound one coloured by category, a refused one with its errors marked.

A seat is a point with a round pen, drawn as a bare move and a line of no length: 60,000 of them stay under a megabyte.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from marketplace.errors import FieldError
from marketplace.kinds.seats.errors import PlanRefused
from marketplace.kinds.seats.plans import parse
from marketplace.kinds.seats.seating import Area, Point, SeatPlan

_QUIET = "#a89d8e"
_ALARM = "#c8281e"
_MARGIN = 20.0
_SMALLEST_MARK = 14.0
MOST_SEEN = 80_000
"""Seats of a refused plan that are looked at; a document may claim any number."""

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def sketch(plan: SeatPlan) -> str:
    """The hall, seats coloured by category; text and shapes as the document draws them."""
    seats = [(seat.x, seat.y, seat.radius) for seat in plan.seats]
    picture = _Picture()
    picture.see([(x, y) for x, y, _ in seats], max((radius for _, _, radius in seats), default=0))
    for area in plan.areas:
        picture.see(area.corners(), 0)
    colors = {category.name: category.color for category in plan.categories}
    by_pen: dict[tuple[str, float], list[Point]] = defaultdict(list)
    for seat in plan.seats:
        by_pen[colors[seat.category], seat.radius].append((seat.x, seat.y))
    picture.draw(_area(area, colors) for area in plan.areas)
    picture.draw(_dots(points, radius, color) for (color, radius), points in by_pen.items())
    return picture.svg(plan.name)


def sketch_errors(document: bytes | str | Mapping[str, Any], errors: Sequence[FieldError]) -> str:
    """What can be drawn of a refused document: seats in grey, and each error's number where its position is known.

    Empty where nothing can be. Never raises: it is asked for documents that are wrong.
    """
    try:
        seats = dict(_places(parse(document)))
    except PlanRefused:
        return ""
    if not seats:
        return ""
    picture = _Picture()
    picture.see(list(seats.values()), 10)
    picture.draw([_dots(seats.values(), 9, _QUIET)])
    size = max(_SMALLEST_MARK, picture.width / 60)
    picture.draw(_marks(errors, seats, size))
    return picture.svg("")


class _Picture:
    """Gathers shapes and how far they reach."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.left = self.top = math.inf
        self.right = self.bottom = -math.inf

    @property
    def width(self) -> float:
        return max(self.right - self.left, 1.0)

    def see(self, points: Sequence[Point], reach: float) -> None:
        if points:
            self.left = min(self.left, min(x for x, _ in points) - reach)
            self.right = max(self.right, max(x for x, _ in points) + reach)
            self.top = min(self.top, min(y for _, y in points) - reach)
            self.bottom = max(self.bottom, max(y for _, y in points) + reach)

    def draw(self, parts: Iterable[str]) -> None:
        self.parts += parts

    def svg(self, title: str) -> str:
        left, top = self.left - _MARGIN, self.top - _MARGIN
        width, height = self.width + 2 * _MARGIN, max(self.bottom - self.top, 1.0) + 2 * _MARGIN
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_n(left)} {_n(top)} {_n(width)} {_n(height)}" '
            f'width="{_n(width)}" height="{_n(height)}" role="img"><title>{escape(title)}</title>'
            f"{''.join(self.parts)}</svg>"
        )


def _dots(points: Iterable[Point], radius: float, color: str) -> str:
    path = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in points)
    return (
        f'<path d="{path}" fill="none" stroke={quoteattr(color)} stroke-width="{_n(2 * radius)}" '
        'stroke-linecap="round"/>'
    )


def _area(area: Area, colors: Mapping[str, str]) -> str:
    fill = area.color or (colors[str(area.category)] if area.is_standing else "none")
    look = f"fill={quoteattr(fill)}" + (f" stroke={quoteattr(area.border_color)}" if area.border_color else "")
    turned = f' transform="rotate({_n(area.rotation)} {_n(area.x)} {_n(area.y)})"' if area.rotation else ""
    match area.shape:
        case "rectangle":
            shape = (
                f'<rect x="{_n(area.x)}" y="{_n(area.y)}" width="{_n(area.width)}" height="{_n(area.height)}" {look}/>'
            )
        case "circle" | "ellipse":
            shape = (
                f'<ellipse cx="{_n(area.x)}" cy="{_n(area.y)}" rx="{_n(area.width / 2)}" ry="{_n(area.height / 2)}" '
                f"{look}/>"
            )
        case "polygon":
            shape = f'<polygon points="{" ".join(f"{_n(x)},{_n(y)}" for x, y in area.points)}" {look}/>'
        case _:
            shape = ""
    words = (
        f'<text x="{_n(area.text_at[0])}" y="{_n(area.text_at[1])}" font-family="sans-serif" '
        f'font-size="{_n(area.text_size)}" text-anchor="middle" dominant-baseline="central" '
        f"fill={quoteattr(area.text_color or _QUIET)}>{escape(area.text)}</text>"
        if area.text
        else ""
    )
    return f"<g{turned}>{shape}{words}</g>"


def _places(document: Mapping[str, Any]) -> Iterator[tuple[str, Point]]:
    """The path and the place of every seat that has both, however little else is right."""
    seen = 0
    for zone_path, zone in _objects(document, "zones", "$"):
        zone_x, zone_y = _position(zone)
        for row_path, row in _objects(zone, "rows", zone_path):
            row_x, row_y = _position(row)
            for seat_path, seat in _objects(row, "seats", row_path):
                seen += 1
                if seen > MOST_SEEN:
                    return
                x, y = _position(seat)
                yield seat_path, (zone_x + row_x + x, zone_y + row_y + y)


def _objects(owner: Mapping[str, Any], key: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    entries = owner.get(key)
    if isinstance(entries, list):
        for at, entry in enumerate(entries):
            if isinstance(entry, Mapping):
                yield f"{path}.{key}[{at}]", entry


def _position(owner: Mapping[str, Any]) -> Point:
    at = owner.get("position")
    return (_coordinate(at.get("x")), _coordinate(at.get("y"))) if isinstance(at, Mapping) else (0.0, 0.0)


def _coordinate(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= 1_000_000 else 0.0  # type: ignore[arg-type]  # NaN fails, too


def _marks(errors: Sequence[FieldError], seats: Mapping[str, Point], size: float) -> Iterator[str]:
    for number, field_error in enumerate(errors, 1):
        at = _place_of(field_error.field, seats)
        if at is None:
            continue
        x, y = at
        yield (
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}" fill="{_ALARM}" fill-opacity=".92" stroke="#fff" '
            f'stroke-width="{_n(size / 8)}"/><text x="{_n(x)}" y="{_n(y)}" font-family="sans-serif" font-weight="700" '
            f'font-size="{_n(size)}" text-anchor="middle" dominant-baseline="central" fill="#fff">{number}</text>'
        )


def _place_of(path: str, seats: Mapping[str, Point]) -> Point | None:
    """Where the seat of this path stands, or the middle of the row or zone that it names."""
    parts = [match.group(0) for match in _STEP.finditer(path)]
    for length in (6, 4, 2):  # .zones[0] .rows[0] .seats[0], then ever wider
        if len(parts) < length:
            continue
        owner = "$" + "".join(parts[:length])
        if owner in seats:
            return seats[owner]
        within = [at for seat, at in seats.items() if seat.startswith(f"{owner}.")] if length < 6 else []
        if within:
            return (sum(x for x, _ in within) / len(within), sum(y for _, y in within) / len(within))
    return None


def _n(number: float) -> str:
    return f"{round(number, 1):g}" if abs(number) < 100_000 else str(round(number))
