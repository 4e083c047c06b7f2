"""Cursors: where the next page begins, in one spelling only."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import cursors
from marketplace.errors import Invalid
from marketplace.ids import BookingId, ListingId

ID = BookingId.new()


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_cursor_says_what_was_written(moment: datetime) -> None:
    last, key = cursors.read("mine", cursors.write("mine", ID, cursors.key_of(moment)), BookingId)
    assert (last, cursors.moment_of(key)) == (ID, moment)


def written(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "", "0", "0.5", "x", "é", "\x00", "AAAA", "_" * 500, "NaN", "-1", str(2**63), ID, "2026-01-01T00:00:00Z",
        cursors.write("theirs", ID, 1), cursors.write("mine", ListingId.new(), 1), cursors.write("mine", ID, 10**30),
        cursors.write("mine", ID, -(10**18)), cursors.write("mine", ID, 1) + "=", cursors.write("mine", ID, 1) + " ",
        written(f"mine +1 {ID}"), written(f"mine 1_0 {ID}"), written(f"mine 01 {ID}"), written(f"mine ١ {ID}"),
    ],
)  # fmt: skip
def test_what_nobody_has_written_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        cursors.read("mine", cursor, BookingId)
    assert [field_error.field for field_error in refused.value.errors] == ["cursor"]


def test_the_spare_bits_of_the_last_character_do_not_make_a_second_spelling() -> None:
    cursor = cursors.write("mine", ID, 1)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    said = [id for last in alphabet if (id := _read(cursor[:-1] + last)) is not None]
    assert said.count(ID) == 1
    assert len(said) == len(set(said))


def _read(cursor: str) -> BookingId | None:
    try:
        return cursors.read("mine", cursor, BookingId)[0]
    except Invalid:
        return None
