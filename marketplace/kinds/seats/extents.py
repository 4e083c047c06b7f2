"""How large a hall is whose document does not say so: large enough for everything that is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from marketplace.kinds.seats.seating import Point, SeatPlan

_MARGIN = 20.0


def fitted(plan: SeatPlan) -> SeatPlan:
    """The plan in the size of its content, moved to the right and down where something would lie outside."""
    points = list(_reached(plan))
    left, top = (min(0.0, min(axis) - _MARGIN) for axis in zip(*points, strict=True))
    right, bottom = (max(axis) + _MARGIN for axis in zip(*points, strict=True))
    return _moved(replace(plan, width=right - left, height=bottom - top), -left, -top)


def _reached(plan: SeatPlan) -> Iterator[Point]:
    for seat in plan.seats:
        yield seat.x - seat.radius, seat.y - seat.radius
        yield seat.x + seat.radius, seat.y + seat.radius
    for area in plan.areas:
        yield from area.corners()


def _moved(plan: SeatPlan, dx: float, dy: float) -> SeatPlan:
    if not dx and not dy:
        return plan
    rows = tuple(
        replace(row, seats=tuple(replace(seat, x=seat.x + dx, y=seat.y + dy) for seat in row.seats))
        for row in plan.rows
    )
    areas = tuple(
        replace(
            area,
            x=area.x + dx,
            y=area.y + dy,
            points=tuple((x + dx, y + dy) for x, y in area.points),
            text_at=(area.text_at[0] + dx, area.text_at[1] + dy),
        )
        for area in plan.areas
    )
    return replace(plan, rows=rows, areas=areas, focal=(plan.focal[0] + dx, plan.focal[1] + dy))
