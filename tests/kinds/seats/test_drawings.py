"""Halls as pictures: sound ones by category, refused ones with their errors where they are; and halls by numbers."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from marketplace.kinds.seats.errors import PlanRefused
from marketplace.kinds.seats.grids import Grid, GridRefused, grid_document, row_name
from marketplace.kinds.seats.plans import read_plan
from marketplace.kinds.seats.sketches import sketch, sketch_errors
from marketplace.lab.halls import arena
from tests.makers.catalog import plan_document


def errors_of(document):
    with pytest.raises(PlanRefused) as refused:
        read_plan(document)
    return refused.value.errors


def test_a_sketch_shows_every_seat_in_the_colour_of_its_category():
    picture = sketch(read_plan(plan_document(standing=10)))
    ET.fromstring(picture)
    assert picture.count("h0") == 18
    for color in ("#b3263c", "#1f7a6d"):
        assert color in picture
    assert "Pit" in picture


def test_a_sketch_of_a_big_hall_stays_light():
    plan = read_plan(arena())
    assert len(plan.seats) > 10_000
    assert len(sketch(plan)) < 250_000


def test_what_a_plan_says_cannot_break_out_of_its_picture():
    document = plan_document()
    document["name"] = '</title><script>alert("1")</script>'
    picture = sketch(read_plan(document))
    assert "<script" not in picture
    ET.fromstring(picture)


def test_an_error_is_marked_with_its_number_at_its_seat():
    document = plan_document()
    del document["zones"][0]["rows"][2]["seats"][5]["seat_number"]
    picture = sketch_errors(document, errors_of(document))
    assert '<circle cx="170" cy="160"' in picture
    assert ">1</text>" in picture
    assert picture.count("h0") == 18


def test_an_error_of_a_row_is_marked_in_its_middle():
    document = plan_document()
    document["zones"][0]["rows"][1]["row_number"] = ["B"]
    assert '<circle cx="107.5" cy="130"' in sketch_errors(document, errors_of(document))


@pytest.mark.parametrize(
    "document",
    ["no JSON", [], {}, {"zones": 7}, {"zones": [{"rows": [7, {"seats": [None]}]}]}, b"\xff"],
)
def test_what_cannot_be_drawn_is_not_drawn_and_does_no_harm(document):
    assert sketch_errors(document, []) == ""


def test_mad_coordinates_do_not_stretch_the_picture():
    document = plan_document()
    document["zones"][0]["rows"][0]["seats"][0]["position"] = {"x": float("nan"), "y": 1e300}
    ET.fromstring(sketch_errors(document, errors_of(document)))


def test_a_grid_is_a_sound_hall_with_bands_of_prices():
    plan = read_plan(grid_document(Grid(name="Barn", rows=10, seats=12, categories=3, has_aisle=True)))
    assert len(plan.seats) == 120
    assert plan.capacities == {"Category 1": 48, "Category 2": 36, "Category 3": 36}
    assert plan.seats[0].label == "Hall, row A, seat 1"


def test_rows_are_called_by_letters_that_nobody_takes_for_numbers():
    assert [row_name(at) for at in (0, 7, 8, 23, 24)] == ["A", "H", "J", "Z", "AA"]
    assert len({row_name(at) for at in range(100)}) == 100


def test_a_grid_that_cannot_be_drawn_names_every_field():
    with pytest.raises(GridRefused) as refused:
        grid_document(Grid(name=" ", rows=0, seats=500, categories=9))
    assert {field_error.field for field_error in refused.value.errors} == {"name", "rows", "seats", "categories"}
