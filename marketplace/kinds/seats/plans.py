"""Reading seat plans in the open format of the free seating-plan editor, and writing them for the browser.

A document is an object with `name`, `categories`, `zones` and mostly a `size`; zones hold rows of seats and areas, and positions
add up (zone + row + seat). Keys that we do not know are left alone. Two additions of ours: an area with a `capacity` is
a standing area (it then needs a `category`, and an `area_guid` or `uuid`), and a `focal_point` says where people look.

Whatever is wrong is named with its path (`$.zones[0].rows[2].seats[5].seat_guid`), all of it at once.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson

from marketplace import limits
from marketplace.catalog.views import PriceCategory
from marketplace.errors import FieldError
from marketplace.i18n import _
from marketplace.kinds.seats.errors import PlanRefused
from marketplace.kinds.seats.extents import fitted
from marketplace.kinds.seats.seating import Area, Point, Row, Seat, SeatPlan, Zone

MOST_BYTES = limits.PLAN
MOST_SEATS = 60_000
MOST_STANDING = 60_000
MOST_ERRORS = 200

_MOST = {"zones": 500, "rows": 20_000, "seats": MOST_SEATS, "areas": 5_000, "categories": 100, "points": 50_000}
"""How many of each list's entries a whole plan may have."""
_FARTHEST = 1_000_000.0
_DEFAULT_RADIUS = 10.0
_SHAPES = ("polygon", "rectangle", "ellipse", "circle", "text")

# A guid stands between colons in units, in addresses and in keys: letters, digits and four signs that are safe in all.
_GUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_COLOR = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})"
    r"|rgba?\(\s*[0-9.]{1,6}%?(?:\s*[,\s/]\s*[0-9.]{1,6}%?){2,3}\s*\)"
    r"|transparent|none|black|white|gr[ae]y|silver|red|maroon|yellow|olive|lime|green|aqua|teal|blue|navy|fuchsia|purple|orange",
    re.IGNORECASE,
)


def read_plan(document: bytes | str | Mapping[str, Any]) -> SeatPlan:
    """Check a document and build the plan. Raises PlanRefused whose `errors` name everything that is wrong.

    60,000 seats take well under a second; the caller decides whether that may happen on the event loop.
    """
    parsed = parse(document)
    reader = _Reader()
    plan = reader.plan(parsed)
    if reader.found:
        raise PlanRefused(reader.errors, reader.found)
    return plan


