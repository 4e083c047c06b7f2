"""Which seats to offer to a party, and whether a choice leaves a single seat alone. Pure: no clock, no database.

Seats count as side by side when they follow one another in a row with no aisle between them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from math import dist, hypot
from statistics import median
from typing import TypeAlias

Place: TypeAlias = tuple[str, float, float]
"""Unit, x, y. A place with an empty unit is there, but nobody can sit on it."""
Row: TypeAlias = Sequence[Place]
Point: TypeAlias = tuple[float, float]

AISLE = 1.75
"""A gap so many times as wide as its row's median spacing is an aisle."""
ANCHORS = 4
"""From how many good places a party that has to be split up is tried to be seated."""


@dataclass(frozen=True, slots=True, order=True)
class _Group:
    """Seats side by side. Ordered by mean distance to the focal point; equal ones by row and place, to be stable."""

    distance: float
    row: int
    start: int
    units: tuple[str, ...]
    centre: Point


def best_sets(
    rows: Sequence[Row],
    focal: Point,
    taken: Collection[str],
    quantity: int,
    *,
    no_single: bool = False,
    is_together: bool = True,
    is_allowed: Callable[[str], bool] | None = None,
    limit: int = 50,
) -> list[tuple[str, ...]]:
    """Up to `limit` sets of `quantity` free seats, best first, each side by side in one row.

    Best is closest to `focal` in the mean. Sets that do not overlap come first, so that those who ask at the same time
    do not all queue for the same few seats; the very best is always the first. With `no_single`, a set that leaves a
    seat alone is offered only where every choice in that stretch does, and after all others. `is_allowed` says which
    units may be chosen (a category, a price). Unless `is_together`, a party for which there is no such set is split
    into as few groups as possible, near one another.
    """
    allowed = is_allowed or bool
    stretches = [stretch for row in rows for stretch in stretches_of(row)]
    clean, lonely = _groups(stretches, focal, taken, quantity, allowed, no_single=no_single)
    found = [group.units for group in _spread(clean, limit)]
    found += [group.units for group in _spread(lonely, limit - len(found))]
    if found or is_together or quantity < 2:
        return found
    return list(_split(stretches, focal, taken, quantity, allowed, no_single=no_single))


def leaves_single(row_units: Sequence[str], taken: Collection[str], chosen: Collection[str]) -> bool:
    """Whether choosing `chosen` leaves a free seat of this row alone that need not have been.

    Looked at between taken seats: it is unavoidable where all but one of the free seats there are chosen.
    """
    chosen = frozenset(chosen)
    for is_taken, run in groupby(row_units, lambda unit: not unit or (unit in taken and unit not in chosen)):
        if is_taken:
            continue
        stretch = list(run)
        picked = sum(unit in chosen for unit in stretch)
        if 0 < picked < len(stretch) - 1 and any(
            not is_chosen and sum(1 for _ in left) == 1
            for is_chosen, left in groupby(stretch, lambda unit: unit in chosen)
        ):
            return True
    return False


def stretches_of(row: Row) -> list[Row]:
    """The row, cut at its aisles."""
    gaps = [hypot(b[1] - a[1], b[2] - a[2]) for a, b in pairwise(row)]
    if not gaps:
        return [row] if row else []
    widest = AISLE * median(gaps)
    cuts = [0, *(at for at, gap in enumerate(gaps, 1) if gap > widest), len(row)]
    return [row[start:end] for start, end in pairwise(cuts)]


def _groups(
    stretches: Sequence[Row],
    focal: Point,
    taken: Collection[str],
    quantity: int,
    is_allowed: Callable[[str], bool],
    *,
    no_single: bool,
) -> tuple[list[_Group], list[_Group]]:
    """Every group of `quantity` seats; those that leave an unavoidable single seat apart, avoidable ones left out."""
    clean: list[_Group] = []
    lonely: list[_Group] = []
    if quantity < 1:
        return clean, lonely
    for number, stretch in enumerate(stretches):
        for first, end in _free_runs(stretch, taken):
            if end - first < quantity:
                continue
            distances = [hypot(x - focal[0], y - focal[1]) for _, x, y in stretch[first:end]]
            may = [is_allowed(unit) for unit, _, _ in stretch[first:end]]
            for start in range(first, end - quantity + 1):
                at = start - first
                if not all(may[at : at + quantity]):
                    continue
                is_lonely = no_single and 1 in (at, end - start - quantity)
                if is_lonely and end - first != quantity + 1:
                    continue
                places = stretch[start : start + quantity]
                group = _Group(
                    sum(distances[at : at + quantity]) / quantity, number, start,
                    tuple(unit for unit, _, _ in places),
                    (sum(x for _, x, _ in places) / quantity, sum(y for _, _, y in places) / quantity),
                )  # fmt: skip
                (lonely if is_lonely else clean).append(group)
    return clean, lonely


def _free_runs(stretch: Row, taken: Collection[str]) -> Iterator[tuple[int, int]]:
    """Where free seats follow one another: [start, end) of each run."""
    start = 0
    for at, (unit, _, _) in enumerate(stretch):
        if not unit or unit in taken:
            if start < at:
                yield start, at
            start = at + 1
    if start < len(stretch):
        yield start, len(stretch)


def _spread(groups: list[_Group], limit: int) -> list[_Group]:
    """The best groups: first those that share no seat with a better one, then the others."""
    heapq.heapify(groups)
    used: set[str] = set()
    apart: list[_Group] = []
    overlapping: list[_Group] = []
    while groups and len(apart) < limit:
        group = heapq.heappop(groups)
        if used.isdisjoint(group.units):
            used.update(group.units)
            apart.append(group)
        elif len(overlapping) < limit:
            overlapping.append(group)
    return (apart + overlapping)[: max(0, limit)]


def _split(
    stretches: Sequence[Row],
    focal: Point,
    taken: Collection[str],
    quantity: int,
    is_allowed: Callable[[str], bool],
    *,
    no_single: bool,
) -> Iterator[tuple[str, ...]]:
    """The party in several groups, each as large as can be and as near to the first as can be.

    Greedy, and tried from a few good places only: what is best for one group may make more groups of the rest.
    """

    @cache
    def of_size(size: int) -> list[_Group]:
        clean, lonely = _groups(stretches, focal, taken, size, is_allowed, no_single=no_single)
        return clean or lonely

    largest = next((size for size in range(_longest(stretches, taken, is_allowed), 0, -1) if of_size(size)), 0)
    for anchor in _spread(list(of_size(largest)), ANCHORS):
        party = anchor.units
        size = largest
        while size and len(party) < quantity:
            size = min(size, quantity - len(party))
            apart = [
                (dist(group.centre, anchor.centre), group.units)
                for group in of_size(size)
                if not set(group.units).intersection(party)
            ]
            if apart:
                party += min(apart)[1]
            else:
                size -= 1
        if len(party) == quantity:
            yield party


def _longest(stretches: Sequence[Row], taken: Collection[str], is_allowed: Callable[[str], bool]) -> int:
    """How many seats side by side may be chosen at most."""
    lengths = (
        sum(1 for _ in run)
        for stretch in stretches
        for may, run in groupby(
            stretch, lambda place: bool(place[0]) and place[0] not in taken and is_allowed(place[0])
        )
        if may
    )
    return max(lengths, default=0)
