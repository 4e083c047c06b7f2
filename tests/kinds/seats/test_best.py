"""Which seats are offered, and which choices leave a seat alone."""

from __future__ import annotations

from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kinds.seats.best import Row, best_sets, leaves_single, stretches_of

FOCAL = (5.0, 0.0)


def a_row(name: str, y: float, size: int = 11, *, aisle_before: int | None = None) -> Row:
    gap = 2.0
    return [
        (f"{name}{at}", at + (gap if aisle_before is not None and at >= aisle_before else 0.0), y) for at in range(size)
    ]


HALL = [a_row("a", 1), a_row("b", 2), a_row("c", 3)]


def test_the_middle_of_the_front_row_is_best() -> None:
    assert set(best_sets(HALL, FOCAL, set(), 3)[0]) == {"a4", "a5", "a6"}


def test_what_is_taken_is_not_offered() -> None:
    assert set(best_sets(HALL, FOCAL, {"a4", "b5"}, 3)[0]) == {"a5", "a6", "a7"}
    assert all("a5" not in units for units in best_sets(HALL, FOCAL, {"a5"}, 2))


def test_offers_share_no_seat_as_long_as_there_are_others() -> None:
    offers = best_sets(HALL, FOCAL, set(), 3, limit=9)
    assert len({seat for offer in offers for seat in offer}) == 27
    assert len(best_sets(HALL[:1], FOCAL, set(), 6, limit=50)) == 6


def test_no_more_are_offered_than_were_asked_for() -> None:
    assert len(best_sets([a_row(str(y), y) for y in range(40)], FOCAL, set(), 1)) == 50
    assert len(best_sets(HALL, FOCAL, set(), 2, limit=4)) == 4


def test_only_what_is_allowed_is_offered() -> None:
    offers = best_sets(HALL, FOCAL, set(), 4, is_allowed=lambda unit: unit.startswith("c"))
    assert offers
    assert all(unit.startswith("c") for offer in offers for unit in offer)


def test_a_place_without_a_unit_is_nobodys() -> None:
    row = [(unit if unit != "a5" else "", x, y) for unit, x, y in a_row("a", 1)]
    assert best_sets([row], FOCAL, set(), 6) == []
    assert len(best_sets([row], FOCAL, set(), 5)) == 2


def test_an_aisle_parts_neighbours() -> None:
    row = a_row("a", 1, 6, aisle_before=3)
    assert [len(stretch) for stretch in stretches_of(row)] == [3, 3]
    assert best_sets([row], FOCAL, set(), 4) == []
    assert stretches_of([]) == []
    assert stretches_of(row[:1]) == [row[:1]]


def test_no_seat_is_left_alone_where_that_can_be_avoided() -> None:
    offers = best_sets([a_row("a", 1, 5)], (2.0, 0.0), set(), 3, no_single=True)
    assert {frozenset(offer) for offer in offers} == {frozenset({"a0", "a1", "a2"}), frozenset({"a2", "a3", "a4"})}


def test_an_unavoidable_single_seat_is_offered_after_all_others() -> None:
    rows = [a_row("a", 1, 3), a_row("b", 9, 4)]
    offers = best_sets(rows, (1.0, 0.0), set(), 2, no_single=True)
    assert [offer[0][0] for offer in offers[:2]] == ["b", "b"]
    assert {offer[0][0] for offer in offers[2:]} == {"a"}
    assert best_sets(rows, (1.0, 0.0), set(), 2)[0][0][0] == "a"


def test_a_party_is_split_only_if_it_agrees_and_stays_near() -> None:
    taken = {"a5", "b5", "c5"}
    assert best_sets(HALL, FOCAL, taken, 8) == []
    offers = best_sets(HALL, FOCAL, taken, 8, is_together=False)
    assert all(len(set(offer)) == 8 for offer in offers)
    assert {seat[0] for seat in offers[0]} <= {"a", "b"}
    assert len(best_sets(HALL, FOCAL, set(), 3, is_together=False)[0]) == 3


def test_a_party_that_does_not_fit_is_offered_nothing() -> None:
    assert best_sets(HALL, FOCAL, set(), 34, is_together=False) == []
    assert best_sets(HALL, FOCAL, {unit for row in HALL for unit, _, _ in row}, 1, is_together=False) == []
    assert best_sets(HALL, FOCAL, set(), 0) == []
    assert best_sets([], FOCAL, set(), 1) == []


def test_a_party_may_be_split_into_more_than_two() -> None:
    taken = {unit for row in HALL for at, (unit, _, _) in enumerate(row) if at % 2}
    offers = best_sets(HALL, FOCAL, taken, 3, is_together=False)
    assert all(len(set(offer)) == 3 and not set(offer) & taken for offer in offers)


@pytest.mark.parametrize(
    ("taken", "chosen", "is_left"),
    [
        ("", "ab", False),
        ("", "b", True),  # a is alone
        ("", "bc", True),
        ("", "acd", True),  # b is alone
        ("", "abcde", False),  # only f is left: somebody will be last
        ("", "bcdef", False),
        ("a", "bc", False),
        ("a", "cd", True),
        ("ad", "b", False),  # of the two in between, one is always left
        ("f", "abcd", False),
        ("", "cd", False),
        ("b", "cd", False),  # a was alone before
        ("", "", False),
        ("abcdef", "", False),
        ("ab", "ab", False),  # one's own seats may count as taken
    ],
)
def test_a_choice_leaves_a_seat_alone_or_not(taken: str, chosen: str, is_left: bool) -> None:
    assert leaves_single("abcdef", set(taken), set(chosen)) is is_left


rows = st.lists(st.lists(st.booleans(), min_size=1, max_size=9), min_size=1, max_size=4)


@given(rows, st.integers(1, 5), st.booleans(), st.booleans())
def test_every_offer_keeps_the_rules(free: list[list[bool]], quantity: int, no_single: bool, is_together: bool) -> None:
    hall: list[Row] = [[(f"{y}:{x}", float(x), float(y)) for x in range(len(row))] for y, row in enumerate(free)]
    taken = {f"{y}:{x}" for y, row in enumerate(free) for x, is_free in enumerate(row) if not is_free}
    offers = best_sets(hall, (4.0, -1.0), taken, quantity, no_single=no_single, is_together=is_together)
    for offer in offers:
        assert len(set(offer)) == quantity
        assert not set(offer) & taken
        if is_together:
            places = [tuple(map(int, unit.split(":"))) for unit in offer]
            assert all(right == (left[0], left[1] + 1) for left, right in pairwise(places))
            if no_single:
                assert not any(leaves_single([unit for unit, _, _ in row], taken, offer) for row in hall)
    free_seats = ["".join("01"[is_free] for is_free in row) for row in free]
    has_so_many_together = any("1" * quantity in row for row in free_seats)
    assert bool(offers) is (has_so_many_together if is_together else "".join(free_seats).count("1") >= quantity)


def test_a_big_hall_is_searched_quickly() -> None:
    hall = [a_row(f"r{y}:", y, 200) for y in range(300)]
    began = process_time()
    assert len(best_sets(hall, (100.0, -10.0), set(), 4, no_single=True)) == 50
    assert process_time() - began < 3


def test_a_big_hall_that_is_nearly_full_is_searched_quickly() -> None:
    hall = [a_row(f"r{y}:", y, 200) for y in range(50)]
    taken = {unit for row in hall for at, (unit, _, _) in enumerate(row) if at % 3}
    began = process_time()
    assert best_sets(hall, (100.0, -10.0), taken, 10, no_single=True, is_together=False)
    assert process_time() - began < 5
