"""Identifiers say what they name, sort by time and have one shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel, TypeAdapter, ValidationError

from marketplace import ids
from marketplace.errors import NotFound
from marketplace.ids import BookingId, HoldId, Id, ListingId, ResourceId, ulid

MADE = [kind for kind in vars(ids).values() if isinstance(kind, type) and issubclass(kind, Id) and kind is not Id]
NEW = [kind for kind in MADE if kind not in (ResourceId, HoldId)]


@pytest.mark.parametrize("kind", NEW)
def test_a_new_id_has_its_own_shape_and_no_other(kind: type[Id]) -> None:
    fresh = kind.new()
    assert kind(fresh) == fresh
    assert fresh.startswith(f"{kind.prefix}_")
    for other in NEW:
        if other is not kind:
            with pytest.raises(NotFound):
                other(fresh)


def test_no_two_kinds_share_a_prefix() -> None:
    assert len({kind.prefix for kind in MADE}) == len(MADE)


def test_no_two_ids_are_alike() -> None:
    assert len({BookingId.new() for _ in range(2000)}) == 2000


def test_ids_sort_by_the_time_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for second in (1, 2, 1_700_000_000, 4_000_000_000):
        monkeypatch.setattr(ids.time, "time_ns", lambda second=second: second * 10**9)
        made.append(BookingId.new())
    assert made == sorted(made)


def test_a_ulid_carries_the_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    # The example of https://github.com/ulid/spec: 1469918176385 ms begins 01ARYZ6S41.
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1469918176385 * 10**6)
    assert ulid().startswith("01ARYZ6S41")
    assert len(ulid()) == 26


@given(some.text(max_size=200))
def test_any_other_text_names_nothing(text: str) -> None:
    with pytest.raises(NotFound):
        ListingId(text)


@pytest.mark.parametrize(
    "change",
    [str.lower, lambda text: text + "\n", lambda text: " " + text, lambda text: text[:-1], lambda text: text + "0"],
)
def test_nearly_right_is_wrong(change: object) -> None:
    with pytest.raises(NotFound, match="There is nothing called"):
        ListingId(change(ListingId.new()))  # type: ignore[operator]


def test_a_refusal_quotes_no_more_than_a_line() -> None:
    with pytest.raises(NotFound) as refused:
        ListingId("x" * 10_000)
    assert len(refused.value.message) < 200


def test_a_hold_carries_its_resource() -> None:
    resource = ResourceId(ListingId.new())
    hold = HoldId.on(resource)
    assert hold.resource == resource
    assert HoldId(hold) == hold
    assert isinstance(hold.resource, ResourceId)


def test_pydantic_checks_the_shape_and_keeps_the_type() -> None:
    class Asked(BaseModel):
        listing: ListingId

    id = ListingId.new()
    asked = Asked.model_validate_json(f'{{"listing": "{id}"}}')
    assert asked.listing == id
    assert type(asked.listing) is ListingId
    assert asked.model_dump_json() == f'{{"listing":"{id}"}}'
    for wrong in (f'"{BookingId.new()}"', "7", f'"{id}\\n"'):
        with pytest.raises(ValidationError):
            Asked.model_validate_json(f'{{"listing": {wrong}}}')


def test_the_shape_is_part_of_the_schema() -> None:
    assert TypeAdapter(ListingId).json_schema()["pattern"].startswith("^lst_")