def parse(document: bytes | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The document as an object. Raises PlanRefused for what is too large, not UTF-8, not JSON or not an object."""
    if isinstance(document, bytes | str):
        document = _parse_text(document)
    if not isinstance(document, Mapping):
        raise PlanRefused([FieldError("$", _("is {document}; a seat plan is an object.", document=_kind(document)))])
    return document


def canonical(document: Mapping[str, Any]) -> bytes:
    """The document as JSON, always the same for the same content. Raises PlanRefused where JSON cannot say it."""
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except (TypeError, RecursionError) as error:
        raise PlanRefused([FieldError("$", _("cannot be kept as JSON: {error}.", error=error))]) from None


def _parse_text(document: bytes | str) -> Any:
    size = len(document) if isinstance(document, bytes) else len(document.encode(errors="replace"))
    if size > MOST_BYTES:
        raise PlanRefused(
            [
                FieldError(
                    "$",
                    _("has {size} bytes; a seat plan has at most {most}.", size=size, most=MOST_BYTES),
                )
            ]
        )
    try:
        text = document.decode("utf-8-sig") if isinstance(document, bytes) else document
    except UnicodeDecodeError as error:
        raise PlanRefused(
            [FieldError("$", _("is not UTF-8: byte {start} cannot be read.", start=error.start))]
        ) from None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if re.search(r"\b(?:NaN|Infinity)\b", text):
            # Python's own reader lets these through, so that they can be named where they stand.
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                pass
        raise PlanRefused(
            [
                FieldError(
                    "$",
                    _(
                        "is not JSON: {problem}, line {line}, column {column}.",
                        problem=error.msg,
                        line=error.lineno,
                        column=error.colno,
                    ),
                )
            ]
        ) from None


class _Reader:
    """Walks a document, keeps what is right and writes down what is wrong. One reader reads one document.

    After an error each method gives back a harmless stand-in, so that the walk goes on and finds the next one; a plan
    that was built with any stand-in is never let out.
    """

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.found = 0
        self._categories: set[str] = set()
        self._seat_paths: dict[str, str] = {}
        self._area_paths: dict[str, str] = {}
        self._standing = 0
        self._left = dict(_MOST)
        self._overfull: set[str] = set()

    def error(self, path: str, message: str) -> None:
        self.found += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(FieldError(path, message))

    # Parts of a plan

    def plan(self, document: Mapping[str, Any]) -> SeatPlan:
        # The editor's own schema does not ask for a size: without one, the hall is as large as what is in it.
        size = self.object(document, "size", "$", required=False)
        width = self.number(size, "width", "$.size", least=1) if size is not None else 1.0
        height = self.number(size, "height", "$.size", least=1) if size is not None else 1.0
        categories = self.categories(document)
        zones: list[Zone] = []
        rows: list[Row] = []
        areas: list[Area] = []
        for path, zone in self.objects(document, "zones", "$", required=True):
            name = self.text(zone, "name", path, most=100)
            origin = self.point(zone, "position", path)
            rows += self.rows(zone, path, len(zones), name, origin)
            areas += self.areas(zone, path, name, origin)
            zones.append(Zone(name))
        if not self._seat_paths and not self._area_paths and not self.found:
            self.error("$.zones", _("have no seats and no standing area: there is nothing to sell."))
        plan = SeatPlan(
            name=self.text(document, "name", "$", most=200, required=True),
            width=width,
            height=height,
            categories=categories,
            zones=tuple(zones),
            rows=tuple(rows),
            areas=tuple(areas),
            focal=self.point(document, "focal_point", "$")
            if document.get("focal_point") is not None
            else (width / 2, 0),
        )
        if document.get("size") is not None or self.found:
            return plan
        plan = fitted(plan)
        return plan if document.get("focal_point") is not None else replace(plan, focal=(plan.width / 2, 0))

    def categories(self, document: Mapping[str, Any]) -> tuple[PriceCategory, ...]:
        categories = []
        for path, entry in self.objects(document, "categories", "$", required=True):
            name = self.text(entry, "name", path, most=100, required=True)
            if name in self._categories:
                self.error(f"{path}.name", _("“{name}” is the name of an earlier category, too.", name=name))
            self._categories.add(name)
            categories.append(PriceCategory(name, self.color(entry, "color", path, otherwise="#888888")))
        if not categories and not self.found:
            self.error("$.categories", _("are empty; seats need at least one."))
        return tuple(categories)

    def rows(self, zone: Mapping[str, Any], zone_path: str, index: int, zone_name: str, origin: Point) -> Iterator[Row]:
        for path, row in self.objects(zone, "rows", zone_path):
            x, y = self.point(row, "position", path)
            number = self.text(row, "row_number", path, most=50)
            label = self.text(row, "row_label", path, most=100) or None
            at = (origin[0] + x, origin[1] + y)
            seats = [
                self.seat(seat, seat_path, at, zone_name, number, label)
                for seat_path, seat in self.objects(row, "seats", path, required=True)
            ]
            yield Row(index, number, label, tuple(_along_the_row(seats)))

    def seat(
        self, seat: Mapping[str, Any], path: str, origin: Point, zone: str, row: str, row_label: str | None
    ) -> Seat:
        x, y = self.point(seat, "position", path, required=True)
        return Seat(
            guid=self.guid(seat, "seat_guid", path, self._seat_paths),
            number=self.text(seat, "seat_number", path, most=50, required=True),
            row=row,
            zone=zone,
            category=self.category(seat, path),
            x=origin[0] + x,
            y=origin[1] + y,
            radius=self.number(seat, "radius", path, least=0.1, most=10_000, otherwise=_DEFAULT_RADIUS),
            note=self.text(seat, "note", path, most=200) or None,
            row_label=row_label,
        )

    def areas(self, zone: Mapping[str, Any], zone_path: str, zone_name: str, origin: Point) -> Iterator[Area]:
        for path, area in self.objects(zone, "areas", zone_path):
            yield self.area(area, path, zone_name, origin)

    def area(self, area: Mapping[str, Any], path: str, zone: str, origin: Point) -> Area:
        dx, dy = self.point(area, "position", path)
        x, y = origin[0] + dx, origin[1] + dy
        shape = area.get("shape", "rectangle")
        if shape not in _SHAPES:
            self.error(
                f"{path}.shape", _("is {shape}; we know {shapes}.", shape=_show(shape), shapes=", ".join(_SHAPES))
            )
            shape = "text"
        width, height, radius, points = self.outline(area, path, shape)
        text = self.object(area, "text", path, required=shape == "text") or {}
        text_path = f"{path}.text"
        text_x, text_y = self.point(text, "position", text_path)
        guid, capacity, category = self.standing(area, path)
        return Area(
            shape=shape,
            x=x,
            y=y,
            zone=zone,
            width=width,
            height=height,
            radius=radius,
            points=tuple((x + px, y + py) for px, py in points),
            rotation=self.number(area, "rotation", path, least=-36_000, most=36_000, otherwise=0),
            color=self.color(area, "color", path, otherwise=""),
            border_color=self.color(area, "border_color", path, otherwise=""),
            text=self.text(text, "text", text_path, most=200),
            text_color=self.color(text, "color", text_path, otherwise=""),
            text_at=(x + text_x, y + text_y),
            text_size=self.number(text, "size", text_path, least=0, most=10_000, otherwise=16),
            guid=guid,
            capacity=capacity,
            category=category,
        )

    def outline(self, area: Mapping[str, Any], path: str, shape: str) -> tuple[float, float, float, list[Point]]:
        """Width, height, radius and points; each 0 or empty where the shape has no such thing."""
        if shape == "text":
            return 0, 0, 0, []
        form = self.object(area, shape, path)
        path = f"{path}.{shape}"
        if form is None:
            return 0, 0, 0, []
        if shape == "rectangle":
            return self.number(form, "width", path, least=0), self.number(form, "height", path, least=0), 0, []
        if shape == "circle":
            radius = self.number(form, "radius", path, least=0)
            return 2 * radius, 2 * radius, radius, []
        if shape == "ellipse":
            x, y = self.point(form, "radius", path, required=True, least=0)
            return 2 * x, 2 * y, 0, []
        corners = list(self.objects(form, "points", path, required=True))
        if len(corners) < 3 and isinstance(form.get("points"), list):
            self.error(f"{path}.points", _("are fewer than three: that is no polygon."))
        return 0, 0, 0, [(self.number(point, "x", at), self.number(point, "y", at)) for at, point in corners]

    def standing(self, area: Mapping[str, Any], path: str) -> tuple[str | None, int, str | None]:
        """Guid, capacity and category of a standing area; nothing of decoration."""
        capacity = area.get("capacity")
        if capacity is None:
            return None, 0, None
        if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 1:
            self.error(
                f"{path}.capacity",
                _("is {capacity}; it is a whole number of people, at least 1.", capacity=_show(capacity)),
            )
            return None, 0, None
        before, self._standing = self._standing, self._standing + capacity
        if before <= MOST_STANDING < self._standing:
            self.error(
                f"{path}.capacity",
                _("brings the standing places of the plan to more than {most}.", most=MOST_STANDING),
            )
        key = "uuid" if area.get("area_guid") is None and area.get("uuid") is not None else "area_guid"
        return self.guid(area, key, path, self._area_paths), capacity, self.category(area, path)

    # Values

    def category(self, owner: Mapping[str, Any], path: str) -> str:
        name = owner.get("category")
        if isinstance(name, str) and name in self._categories:
            return name
        message = (
            _("is missing.")
            if name is None
            else _("is {name}, which is not among the plan's categories.", name=_show(name))
        )
        self.error(f"{path}.category", message)
        return ""

    def guid(self, owner: Mapping[str, Any], key: str, path: str, seen: dict[str, str]) -> str:
        guid = owner.get(key)
        if not isinstance(guid, str) or not _GUID.fullmatch(guid):
            self.error(
                f"{path}.{key}",
                _("is missing.")
                if guid is None
                else _(
                    "is {guid}; it has 1 to 100 letters, digits and . _ ~ -, not one of these first.", guid=_show(guid)
                ),
            )
            return ""
        if guid in seen:
            self.error(f"{path}.{key}", _("“{guid}” is already used by {place}.", guid=guid, place=seen[guid]))
        seen.setdefault(guid, path)
        return guid

    def text(self, owner: Mapping[str, Any], key: str, path: str, *, most: int, required: bool = False) -> str:
        value = owner.get(key)
        # Editors write numbers of rows and seats as numbers now and then; nobody is served by refusing them.
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9:
            return str(value)
        if value is None or value == "":
            if required:
                self.error(f"{path}.{key}", _("is missing.") if value is None else _("is empty."))
            return ""
        if not isinstance(value, str):
            self.error(f"{path}.{key}", _("is {value}; it is a text.", value=_kind(value)))
            return ""
        if len(value) > most:
            self.error(f"{path}.{key}", _("has {value} characters; it may have {most}.", value=len(value), most=most))
            return ""
        if _UNPRINTABLE.search(value):
            self.error(f"{path}.{key}", _("has characters that cannot be shown."))
            return ""
        return value.strip()

    def color(self, owner: Mapping[str, Any], key: str, path: str, *, otherwise: str) -> str:
        value = owner.get(key)
        if value is None or value == "":
            return otherwise
        if not isinstance(value, str) or not _COLOR.fullmatch(value):
            self.error(f"{path}.{key}", _("is {value}; it is a colour such as #7a3b69.", value=_show(value)))
            return otherwise
        return value

    def number(
        self,
        owner: Mapping[str, Any],
        key: str,
        path: str,
        *,
        least: float = -_FARTHEST,
        most: float = _FARTHEST,
        otherwise: float | None = None,
    ) -> float:
        """A finite number within bounds; `otherwise` stands in for an absent one, which is an error without it."""
        value = owner.get(key)
        if type(value) is float or type(value) is int:
            if least <= value <= most:  # False for NaN, too
                return value
            is_finite = type(value) is int or math.isfinite(value)
            bounds = {"value": _show(value), "least": f"{least:g}", "most": f"{most:g}"}
            self.error(
                f"{path}.{key}",
                _("is {value}; it lies between {least} and {most}.", **bounds)
                if is_finite
                else _("is {value}; it is a finite number.", value=_show(value)),
            )
        elif value is not None:
            self.error(f"{path}.{key}", _("is {value}; it is a number.", value=_kind(value)))
        elif otherwise is None:
            self.error(f"{path}.{key}", _("is missing."))
        return otherwise if otherwise is not None else 1.0

    def point(
        self, owner: Mapping[str, Any], key: str, path: str, *, required: bool = False, least: float = -_FARTHEST
    ) -> Point:
        """An {x, y} object; (0, 0) where it is absent and may be."""
        value = owner.get(key)
        if value is None and not required:
            return 0.0, 0.0
        point = self.object(owner, key, path)
        if point is None:
            return 0.0, 0.0
        path = f"{path}.{key}"
        return self.number(point, "x", path, least=least), self.number(point, "y", path, least=least)

    def object(
        self, owner: Mapping[str, Any], key: str, path: str, *, required: bool = True
    ) -> Mapping[str, Any] | None:
        value = owner.get(key)
        if isinstance(value, Mapping):
            return value
        if value is not None:
            self.error(f"{path}.{key}", _("is {value}; it is an object.", value=_kind(value)))
        elif required:
            self.error(f"{path}.{key}", _("is missing."))
        return None

    def objects(
        self, owner: Mapping[str, Any], key: str, path: str, *, required: bool = False
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each object of a list with its path, as long as the plan may have more of this sort; then an error, once."""
        value = owner.get(key)
        path = f"{path}.{key}"
        if value is None:
            if required:
                self.error(path, _("is missing."))
            return
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            self.error(path, _("is {value}; it is a list.", value=_kind(value)))
            return
        most = self._left[key]
        self._left[key] -= min(len(value), most)
        if len(value) > most and key not in self._overfull:
            self._overfull.add(key)
            self.error(
                path,
                _(
                    "has {count} entries, which brings the plan's {key} to more than it may have ({most}).",
                    count=len(value),
                    key=key,
                    most=_MOST[key],
                ),
            )
        for index, entry in enumerate(value[:most]):
            if isinstance(entry, Mapping):
                yield f"{path}[{index}]", entry
            else:
                self.error(f"{path}[{index}]", _("is {entry}; it is an object.", entry=_kind(entry)))


def _along_the_row(seats: list[Seat]) -> list[Seat]:
    """Seats in the order in which one walks along them, left to right.

    Most documents list them so, some by odd and even numbers: of the document's order, by x and by y, the shortest
    walk wins, which also serves rows that run upwards, and horseshoes.
    """
    if len(seats) < 3:
        return sorted(seats, key=lambda seat: seat.x)
    orders = [seats, sorted(seats, key=lambda seat: seat.x), sorted(seats, key=lambda seat: seat.y)]
    order = min(orders, key=_walk)
    first, last = order[0], order[-1]
    return order if (first.x, first.y) <= (last.x, last.y) else order[::-1]


def _walk(seats: list[Seat]) -> float:
    return sum(math.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(seats))


def _kind(value: object) -> str:
    """What a value is, in the words of JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _("a number")
    if isinstance(value, str | bytes):
        return _("a text")
    return _("an object") if isinstance(value, Mapping) else _("a list")


def _show(value: object) -> str:
    """A value as it may be quoted in an error: short, and one line."""
    if isinstance(value, str):
        return f"“{_UNPRINTABLE.sub('�', value[:60])}”"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if abs(value) < 1e300 or isinstance(value, float) else _("a huge number")
    return _kind(value)


def geometry(plan: SeatPlan, version: str) -> bytes:
    """The plan as the browser draws it: compact JSON, seats in columns of equal length, absolute coordinates."""
    category_index = {category.name: index for index, category in enumerate(plan.categories)}
    seats = plan.seats
    return orjson.dumps(
        {
            "version": version,
            "name": plan.name,
            "width": _short(plan.width),
            "height": _short(plan.height),
            "focal": [_short(plan.focal[0]), _short(plan.focal[1])],
            "categories": [{"name": category.name, "color": category.color} for category in plan.categories],
            "zones": [{"name": zone.name} for zone in plan.zones],
            # A third element says that the second is the row's whole name (“box 3”), not one to put after “row”.
            "rows": [[row.zone, row.label, True] if row.label else [row.zone, row.number] for row in plan.rows],
            "seats": {
                "guid": [seat.guid for seat in seats],
                "number": [seat.number for seat in seats],
                "x": [_short(seat.x) for seat in seats],
                "y": [_short(seat.y) for seat in seats],
                "r": [_short(seat.radius) for seat in seats],
                "row": [index for index, row in enumerate(plan.rows) for _ in row.seats],
                "category": [category_index[seat.category] for seat in seats],
            },
            "notes": {str(index): seat.note for index, seat in enumerate(seats) if seat.note},
            "areas": [_area_geometry(area, category_index) for area in plan.areas],
        }
    )


def _area_geometry(area: Area, category_index: Mapping[str, int]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "shape": area.shape,
        "x": _short(area.x),
        "y": _short(area.y),
        "width": _short(area.width),
        "height": _short(area.height),
        "radius": _short(area.radius),
        "points": [[_short(x), _short(y)] for x, y in area.points],
        "rotation": _short(area.rotation),
        "color": area.color,
        "border_color": area.border_color,
        "text": area.text,
        "text_color": area.text_color,
        "text_x": _short(area.text_at[0]),
        "text_y": _short(area.text_at[1]),
        "text_size": _short(area.text_size),
    }
    if area.is_standing:
        shown |= {"guid": area.guid, "capacity": area.capacity, "category": category_index[str(area.category)]}
    return shown


def _short(number: float) -> float:
    """Two decimals are finer than any screen, and whole numbers need none."""
    rounded = round(number, 2)
    return int(rounded) if rounded == int(rounded) else rounded
