"""Lists, page by page: a page, how many may be on one, and the cursor with which the next one begins.

A cursor is a text that callers keep and give back unread. It names its list and the last row that was shown, by what the
list is sorted by and by id: nothing is skipped or repeated where rows are alike, or come and go meanwhile.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col

from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.i18n import _
from marketplace.ids import Id

MOST_PER_PAGE = 100
"""However many a caller asks for."""

LONGEST = 120
PATTERN = f"^[A-Za-z0-9_-]{{1,{LONGEST}}}$"
"""What every cursor looks like."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - _EPOCH) // _MICROSECOND
"""Keys are moments, or counts that are far smaller."""

AnyId = TypeVar("AnyId", bound=Id)
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, and where the next ones begin."""

    items: tuple[T, ...]
    next_cursor: str | None

    @classmethod
    def cut(cls, rows: Sequence[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
        """The first `limit` of `rows`: one more than `limit` were asked for, and tell that there are others."""
        return cls(tuple(rows[:limit]), cursor_of(rows[limit - 1]) if len(rows) > limit else None)

    def of(self, items: Iterable[U]) -> Page[U]:
        """The same page of what its rows are shown as."""
        return Page(tuple(items), self.next_cursor)


def bounded(limit: int) -> int:
    """How many are on a page for somebody who asks for `limit`."""
    return max(1, min(limit, MOST_PER_PAGE))


async def first(count: int, ask: Callable[[str | None, int], Awaitable[Page[T]]]) -> Page[T]:
    """The first `count` of a list or a few more, as one page. `ask` is given where a page begins, and its limit."""
    items: list[T] = []
    cursor = None
    while True:
        page = await ask(cursor, bounded(count))
        items += page.items
        cursor = page.next_cursor
        if cursor is None or len(items) >= count:
            return Page(tuple(items), cursor)


@dataclass(frozen=True, slots=True)
class Keyset(Generic[AnyId]):
    """One way to sort a table: by a column, then by id in the same direction, so that one index serves and no two are equal.

    Without a column it is sorted by id alone, that is by when rows were made.
    """

    name: str
    kind: type[AnyId]
    id: Any
    column: Any = None
    is_descending: bool = False
    is_instant: bool = False

    def columns(self) -> tuple[Any, ...]:
        """For ORDER BY."""
        by = (col(self.id),) if self.column is None else (col(self.column), col(self.id))
        return tuple(one.desc() for one in by) if self.is_descending else by

    def cursor(self, row: Any) -> str:
        """Where the rows after this one begin."""
        value: Any = 0 if self.column is None else getattr(row, self.column.key)
        return write(self.name, row.id, key_of(value) if self.is_instant else value)

    def after(self, cursor: str) -> ColumnElement[bool]:
        """What follows. Raises Invalid for a cursor that we did not make, or of another order."""
        last_id, key = read(self.name, cursor, self.kind)
        id: Any = col(self.id)
        further = id < last_id if self.is_descending else id > last_id
        if self.column is None:
            return further  # type: ignore[no-any-return]  # of what SQLModel calls a column
        by: Any = col(self.column)
        last = moment_of(key) if self.is_instant else key
        return or_(by < last if self.is_descending else by > last, and_(by == last, further))


def write(order: str, id: str, key: int = 0) -> str:
    """The cursor after the row `id`, which `key` sorts in the list called `order`."""
    return urlsafe_b64encode(f"{order} {key} {id}".encode()).decode().rstrip("=")


def read(order: str, cursor: str, kind: type[AnyId]) -> tuple[AnyId, int]:
    """Id and key of the last row that was shown. Raises Invalid for all that `write` has not written for `order`."""
    try:
        text = urlsafe_b64decode(cursor[:LONGEST] + "=" * (-len(cursor[:LONGEST]) % 4)).decode("ascii")
        _name, key, id = text.split(" ")
        # Written again, so that every cursor has one spelling.
        if _FIRST <= int(key) <= _LAST and write(order, id, int(key)) == cursor:
            return kind(id), int(key)
    except (ValueError, NotFound):
        pass
    raise Invalid(_("This page cannot be found any more."), [FieldError("cursor", _("is not one of ours."))])


def order_of(cursor: str) -> str:
    """The name of the list that a cursor was written for; nothing for what was never one. `read` checks the rest."""
    try:
        padded = cursor[:LONGEST] + "=" * (-len(cursor[:LONGEST]) % 4)
        return urlsafe_b64decode(padded).decode("ascii").partition(" ")[0]
    except ValueError:
        return ""


def key_of(moment: datetime) -> int:
    """What sorts by time: microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(key: int) -> datetime:
    """The moment that a key of `read` stands for."""
    return _EPOCH + key * _MICROSECOND
