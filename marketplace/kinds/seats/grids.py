"""A plain hall without a drawing: so many rows of so many seats before a stage, as a document of the open format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _, gettext_noop

MOST_ROWS = 100
MOST_SEATS = 100
MOST_CATEGORIES = 4

_PITCH, _ROW_PITCH, _AISLE = 24.0, 28.0, 34.0
_STAGE_HEIGHT, _BEFORE_STAGE = 50.0, 60.0
_COLORS = ("#b3263c", "#d9722e", "#1f7a6d", "#3d6fb4")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I, no O: ushers cannot tell them from 1 and 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What somebody wishes for. `categories` are price bands from front to back, as equal as rows allow."""

    name: str
    rows: int
    seats: int
    categories: int = 1
    has_aisle: bool = False


class GridRefused(Invalid):
    """No hall can be drawn like that. `errors` names every field."""

    code = "grid_refused"
    title = gettext_noop("Invalid hall size")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(_("This hall cannot be drawn."), errors)


def grid_document(grid: Grid) -> dict[str, Any]:
    """The hall. Raises GridRefused."""
    _check(grid)
    aisle_after = grid.seats // 2 if grid.has_aisle else grid.seats
    width = (grid.seats - 1) * _PITCH + (_AISLE if grid.has_aisle else 0)
    return {
        "name": grid.name.strip(),
        "size": {"width": width + 80, "height": _STAGE_HEIGHT + _BEFORE_STAGE + grid.rows * _ROW_PITCH + 60},
        "categories": [{"name": f"Category {at + 1}", "color": _COLORS[at]} for at in range(grid.categories)],
        "focal_point": {"x": 40 + width / 2, "y": 40 + _STAGE_HEIGHT / 2},
        "zones": [
            {
                "name": "Hall",
                "position": {"x": 40, "y": 40 + _STAGE_HEIGHT + _BEFORE_STAGE},
                "rows": [_row(grid, row, aisle_after) for row in range(grid.rows)],
                "areas": [_stage(width)],
            }
        ],
    }


def _check(grid: Grid) -> None:
    bounds = {
        "rows": (grid.rows, MOST_ROWS), "seats": (grid.seats, MOST_SEATS),
        "categories": (grid.categories, min(MOST_CATEGORIES, max(grid.rows, 1))),
    }  # fmt: skip
    errors = [
        FieldError(name, _("Use 1 to {most}.", most=most))
        for name, (count, most) in bounds.items()
        if not 1 <= count <= most
    ]
    if not 1 <= len(grid.name.strip()) <= 200:
        errors.append(FieldError("name", _("Enter a name of at most 200 characters.")))
    if errors:
        raise GridRefused(errors)


def _row(grid: Grid, row: int, aisle_after: int) -> dict[str, Any]:
    letter = row_name(row)
    category = f"Category {row * grid.categories // grid.rows + 1}"
    return {
        "row_number": letter,
        "position": {"x": 0, "y": row * _ROW_PITCH},
        "seats": [
            {
                "seat_guid": f"{letter}-{at + 1}",
                "seat_number": str(at + 1),
                "position": {"x": at * _PITCH + (_AISLE if at >= aisle_after else 0), "y": 0},
                "category": category,
            }
            for at in range(grid.seats)
        ],
    }


def row_name(row: int) -> str:
    """The letters of a row: A to Z, then AA, BB and so on."""
    times, letter = divmod(row, len(_LETTERS))
    return _LETTERS[letter] * (times + 1)


def _stage(width: float) -> dict[str, Any]:
    across = max(120.0, width * 0.6)
    return {
        "shape": "rectangle",
        "rectangle": {"width": across, "height": _STAGE_HEIGHT},
        "position": {"x": (width - across) / 2, "y": -(_BEFORE_STAGE + _STAGE_HEIGHT)},
        "color": "#e9e0d3",
        "border_color": "#b9a98f",
        "text": {
            "text": "Stage", "color": "#5e564b", "size": 18, "position": {"x": across / 2, "y": _STAGE_HEIGHT / 2},
        },
    }  # fmt: skip
