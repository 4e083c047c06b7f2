"""The clock tells UTC and moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from marketplace import clock


def test_now_is_aware_and_utc() -> None:
    before = datetime.now(UTC)
    told = clock.now()
    assert before <= told <= datetime.now(UTC)
    assert told.utcoffset() == timedelta(0)


def test_the_clock_moves_ahead_step_by_step_and_back() -> None:
    clock.advance(timedelta(hours=2))
    clock.advance(timedelta(seconds=-1))
    assert clock.offset() == timedelta(hours=2, seconds=-1)
    assert clock.offset_ms() == 7_199_000
    assert clock.now() - datetime.now(UTC) > timedelta(hours=1, minutes=59)
    clock.reset()
    assert clock.offset_ms() == 0


def test_an_offset_is_set_not_added() -> None:
    clock.move_to_offset(timedelta(days=1))
    clock.move_to_offset(timedelta(days=2))
    assert clock.offset() == timedelta(days=2)


def test_every_test_begins_in_the_present() -> None:
    assert clock.offset() == timedelta(0)
