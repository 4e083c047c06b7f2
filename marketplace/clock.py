"""What time it is. Movable in tests and in the lab, never anywhere else.

Only the edges ask (`clock.now()`); rooms are told the time as an argument. The offset is also handed to Redis scripts,
whose own clock decides when a hold ends, so that moved time moves holds, too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_offset = timedelta()
_skew = timedelta()


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return machines() + _skew + _offset


def machines() -> datetime:
    """What this machine's own clock says."""
    return datetime.now(UTC)


def skew() -> timedelta:
    """How far the machine's clock is taken to be behind."""
    return _skew


def correct_by(skew: timedelta) -> None:
    """Take the machine's clock to be so much behind the one that all processes go by (see timekeeping.py)."""
    global _skew  # noqa: PLW0603 - one process has one clock
    _skew = skew


def offset() -> timedelta:
    """How far the clock has been moved ahead of the real one."""
    return _offset


def offset_ms() -> int:
    """The same in whole milliseconds, as scripts take it."""
    return round(_offset.total_seconds() * 1000)


def move_to_offset(ahead: timedelta) -> None:
    """Set how far ahead of real time this process's clock stands."""
    global _offset  # noqa: PLW0603 - one process has one clock
    _offset = ahead


def advance(by: timedelta) -> None:
    """Let `by` go past."""
    move_to_offset(_offset + by)


def reset() -> None:
    """Back to the machine's own time."""
    move_to_offset(timedelta())
    correct_by(timedelta())
