"""What a hall looks like: the seats, rows, areas and price categories of one immutable seat plan.

Coordinates are absolute, in the plan's own units, with y growing downwards. Units are the strings that are held and
sold: `seat:<guid>` for a seat, `stand:<guid>:<n>` (n from 1 to the capacity) for a place in a standing area.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from marketplace.catalog.errors import UnknownUnits
from marketplace.catalog.views import PriceCategory
from marketplace.i18n import _

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    name: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat; `row_label` is what its row is called in full where that is not “row <row>” (“box 3”)."""

    guid: str
    number: str
    row: str
    zone: str
    category: str
    x: float
    y: float
    radius: float
    note: str | None = None
    row_label: str | None = None

    @property
    def unit(self) -> str:
        return f"seat:{self.guid}"

    @property
    def label(self) -> str:
        """“Stalls, row C, seat 12”; what a plan leaves nameless is left out."""
        row = self.row_label or (_("row {row}", row=self.row) if self.row else "")
        words = ", ".join(part for part in (self.zone, row, _("seat {number}", number=self.number)) if part)
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Row:
    """Seats side by side, ordered along the row from left to right. `zone` is an index into the plan's zones."""

    zone: int
    number: str
    label: str | None
    seats: tuple[Seat, ...]

    @property
    def places(self) -> tuple[tuple[str, float, float], ...]:
        """(unit, x, y) of each seat in order: what a search for seats side by side needs."""
        return tuple((seat.unit, seat.x, seat.y) for seat in self.seats)


@dataclass(frozen=True, slots=True)
class Area:
    """A shape on the plan: decoration (stage, bar, aisle) or, with a capacity, a standing area.

    `x, y` is the top left corner of a rectangle, the centre of a circle or ellipse, the origin of a polygon or text;
    `rotation` is in degrees, clockwise, around it. `width` and `height` are an ellipse's and circle's diameters, too.
    """

    shape: str
    x: float
    y: float
    zone: str
    width: float = 0
    height: float = 0
    radius: float = 0
    points: tuple[Point, ...] = ()
    rotation: float = 0
    color: str = ""
    border_color: str = ""
    text: str = ""
    text_color: str = ""
    text_at: Point = (0, 0)
    text_size: float = 0
    guid: str | None = None
    capacity: int = 0
    category: str | None = None

    @property
    def is_standing(self) -> bool:
        return self.capacity > 0

    @property
    def pool(self) -> str:
        """What the units of this standing area begin with, up to the last colon."""
        return f"stand:{self.guid}"

    @property
    def label(self) -> str:
        return ", ".join(part for part in (self.text or self.zone or self.category, _("standing place")) if part)

    def corners(self) -> list[Point]:
        """Points between which all of the shape lies, turned as it is."""
        if self.points:
            corners = list(self.points)
        else:
            # A circle's and an ellipse's place is their centre.
            back = 0.5 if self.shape in {"circle", "ellipse"} else 0.0
            left, top = self.x - back * self.width, self.y - back * self.height
            corners = [(left + x, top + y) for x in (0, self.width) for y in (0, self.height)]
        if not self.rotation:
            return corners
        cos, sin = math.cos(math.radians(self.rotation)), math.sin(math.radians(self.rotation))
        away = [(x - self.x, y - self.y) for x, y in corners]
        return [(self.x + x * cos - y * sin, self.y + x * sin + y * cos) for x, y in away]

    def units(self) -> Iterator[str]:
        return (f"{self.pool}:{n}" for n in range(1, self.capacity + 1))


@dataclass(frozen=True)
class SeatPlan:
    """A hall, read and found right. `focal` is where the audience looks, by default the top centre."""

    name: str
    width: float
    height: float
    categories: tuple[PriceCategory, ...]
    zones: tuple[Zone, ...]
    rows: tuple[Row, ...]
    areas: tuple[Area, ...]
    focal: Point

    @cached_property
    def seats(self) -> tuple[Seat, ...]:
        return tuple(seat for row in self.rows for seat in row.seats)

    @cached_property
    def standing(self) -> tuple[Area, ...]:
        return tuple(area for area in self.areas if area.is_standing)

    @cached_property
    def capacities(self) -> dict[str, int]:
        """How many units each category has, in the plan's order of categories; 0 where none."""
        counts = Counter(seat.category for seat in self.seats)
        for area in self.standing:
            counts[str(area.category)] += area.capacity
        return {category.name: counts[category.name] for category in self.categories}

    @cached_property
    def capacity(self) -> int:
        """How many people fit, seated and standing."""
        return sum(self.capacities.values())

    @cached_property
    def _seats_by_unit(self) -> dict[str, Seat]:
        return {seat.unit: seat for seat in self.seats}

    @cached_property
    def _rows_by_unit(self) -> dict[str, tuple[str, ...]]:
        rows = [tuple(seat.unit for seat in row.seats) for row in self.rows]
        return {unit: row for row in rows for unit in row}

    def rows_of(self, units: Iterable[str]) -> list[tuple[str, ...]]:
        """The rows that these seats are in, each as all of its units in order."""
        return list(dict.fromkeys(self._rows_by_unit[unit] for unit in units if unit in self._rows_by_unit))

    @cached_property
    def _areas_by_guid(self) -> dict[str, Area]:
        return {str(area.guid): area for area in self.standing}

    def units(self) -> Iterator[str]:
        """Every unit: seats in the plan's order, then the places of each standing area."""
        yield from self._seats_by_unit
        for area in self.standing:
            yield from area.units()

    def find(self, unit: str) -> Seat | Area | None:
        """The seat that `unit` names, or the standing area that it is a place of; None if there is none."""
        seat = self._seats_by_unit.get(unit)
        if seat is not None:
            return seat
        pool, _, place = unit.rpartition(":")
        area = self._areas_by_guid.get(pool.removeprefix("stand:")) if pool.startswith("stand:") else None
        # Only “7” is the seventh place: “07”, “+7” and “７” would be other strings for the same one, sold twice.
        is_number = place.isascii() and place.isdigit() and len(place) < 8 and not place.startswith("0")
        return area if area is not None and is_number and int(place) <= area.capacity else None

    def check(self, units: Iterable[str]) -> None:
        """Raises UnknownUnits that names every unit which is not in this plan."""
        strangers = [unit for unit in units if self.find(unit) is None]
        if strangers:
            raise UnknownUnits(strangers)

    def place(self, unit: str) -> Seat | Area:
        """The seat or standing area of `unit`. Raises UnknownUnits."""
        found = self.find(unit)
        if found is None:
            raise UnknownUnits([unit])
        return found

    def standing_area(self, guid: str) -> Area:
        """The standing area called `guid`. Raises UnknownUnits."""
        area = self._areas_by_guid.get(guid)
        if area is None:
            raise UnknownUnits([f"stand:{guid}"])
        return area
