"""Bars fill the square that charts draw them in."""

from __future__ import annotations

import pytest

from marketplace.state.charts import Point, bars


def test_the_highest_bar_reaches_the_top_and_all_stand_on_the_ground() -> None:
    low, high = bars([Point("Mon", 1, "1"), Point("Tue", 4, "4")])
    assert (high["y"], high["height"]) == (0, 100)
    assert (low["y"], low["height"]) == (75, 25)
    assert 0 < low["x"] < low["x"] + low["width"] < high["x"] < high["x"] + high["width"] < 100


def test_a_second_part_stands_on_the_first() -> None:
    [bar] = bars([Point("Mon", 3, "3", other=1, other_text="1")])
    assert (bar["y"], bar["height"]) == (25, 75)
    assert (bar["other_y"], bar["other_height"]) == (0, 25)


def test_there_may_be_room_above_the_highest() -> None:
    [bar] = bars([Point("Mon", 1, "1")], top=2)
    assert bar["height"] == 50


@pytest.mark.parametrize("points", [[], [Point("Mon", 0, "0")]])
def test_where_there_is_nothing_to_show_bars_are_flat_or_missing(points: list[Point]) -> None:
    assert all(bar["height"] == 0 for bar in bars(points))
