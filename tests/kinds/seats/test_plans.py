"""Reading seat plans: what is right is read exactly, what is wrong is named with its path, all of it."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalog.errors import UnknownUnits
from marketplace.kinds.seats.errors import PlanRefused
from marketplace.kinds.seats.plans import MOST_BYTES, MOST_ERRORS, MOST_SEATS, canonical, geometry, parse, read_plan
from marketplace.kinds.seats.seating import Area, Seat
from tests.makers.catalog import plan_document

SEAT = ("zones", 0, "rows", 0, "seats", 0)
AREA = ("zones", 0, "areas", 0)
ABSENT = object()


def broken(path: tuple[str | int, ...], value: Any, **shape: Any) -> dict[str, Any]:
    """A right document with one thing replaced, or taken away."""
    document = plan_document(**({"standing": 20} | shape))
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if value is ABSENT:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def errors(document: Any) -> dict[str, str]:
    with pytest.raises(PlanRefused) as refused:
        read_plan(document)
    return {field_error.field: field_error.message for field_error in refused.value.errors}


def test_positions_of_zone_row_and_seat_add_up() -> None:
    plan = read_plan(plan_document())
    (seat,) = (seat for seat in plan.seats if seat.guid == "B-3")
    assert (seat.x, seat.y) == (20 + 3 * 25, 100 + 30)


def test_a_plan_can_be_read_from_bytes_text_and_objects() -> None:
    document = plan_document(standing=5)
    body = orjson.dumps(document)
    assert read_plan(document) == read_plan(body) == read_plan(body.decode()) == read_plan(b"\xef\xbb\xbf" + body)


def test_seats_and_standing_places_have_labels() -> None:
    document = plan_document(standing=20)
    document["zones"][0]["rows"][1]["row_label"] = "box 7"
    plan = read_plan(document)
    assert plan.place("seat:A-2").label == "Stalls, row A, seat 2"
    assert plan.place("seat:B-2").label == "Stalls, box 7, seat 2"
    assert plan.place("stand:pit:7").label == "Pit, standing place"


def test_a_label_leaves_out_what_has_no_name() -> None:
    seat = Seat(guid="x", number="4A", row="4", zone="", category="", x=0, y=0, radius=1)
    assert seat.label == "Row 4, seat 4A"
    assert Area(shape="circle", x=0, y=0, zone="", category="Floor").label == "Floor, standing place"


def test_a_plan_counts_its_places() -> None:
    plan = read_plan(plan_document(standing=20))
    assert plan.capacities == {"Premium": 6, "Standard": 12, "Standing": 20}
    assert plan.capacity == 38
    units = list(plan.units())
    assert len(units) == len(set(units)) == 38
    plan.check(units)


@pytest.mark.parametrize(
    "unit",
    [
        "seat:Z-9", "A-1", "", "stand:pit", "stand:pit:0", "stand:pit:21", "stand:pit:01", "stand:pit:+1", "stand:pit:x",
        "stand:pit:٣", "stand:pit:²", "stand:pit:" + "9" * 30, "stand:bar:1", "seat:pit:1", "seat:A-1:1",
    ],
)  # fmt: skip
def test_only_exact_names_are_units(unit: str) -> None:
    plan = read_plan(plan_document(standing=20))
    assert plan.find(unit) is None
    with pytest.raises(UnknownUnits) as refused:
        plan.check(["seat:A-1", unit])
    assert refused.value.units == (unit,)
    with pytest.raises(UnknownUnits):
        plan.place(unit)


def test_an_unknown_standing_area_is_named() -> None:
    with pytest.raises(UnknownUnits):
        read_plan(plan_document(standing=20)).standing_area("bar")


def test_many_unknown_units_make_a_short_sentence() -> None:
    assert UnknownUnits([f"seat:{n}" for n in range(300)]).message.endswith("…")


@pytest.mark.parametrize(
    ("path", "value", "field", "says"),
    [
        (("name",), ABSENT, "$.name", "missing"),
        (("name",), "", "$.name", "empty"),
        (("name",), ["x"], "$.name", "a list"),
        (("name",), "x" * 201, "$.name", "201 characters"),
        (("name",), "a\x00b", "$.name", "cannot be shown"),
        (("name",), "a\u202eb", "$.name", "cannot be shown"),
        (("name",), 10**12, "$.name", "a number"),
        (("size",), 7, "$.size", "a number"),
        (("size", "width"), 0, "$.size.width", "between 1 and"),
        (("size", "width"), math.inf, "$.size.width", "finite"),
        (("size", "height"), True, "$.size.height", "true"),
        (("size", "height"), 10**400, "$.size.height", "a huge number"),
        (("categories",), ABSENT, "$.categories", "missing"),
        (("categories",), [], "$.categories", "at least one"),
        (("categories", 0, "color"), "url(x)", "$.categories[0].color", "#7a3b69"),
        (("categories", 1, "name"), "Premium", "$.categories[1].name", "earlier"),
        (("zones",), {}, "$.zones", "an object; it is a list"),
        (("zones",), "ab", "$.zones", "a text; it is a list"),
        (("zones",), [3], "$.zones[0]", "a number; it is an object"),
        (("zones", 0, "position"), {"x": 1}, "$.zones[0].position.y", "missing"),
        (("zones", 0, "rows", 1, "seats"), None, "$.zones[0].rows[1].seats", "missing"),
        ((*SEAT, "seat_guid"), ABSENT, "$.zones[0].rows[0].seats[0].seat_guid", "missing"),
        ((*SEAT, "seat_guid"), "a:b", "$.zones[0].rows[0].seats[0].seat_guid", "letters, digits"),
        ((*SEAT, "seat_guid"), "{a}", "$.zones[0].rows[0].seats[0].seat_guid", "letters, digits"),
        ((*SEAT, "seat_guid"), "a\n", "$.zones[0].rows[0].seats[0].seat_guid", "letters, digits"),
        ((*SEAT, "seat_guid"), 7, "$.zones[0].rows[0].seats[0].seat_guid", "letters, digits"),
        ((*SEAT, "seat_guid"), "A-2", "$.zones[0].rows[0].seats[1].seat_guid", "already used by $.zones[0].rows[0].seats[0]"),
        ((*SEAT, "seat_number"), ABSENT, "$.zones[0].rows[0].seats[0].seat_number", "missing"),
        ((*SEAT, "position"), ABSENT, "$.zones[0].rows[0].seats[0].position", "missing"),
        ((*SEAT, "position"), {"x": "1", "y": 2}, "$.zones[0].rows[0].seats[0].position.x", "a text"),
        ((*SEAT, "position"), {"x": math.nan, "y": 2}, "$.zones[0].rows[0].seats[0].position.x", "finite"),
        ((*SEAT, "position"), {"x": 1e7, "y": 2}, "$.zones[0].rows[0].seats[0].position.x", "between"),
        ((*SEAT, "category"), "VIP", "$.zones[0].rows[0].seats[0].category", "“VIP”"),
        ((*SEAT, "category"), None, "$.zones[0].rows[0].seats[0].category", "missing"),
        ((*SEAT, "category"), {}, "$.zones[0].rows[0].seats[0].category", "an object"),
        ((*SEAT, "radius"), 0, "$.zones[0].rows[0].seats[0].radius", "between"),
        ((*AREA, "shape"), "star", "$.zones[0].areas[0].shape", "“star”"),
        ((*AREA, "rectangle"), ABSENT, "$.zones[0].areas[0].rectangle", "missing"),
        ((*AREA, "rectangle"), {"width": -1, "height": 1}, "$.zones[0].areas[0].rectangle.width", "between"),
        ((*AREA, "rotation"), "90", "$.zones[0].areas[0].rotation", "a text"),
        ((*AREA, "text"), "Pit", "$.zones[0].areas[0].text", "a text; it is an object"),
        ((*AREA, "capacity"), 0, "$.zones[0].areas[0].capacity", "at least 1"),
        ((*AREA, "capacity"), 2.5, "$.zones[0].areas[0].capacity", "whole number"),
        ((*AREA, "capacity"), True, "$.zones[0].areas[0].capacity", "whole number"),
        ((*AREA, "capacity"), 60_001, "$.zones[0].areas[0].capacity", "60000"),
        ((*AREA, "area_guid"), ABSENT, "$.zones[0].areas[0].area_guid", "missing"),
        ((*AREA, "category"), "Nowhere", "$.zones[0].areas[0].category", "“Nowhere”"),
    ],
)  # fmt: skip
def test_an_error_is_named_with_its_path(path: tuple[str | int, ...], value: Any, field: str, says: str) -> None:
    found = errors(broken(path, value))
    assert says in found[field]
    everywhere = {"categories", "zones"}
    assert len(found) == 1 or path[0] in everywhere, found


@pytest.mark.parametrize("key", ["seat_guid", "seat_number", "position", "category"])
def test_one_error_of_a_seat_hides_no_other(key: str) -> None:
    document = plan_document()
    document["zones"][0]["rows"][0]["seats"][0] = {}
    assert f"$.zones[0].rows[0].seats[0].{key}" in errors(document)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"\xff\xfe{}", "not UTF-8: byte 0"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"name": nul}', "not JSON"),
        (b'{"a": NaN, }', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[" * 100_000 + b"NaN", "not JSON"),
        (b"[]", "a list; a seat plan is an object"),
        (b"null", "null"),
        (b"7", "a number"),
        (b" " * (MOST_BYTES + 1), "bytes"),
        ("\ud800", "not JSON"),
    ],
)
def test_what_is_no_document_is_refused(document: bytes | str, says: str) -> None:
    assert says in errors(document)["$"]


def test_nan_in_a_text_is_named_where_it_stands() -> None:
    text = json.dumps(broken((*SEAT, "position"), {"x": math.nan, "y": 1}))
    assert "finite" in errors(text)["$.zones[0].rows[0].seats[0].position.x"]


def test_a_plan_without_any_place_is_refused() -> None:
    document = plan_document(rows=0)
    assert "nothing to sell" in errors(document)["$.zones"]


def test_standing_alone_is_enough() -> None:
    assert read_plan(plan_document(rows=0, standing=3)).capacity == 3


def test_the_list_of_errors_ends_somewhere() -> None:
    document = plan_document(rows=20, seats=20)
    for row in document["zones"][0]["rows"]:
        for seat in row["seats"]:
            seat["category"] = "?"
    with pytest.raises(PlanRefused) as refused:
        read_plan(document)
    assert refused.value.found == 400
    assert len(refused.value.errors) == MOST_ERRORS + 1
    assert refused.value.errors[-1].message == "and 200 more."


def test_sixty_thousand_seats_are_read_and_one_more_is_not() -> None:
    document = plan_document(rows=1, seats=0)
    seat = {"seat_number": "1", "position": {"x": 1, "y": 1}, "category": "Premium"}
    document["zones"][0]["rows"] = [
        {"row_number": str(row), "seats": [{**seat, "seat_guid": f"{row}-{at}"} for at in range(200)]}
        for row in range(300)
    ]
    assert len(read_plan(document).seats) == MOST_SEATS
    document["zones"][0]["rows"] += [{"row_number": "x", "seats": [seat]}] * 2
    assert list(errors(document)) == ["$.zones[0].rows[300].seats"]


def test_unknown_keys_and_numbers_as_names_are_welcome() -> None:
    document = plan_document()
    document["drawn_by"] = "us"
    document["zones"][0]["rows"][0]["row_number"] = 1
    document["zones"][0]["rows"][0]["seats"][0]["seat_number"] = 1
    document["zones"][0]["rows"][0]["seats"][0]["start_direction"] = "left"
    assert read_plan(document).place("seat:A-1").label == "Stalls, row 1, seat 1"


def test_every_shape_is_read() -> None:
    document = plan_document()
    at = {"position": {"x": 5, "y": 7}}
    document["zones"][0]["areas"] = [
        {"shape": "polygon", "polygon": {"points": [{"x": 0, "y": 0}, {"x": 9, "y": 0}, {"x": 0, "y": 9}]}, **at},
        {"shape": "circle", "circle": {"radius": 4}, "rotation": 45, "color": "rgb(1, 2, 3)", **at},
        {"shape": "ellipse", "ellipse": {"radius": {"x": 3, "y": 2}}, "border_color": "#fff", **at},
        {"shape": "text", "text": {"text": "Bar", "position": {"x": 1, "y": 1}, "size": 20}, **at},
        {"rectangle": {"width": 3, "height": 2}, "color": "", **at},
    ]
    polygon, circle, ellipse, text, rectangle = read_plan(document).areas
    assert polygon.points == ((25, 107), (34, 107), (25, 116))
    assert (circle.radius, circle.width, circle.rotation) == (4, 8, 45)
    assert (ellipse.width, ellipse.height) == (6, 4)
    assert (text.text, text.text_at, text.text_size) == ("Bar", (26, 108), 20)
    assert (rectangle.shape, rectangle.width, rectangle.is_standing) == ("rectangle", 3, False)


def test_two_corners_are_no_polygon() -> None:
    document = plan_document()
    points = [{"x": 0, "y": 0}, {"x": 9, "y": 0}]
    document["zones"][0]["areas"] = [{"shape": "polygon", "polygon": {"points": points}}]
    assert "no polygon" in errors(document)["$.zones[0].areas[0].polygon.points"]


def test_a_text_needs_its_text() -> None:
    document = plan_document()
    document["zones"][0]["areas"] = [{"shape": "text"}]
    assert "$.zones[0].areas[0].text" in errors(document)


def test_a_standing_area_may_be_named_by_its_uuid() -> None:
    document = plan_document(standing=4)
    area = document["zones"][0]["areas"][0]
    area["uuid"] = area.pop("area_guid")
    assert read_plan(document).standing_area("pit").capacity == 4


def test_people_look_at_the_top_centre_unless_the_plan_says_otherwise() -> None:
    document = plan_document()
    assert read_plan(document).focal == (200, 0)
    document["focal_point"] = {"x": 50, "y": 60}
    assert read_plan(document).focal == (50, 60)


@pytest.mark.parametrize(
    ("places", "order"),
    [
        ([(3, 0), (2, 0), (1, 0)], "321"),  # numbered from the right
        ([(1, 0), (3, 0), (2, 0), (4, 0)], "1324"),  # odd numbers first
        ([(0, 3), (0, 1), (0, 2)], "231"),  # a row that runs down the hall
        ([(0, 0), (0, 5), (5, 9), (9, 5), (9, 0)], "12345"),  # a horseshoe keeps the document's order
        ([(2, 0), (1, 0)], "21"),
    ],
)
def test_a_row_is_ordered_as_one_walks_along_it(places: list[tuple[int, int]], order: str) -> None:
    document = plan_document(rows=1, seats=len(places))
    for seat, (x, y) in zip(document["zones"][0]["rows"][0]["seats"], places, strict=True):
        seat["position"] = {"x": x, "y": y}
    (row,) = read_plan(document).rows
    assert "".join(seat.number for seat in row.seats) == order
    assert [unit for unit, _, _ in row.places] == [f"seat:A-{number}" for number in order]


def test_the_same_content_has_the_same_canonical_form() -> None:
    document = plan_document()
    shuffled = dict(reversed(document.items()))
    assert canonical(document) == canonical(shuffled)
    assert read_plan(canonical(document)) == read_plan(document)


def test_what_json_cannot_say_is_refused() -> None:
    document = plan_document()
    document["drawn_at"] = object()
    with pytest.raises(PlanRefused):
        canonical(parse(document))


def test_geometry_has_columns_of_equal_length() -> None:
    document = plan_document(standing=20)
    document["zones"][0]["rows"][0]["seats"][2]["note"] = "Behind a pillar"
    document["zones"][0]["rows"][2]["row_label"] = "box 7"
    drawn = json.loads(geometry(read_plan(document), "pln_1"))
    assert {len(column) for column in drawn["seats"].values()} == {18}
    assert (drawn["version"], drawn["focal"], drawn["width"]) == ("pln_1", [200, 0], 400)
    assert drawn["rows"] == [[0, "A"], [0, "B"], [0, "box 7", True]]
    assert drawn["notes"] == {"2": "Behind a pillar"}
    assert drawn["seats"]["guid"][7] == "B-2"
    assert (drawn["seats"]["row"][7], drawn["seats"]["category"][7]) == (1, 1)
    (pit,) = drawn["areas"]
    assert (pit["guid"], pit["capacity"], pit["category"], pit["x"], pit["text_x"]) == ("pit", 20, 2, 30, 80)


def test_decoration_has_no_capacity_in_the_geometry() -> None:
    document = broken((*AREA, "capacity"), ABSENT)
    (area,) = json.loads(geometry(read_plan(document), "v"))["areas"]
    assert "capacity" not in area


finite = st.floats(-1000, 1000).map(lambda number: round(number, 2))


@given(
    zone=st.tuples(finite, finite),
    rows=st.lists(
        st.tuples(finite, finite, st.lists(st.tuples(finite, finite), min_size=1, max_size=6)), min_size=1, max_size=5
    ),
)
def test_what_is_written_is_what_is_read(zone: tuple[float, float], rows: list[Any]) -> None:
    document = plan_document(rows=0)
    wanted = {}
    document["zones"][0]["position"] = {"x": zone[0], "y": zone[1]}
    for index, (row_x, row_y, seats) in enumerate(rows):
        document["zones"][0]["rows"].append(
            {
                "row_number": str(index),
                "position": {"x": row_x, "y": row_y},
                "seats": [
                    {
                        "seat_guid": f"{index}.{at}",
                        "seat_number": str(at),
                        "position": {"x": x, "y": y},
                        "category": "Standard",
                    }
                    for at, (x, y) in enumerate(seats)
                ],
            }
        )
        wanted |= {f"{index}.{at}": (zone[0] + row_x + x, zone[1] + row_y + y) for at, (x, y) in enumerate(seats)}
    plan = read_plan(orjson.dumps(document))
    assert {seat.guid: (seat.x, seat.y) for seat in plan.seats} == wanted
    drawn = json.loads(geometry(plan, "v"))
    assert sorted(drawn["seats"]["guid"]) == sorted(wanted)


@given(
    seats=st.lists(st.tuples(finite, finite), min_size=1, max_size=8, unique=True),
    shape=st.sampled_from(("rectangle", "circle", "polygon")),
    corner=st.tuples(finite, finite),
    rotation=st.integers(-360, 360),
)
def test_a_plan_without_a_size_is_as_large_as_what_is_in_it(
    seats: list[tuple[float, float]], shape: str, corner: tuple[float, float], rotation: int
) -> None:
    """Everything lies inside, as far from each other as it was drawn, and people look at the top centre."""
    document = plan_document(rows=1, seats=len(seats))
    del document["size"]
    for seat, (x, y) in zip(document["zones"][0]["rows"][0]["seats"], seats, strict=True):
        seat["position"] = {"x": x, "y": y}
    points = [{"x": 0, "y": 0}, {"x": 30, "y": 5}, {"x": -8, "y": 60}]
    form = {"rectangle": {"width": 90, "height": 30}, "circle": {"radius": 40}, "polygon": {"points": points}}
    document["zones"][0]["areas"] = [
        {"shape": shape, shape: form[shape], "position": {"x": corner[0], "y": corner[1]}, "rotation": rotation}
    ]
    plan = read_plan(orjson.dumps(document))
    reached = [(seat.x + way * seat.radius, seat.y + way * seat.radius) for seat in plan.seats for way in (-1, 1)]
    reached += plan.areas[0].corners()
    assert all(0 <= x <= plan.width and 0 <= y <= plan.height for x, y in reached)
    assert plan.focal == (plan.width / 2, 0)
    drawn = {guid: (seat.x, seat.y) for seat in plan.seats for guid in [int(seat.number)]}
    first = min(drawn)
    for at, (x, y) in enumerate(seats, first):
        assert drawn[at][0] - drawn[first][0] == pytest.approx(x - seats[0][0], abs=1e-6)
        assert drawn[at][1] - drawn[first][1] == pytest.approx(y - seats[0][1], abs=1e-6)


def test_a_plan_without_a_size_that_fits_where_it_was_drawn_stays_there() -> None:
    document = plan_document(standing=20)
    sized = read_plan(document)
    del document["size"]
    plan = read_plan(document)
    assert [(seat.x, seat.y) for seat in plan.seats] == [(seat.x, seat.y) for seat in sized.seats]
    document["size"] = None
    assert read_plan(document) == plan


def test_an_error_is_named_in_a_plan_without_a_size_too() -> None:
    document = broken((*SEAT, "seat_guid"), ABSENT)
    del document["size"]
    assert list(errors(document)) == ["$.zones[0].rows[0].seats[0].seat_guid"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
places = [
    ("name",), ("size",), ("size", "width"), ("categories",), ("categories", 0), ("categories", 0, "name"), ("zones",),
    ("zones", 0), ("zones", 0, "position"), ("zones", 0, "rows"), ("zones", 0, "rows", 0), ("zones", 0, "areas"), SEAT, AREA,
    (*SEAT, "position"), (*SEAT, "position", "x"), (*SEAT, "seat_guid"), (*SEAT, "note"), (*AREA, "text"), (*AREA, "shape"),
    (*AREA, "capacity"), (*AREA, "rectangle"), ("focal_point",),
]  # fmt: skip


@given(path=st.sampled_from(places), value=anything)
def test_whatever_stands_in_a_document_it_is_read_or_refused_never_stumbled_over(path: Any, value: Any) -> None:
    document = deepcopy(broken(path, value))
    plan = None
    with suppress(PlanRefused):
        plan = read_plan(document)
    if plan is not None:
        assert json.loads(geometry(plan, "v"))["seats"]["guid"] == [seat.guid for seat in plan.seats]
