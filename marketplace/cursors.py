"""Where the next page of a list begins: a text that callers keep and give back unread.

It names its list and the last row that was shown, by what the list is sorted by and by id: nothing is skipped or
repeated where rows are alike, or come and go meanwhile.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.i18n import _
from marketplace.ids import Id

LONGEST = 120
PATTERN = f"^[A-Za-z0-9_-]{{1,{LONGEST}}}$"
"""What every cursor looks like."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - _EPOCH) // _MICROSECOND
"""Keys are moments, or counts that are far smaller."""

AnyId = TypeVar("AnyId", bound=Id)


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
