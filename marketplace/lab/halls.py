"""Halls for the demo world, drawn by code in the open format for seat plans.

Each function returns a whole document. Lengths are in hundredths of a metre or so: seats stand 24 apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

Document: TypeAlias = dict[str, Any]

_PITCH = 24.0
_ROW_PITCH = 28.0
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I, no O: ushers cannot tell them from 1 and 0


def theatre(name: str = "Great House") -> Document:
    """About 1,200 seats: curved stalls and circle, and boxes along both walls."""
    return _proscenium(name, stalls=20, stalls_seats=25, circle=11, circle_seats=36, boxes=8)


def playhouse(name: str = "Playhouse") -> Document:
    """About 420 seats: the small brother of the theatre, without boxes."""
    return _proscenium(name, stalls=12, stalls_seats=18, circle=5, circle_seats=26, boxes=0)


def _proscenium(name: str, *, stalls: int, stalls_seats: int, circle: int, circle_seats: int, boxes: int) -> Document:
    first = 430.0
    gallery = first + stalls * _ROW_PITCH + 70
    above = 60 - (first - 134)  # the centre of all arcs lies behind the stage, whose back edge is at 60
    height = above + gallery + circle * _ROW_PITCH + 30
    width = 2 * (_reach(circle_seats + circle, gallery + circle * _ROW_PITCH) + (150 if boxes else 50))
    centre = width / 2

    def stalls_category(row: int, share: float) -> str:
        if 2 <= row < stalls * 0.55 and abs(share) < 0.62:
            return "Premium"
        return "Restricted view" if row == stalls - 1 or abs(share) > 0.94 else "Stalls"

    def circle_category(row: int, share: float) -> str:
        return "Circle front" if row < circle * 0.4 and abs(share) < 0.7 else "Circle"

    zones = [
        {
            "name": "Stalls", "zone_id": "stalls", "position": {"x": centre, "y": above},
            "rows": [
                _arc("st", row, stalls_seats + row, first + row * _ROW_PITCH, stalls_category)
                for row in range(stalls)
            ],
            "areas": [_stage(320, first - 134)],
        },
        {
            "name": "Circle", "zone_id": "circle", "position": {"x": centre, "y": above},
            "rows": [
                _arc("ci", row, circle_seats + row, gallery + row * _ROW_PITCH, circle_category)
                for row in range(circle)
            ],
            "areas": [],
        },
    ]  # fmt: skip
    if boxes:
        zones.append(_boxes(width, boxes))
    categories = [
        ("Premium", "#b3263c"), ("Stalls", "#d9722e"), ("Circle front", "#1f7a6d"), ("Circle", "#3d6fb4"),
        ("Restricted view", "#8a7f73"),
    ]  # fmt: skip
    return _document(name, width, height, categories + ([("Box", "#7a3b8f")] if boxes else []), zones, (centre, 60))


def _boxes(width: float, count: int) -> Document:
    """Boxes of six seats in two rows along each wall, numbered from the stage."""
    rows, areas = [], []
    for side, letter, x in ((1, "L", 40.0), (-1, "R", width - 40.0)):
        for box in range(count):
            y = 110.0 + box * 84
            number = f"{letter}{box + 1}"
            rows.append(
                {
                    "row_number": number, "row_label": f"box {number}", "position": {"x": x, "y": y},
                    "seats": [
                        _seat(f"bx-{number}-{at + 1}", str(at + 1), side * (at % 2) * _PITCH, at // 2 * _PITCH, "Box")
                        for at in range(6)
                    ],
                }
            )  # fmt: skip
            areas.append(_rectangle(x - (16 if side > 0 else 40), y - 16, 56, 80, "#f1e7da", border="#cbb8a0"))
    return {"name": "Boxes", "zone_id": "boxes", "position": {"x": 0, "y": 0}, "rows": rows, "areas": areas}


def arena(name: str = "Main Bowl") -> Document:
    """More than 10,000 seats on two tiers around a floor where 2,500 stand; the stage closes one end."""
    centre = (1_790.0, 1_310.0)
    tiers = (
        _Tier(
            "Lower tier",
            "1",
            first=101,
            blocks=22,
            rows=22,
            across=690,
            deep=470,
            categories=("Lower side", "Lower end"),
        ),
        _Tier(
            "Upper tier",
            "2",
            first=201,
            blocks=30,
            rows=22,
            across=1_220,
            deep=1_000,
            categories=("Upper side", "Upper end"),
        ),
    )
    floor = {
        "name": "Floor", "zone_id": "floor", "position": {"x": centre[0], "y": centre[1]}, "rows": [],
        "areas": [
            _stage(520, -330),
            {
                **_rectangle(-400, -200, 800, 560, "#f6dfb8", border="#d9a441", text="Floor, standing", size=44),
                "area_guid": "floor-standing", "capacity": 2_500, "category": "Floor standing",
            },
            _rectangle(-120, 376, 240, 50, "#ddd4c8", text="Mixing desk", size=20),
        ],
    }  # fmt: skip
    categories = [
        ("Floor standing", "#d9a441"), ("Lower side", "#b3263c"), ("Lower end", "#d9722e"), ("Upper side", "#1f7a6d"),
        ("Upper end", "#3d6fb4"),
    ]  # fmt: skip
    zones = [floor, *(block for tier in tiers for block in _bowl(tier, centre))]
    return _document(name, 2 * centre[0], 2_840, categories, zones, (centre[0], centre[1] - 330))


class _Tier(NamedTuple):
    name: str
    guid: str
    first: int
    blocks: int
    rows: int
    across: float
    """Half the width of its innermost row; `deep` is half the height."""
    deep: float
    categories: tuple[str, str]
    """Along the sides, and opposite the stage."""


def _bowl(tier: _Tier, centre: tuple[float, float]) -> list[Document]:
    """One zone per block, all around but for the sixth behind the stage. Angles grow clockwise from the top."""
    gap = math.pi / 6
    step = (2 * math.pi - 2 * gap) / tier.blocks
    zones = []
    for block in range(tier.blocks):
        start = gap + block * step
        number = str(tier.first + block)
        category = tier.categories[abs(start + step / 2 - math.pi) < math.pi / 5]
        rows = []
        for row in range(tier.rows):
            points = _along_ellipse(
                tier.across + row * 22, tier.deep + row * 22, start, start + step, pitch=21, margin=16
            )
            # From the right as one looks at the stage, points run clockwise; numbers run with them.
            seats = [
                _seat(f"{number}-{row + 1}-{at}", str(at), x, y, category, radius=8)
                for at, (x, y) in enumerate(points, start=1)
            ]
            rows.append({"row_number": str(row + 1), "position": {"x": 0, "y": 0}, "seats": seats})
        zones.append(
            {
                "name": f"Block {number}", "zone_id": number, "position": {"x": centre[0], "y": centre[1]},
                "rows": rows, "areas": [],
            }
        )  # fmt: skip
    return zones


def _along_ellipse(
    across: float, deep: float, start: float, end: float, *, pitch: float, margin: float
) -> list[tuple[float, float]]:
    """Points `pitch` apart on an arc of an ellipse, centred on it, `margin` of its ends left free for aisles."""
    fine = 48
    angles = [start + (end - start) * at / fine for at in range(fine + 1)]
    curve = [(across * math.sin(angle), -deep * math.cos(angle)) for angle in angles]
    reached = [0.0]
    for one, other in pairwise(curve):
        reached.append(reached[-1] + math.dist(one, other))
    count = int((reached[-1] - 2 * margin) / pitch) + 1
    offset = (reached[-1] - (count - 1) * pitch) / 2
    points, leg = [], 0
    for at in range(count):
        length = offset + at * pitch
        while reached[leg + 1] < length:
            leg += 1
        share = (length - reached[leg]) / (reached[leg + 1] - reached[leg])
        (ax, ay), (bx, by) = curve[leg], curve[leg + 1]
        points.append((ax + (bx - ax) * share, ay + (by - ay) * share))
    return points


def coach(name: str = "Coach, 53 seats") -> Document:
    """Twelve rows of two and two with a step for the door and the toilet, and a bench of five at the back."""
    columns = (("A", 50.0), ("B", 82.0), ("C", 158.0), ("D", 190.0))
    rows = []
    for row in range(1, 14):
        y = 120.0 + row * 42 + (70 if row > 7 else 0)
        places = columns if row < 13 else (("A", 50.0), ("B", 85.0), ("C", 120.0), ("D", 155.0), ("E", 190.0))
        category = "Panorama" if row <= 2 else "Back bench" if row == 13 else "Standard"
        seats = [_seat(f"c-{row}{letter}", f"{row}{letter}", x, 0, category, radius=13) for letter, x in places]
        rows.append({"row_number": str(row), "position": {"x": 0, "y": y}, "seats": seats})
    areas = [
        _rectangle(20, 20, 200, 780, "#f4efe7", border="#8f8577"),
        _disc(66, 86, 20, "#ddd4c8", text="Driver", text_y=34),
        _rectangle(160, 50, 54, 40, "#dfe9e4", text="Door", size=13),
        _rectangle(142, 444, 72, 54, "#dfe9e4", text="Door · WC", size=12),
    ]  # fmt: skip
    zone = {"name": "", "zone_id": "coach", "position": {"x": 0, "y": 0}, "rows": rows, "areas": areas}
    categories = [("Panorama", "#b3263c"), ("Standard", "#1f7a6d"), ("Back bench", "#3d6fb4")]
    return _document(name, 240, 820, categories, [zone], (120, 20))


def jazz_club(name: str = "The Cellar") -> Document:
    """Twenty-four tables of four before a low stage, and 24 stools along the bar."""
    rows, areas = [], [_stage(220, 0, x=360)]
    for table in range(24):
        line, column = divmod(table, 6)
        x, y = 90.0 + column * 108 + (line % 2) * 27, 175.0 + line * 104
        category = "Stage-side table" if line == 0 else "Table"
        # In the order in which one walks around the table: neighbours sit beside each other.
        around = ((-19, -19), (19, -19), (19, 19), (-19, 19))
        seats = [_seat(f"t{table + 1}-{at}", str(at), dx, dy, category) for at, (dx, dy) in enumerate(around, start=1)]
        rows.append(
            {
                "row_number": f"T{table + 1}",
                "row_label": f"table {table + 1}",
                "position": {"x": x, "y": y},
                "seats": seats,
            }
        )
        areas.append(_disc(x, y, 14, "#e7d8c1", text=str(table + 1)))
    stools = [_seat(f"bar-{at}", str(at), at * 26.0, 0, "Bar stool", radius=9) for at in range(1, 25)]
    rows.append({"row_number": "Bar", "row_label": "bar", "position": {"x": 35, "y": 585}, "seats": stools})
    areas.append(_rectangle(50, 605, 620, 34, "#6b4a2f", text="Bar", text_color="#fdf3e3", size=16))
    zone = {"name": "Cellar", "zone_id": "cellar", "position": {"x": 0, "y": 0}, "rows": rows, "areas": areas}
    categories = [("Stage-side table", "#b3263c"), ("Table", "#1f7a6d"), ("Bar stool", "#3d6fb4")]
    return _document(name, 720, 660, categories, [zone], (360, 40))


def cinema(name: str = "Screen 1") -> Document:
    """240 seats in twelve straight rows with two aisles; wheelchair places at the ends of the front row."""
    rows = []
    for row in range(12):
        category = "Recliner" if row >= 10 else "Front" if row < 3 else "Standard"
        seats = []
        for at in range(20):
            seat = _seat(
                f"s-{_LETTERS[row]}{at + 1}",
                str(at + 1),
                at * 26.0 + (34 if at > 4 else 0) + (34 if at > 14 else 0),
                0,
                category,
            )
            if row == 0 and at in {0, 19}:
                seat["note"] = "Wheelchair place, step-free"
            seats.append(seat)
        rows.append(
            {
                "row_number": _LETTERS[row],
                "position": {"x": 60, "y": 170 + row * 36 + (26 if row >= 10 else 0)},
                "seats": seats,
            }
        )
    screen = _rectangle(110, 50, 460, 16, "#211c16", text="Screen", text_color="#f6f1e9", size=12)
    zone = {"name": "", "zone_id": "screen", "position": {"x": 0, "y": 0}, "rows": rows, "areas": [screen]}
    categories = [("Front", "#3d6fb4"), ("Standard", "#1f7a6d"), ("Recliner", "#b3263c")]
    return _document(name, 680, 640, categories, [zone], (340, 58))


def lecture_hall(name: str = "Anatomy Theatre") -> Document:
    """About 170 seats on steep half rings around a lectern."""
    rows = [
        _arc("h", row, 12 + row * 2, 130 + row * 30, lambda at, _: "Ring" if at < 4 else "Gallery", aisles=())
        for row in range(9)
    ]
    zone = {
        "name": "Hall", "zone_id": "hall", "position": {"x": 400, "y": 90}, "rows": rows,
        "areas": [_stage(120, -20, text="Lectern")],
    }  # fmt: skip
    return _document(name, 800, 520, [("Ring", "#b3263c"), ("Gallery", "#3d6fb4")], [zone], (400, 90))


def _document(
    name: str,
    width: float,
    height: float,
    categories: Sequence[tuple[str, str]],
    zones: list[Document],
    focal: tuple[float, float],
) -> Document:
    return {
        "name": name,
        "size": {"width": math.ceil(width), "height": math.ceil(height)},
        "categories": [{"name": label, "color": color} for label, color in categories],
        "zones": zones,
        "focal_point": {"x": round(focal[0]), "y": round(focal[1])},
    }


def _arc(
    guid: str,
    row: int,
    count: int,
    radius: float,
    category: Callable[[int, float], str],
    aisles: tuple[float, ...] = (-0.36, 0.36),
) -> Document:
    """A curved row seen from the stage's side; `category(row, share)`, share from −1 at the left end to 1 at the right.

    Aisles lie at those shares of the row and are one seat and a half wide.
    """
    letter = _LETTERS[row] if row < len(_LETTERS) else _LETTERS[row - len(_LETTERS)] * 2
    seats = []
    for at in range(count):
        share = (at - (count - 1) / 2) / (count / 2)
        passed = sum((share > aisle) - 0.5 for aisle in aisles)
        angle = ((at - (count - 1) / 2) * _PITCH + passed * 36) / radius
        seats.append(
            _seat(
                f"{guid}-{letter}-{at + 1}",
                str(at + 1),
                radius * math.sin(angle),
                radius * math.cos(angle),
                category(row, share),
            )
        )
    return {"row_number": letter, "row_number_position": "both", "position": {"x": 0, "y": 0}, "seats": seats}


def _reach(count: int, radius: float) -> float:
    """How far from the middle the ends of a curved row of so many seats are."""
    return radius * math.sin((count * _PITCH / 2 + 36) / radius)


def _seat(guid: str, number: str, x: float, y: float, category: str, radius: float = 10) -> Document:
    return {
        "seat_guid": guid, "seat_number": number, "position": {"x": round(x, 1), "y": round(y, 1)},
        "category": category, "radius": radius,
    }  # fmt: skip


def _stage(width: float, y: float, *, x: float = 0, text: str = "Stage") -> Document:
    """A stage whose front edge bulges towards the audience; `x` is its middle, `y` its back edge."""
    corners = [
        (-width / 2, 0),
        (width / 2, 0),
        (width * 0.44, 60),
        (width * 0.2, 84),
        (-width * 0.2, 84),
        (-width * 0.44, 60),
    ]
    return {
        "shape": "polygon", "color": "#2b241d", "border_color": "#2b241d", "rotation": 0, "position": {"x": x, "y": y},
        "polygon": {"points": [{"x": round(cx, 1), "y": cy} for cx, cy in corners]},
        "text": {"text": text, "color": "#f6f1e9", "size": 22, "position": {"x": 0, "y": 42}},
    }  # fmt: skip


def _disc(x: float, y: float, radius: float, color: str, *, text: str, text_y: float = 0) -> Document:
    return {
        "shape": "circle", "color": color, "border_color": "#8f8577", "rotation": 0, "position": {"x": x, "y": y},
        "circle": {"radius": radius},
        "text": {"text": text, "color": "#5e564b", "size": 11, "position": {"x": 0, "y": text_y}},
    }  # fmt: skip


def _rectangle(
    x: float,
    y: float,
    width: float,
    height: float,
    color: str,
    *,
    border: str = "",
    text: str = "",
    size: int = 14,
    text_color: str = "#5e564b",
) -> Document:
    return {
        "shape": "rectangle", "color": color, "border_color": border or color, "rotation": 0,
        "position": {"x": x, "y": y},
        "rectangle": {"width": width, "height": height},
        "text": {"text": text, "color": text_color, "size": size, "position": {"x": width / 2, "y": height / 2}},
    }  # fmt: skip
