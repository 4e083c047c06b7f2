"""Pages of lists, and cursors: where the next page begins, in one spelling only."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, DateTime, MetaData, String, Table, create_engine, insert, select

from marketplace import paging
from marketplace.errors import Invalid
from marketplace.ids import BookingId, ListingId
from marketplace.paging import Keyset, Page

ID = BookingId.new()


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_cursor_says_what_was_written(moment: datetime) -> None:
    last, key = paging.read("mine", paging.write("mine", ID, paging.key_of(moment)), BookingId)
    assert (last, paging.moment_of(key)) == (ID, moment)


def written(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "", "0", "0.5", "x", "é", "\x00", "AAAA", "_" * 500, "NaN", "-1", str(2**63), ID, "2026-01-01T00:00:00Z",
        paging.write("theirs", ID, 1), paging.write("mine", ListingId.new(), 1), paging.write("mine", ID, 10**30),
        paging.write("mine", ID, -(10**18)), paging.write("mine", ID, 1) + "=", paging.write("mine", ID, 1) + " ",
        written(f"mine +1 {ID}"), written(f"mine 1_0 {ID}"), written(f"mine 01 {ID}"), written(f"mine ١ {ID}"),
    ],
)  # fmt: skip
def test_what_nobody_has_written_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        paging.read("mine", cursor, BookingId)
    assert [field_error.field for field_error in refused.value.errors] == ["cursor"]


def test_the_spare_bits_of_the_last_character_do_not_make_a_second_spelling() -> None:
    cursor = paging.write("mine", ID, 1)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    said = [id for last in alphabet if (id := _read(cursor[:-1] + last)) is not None]
    assert said.count(ID) == 1
    assert len(said) == len(set(said))


def _read(cursor: str) -> BookingId | None:
    try:
        return paging.read("mine", cursor, BookingId)[0]
    except Invalid:
        return None


class Row:
    def __init__(self, id: BookingId, at: datetime) -> None:
        self.id, self.at = id, at


LIST = Table("a_list", MetaData(), Column("id", String, primary_key=True), Column("at", DateTime(timezone=True)))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVERY_ORDER = [
    Keyset("list", BookingId, LIST.c.id, column, is_descending=is_descending, is_instant=column is not None)
    for column in (LIST.c.at, None)
    for is_descending in (False, True)
]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("order", EVERY_ORDER)
def test_pages_show_each_row_once_also_where_rows_are_alike(order: Keyset[BookingId], limit: int) -> None:
    """Also of a list from which the last row that was shown disappears, and into which another comes before it."""
    rows = [Row(BookingId.new(), NOON + timedelta(minutes=number // 3)) for number in range(7)]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        LIST.create(connection)
        connection.execute(insert(LIST), [{"id": row.id, "at": row.at.replace(tzinfo=None)} for row in rows])
        known = {row.id: row for row in rows}
        shown: list[str] = []
        cursor = None
        while True:
            wanted = select(LIST).order_by(*order.columns()).limit(limit + 1)
            if cursor:
                wanted = wanted.where(order.after(cursor))
            found = [known[id] for id in connection.execute(wanted).scalars()]
            page = Page.cut(found, limit, order.cursor)
            shown += [row.id for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
            connection.execute(LIST.delete().where(LIST.c.id == shown[-1]))
            first = {"id": f"{'~' if order.is_descending else '0'}{len(shown)}"}
            early = NOON + timedelta(days=1 if order.is_descending else -1)
            connection.execute(insert(LIST), [first | {"at": early.replace(tzinfo=None)}])
    engine.dispose()
    by = (lambda row: row.id) if order.column is None else (lambda row: (row.at, row.id))
    by_order = sorted(rows, key=by, reverse=order.is_descending)
    assert shown == [row.id for row in by_order]


@pytest.mark.parametrize(("asked", "given"), [(-1, 1), (0, 1), (1, 1), (100, 100), (101, 100), (10**9, 100)])
def test_a_page_is_never_longer_than_the_longest(asked: int, given: int) -> None:
    assert paging.bounded(asked) == given


@pytest.mark.parametrize(
    ("count", "shown", "is_all"), [(1, 1, False), (100, 100, False), (150, 200, False), (400, 230, True)]
)
async def test_as_many_pages_as_somebody_has_seen_are_one(count: int, shown: int, is_all: bool) -> None:
    async def ask(cursor: str | None, limit: int) -> Page[int]:
        begin = int(cursor or 0)
        return Page.cut(range(begin, 230)[: limit + 1], limit, lambda last: str(last + 1))

    page = await paging.first(count, ask)
    assert page.items == tuple(range(shown))
    assert (page.next_cursor is None) == is_all
