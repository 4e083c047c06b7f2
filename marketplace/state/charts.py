"""From numbers to the bars that charts show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.components.values import Bar

GAP = 0.12
"""On either side of a bar, of the width that it has."""


@dataclass(frozen=True, slots=True)
class Point:
    """One bar as numbers. `other` stands on top of `amount`, in charts with two parts."""

    label: str
    amount: float
    text: str
    other: float = 0
    other_text: str = ""


def bars(points: Sequence[Point], *, top: float = 0) -> list[Bar]:
    """The points side by side, the highest as high as the chart unless `top` is higher."""
    highest = max(top, *(point.amount + point.other for point in points), 0)
    width = 100 / max(1, len(points))
    return [_bar(point, at * width, width, 100 / highest if highest else 0) for at, point in enumerate(points)]


def _bar(point: Point, x: float, width: float, scale: float) -> Bar:
    height, other = point.amount * scale, point.other * scale
    return Bar(
        label=point.label, text=point.text, x=round(x + width * GAP, 3), width=round(width * (1 - 2 * GAP), 3),
        y=round(100 - height, 3), height=round(height, 3),
        other_text=point.other_text, other_y=round(100 - height - other, 3), other_height=round(other, 3),
    )  # fmt: skip
