"""The state machine: what its table lists works, and nothing else does."""

from __future__ import annotations

from datetime import datetime
from itertools import product

import pytest

from marketplace.bookings.errors import UnlawfulTransition
from marketplace.bookings.models import Booking
from marketplace.bookings.transitions import CANCELLED_BY, FOLLOWS, LAWFUL, TRANSITIONS, Party, Status
from marketplace.ids import BookingId

EVERY_STEP = list(product(Status, Status, Party))


@pytest.mark.parametrize(("source", "target", "by"), EVERY_STEP)
def test_a_step_is_lawful_exactly_if_the_table_says_so(
    source: Status, target: Status, by: Party, now: datetime
) -> None:
    booking = Booking(id=BookingId.new(), status=source)
    if (source, target, by) not in LAWFUL:
        with pytest.raises(UnlawfulTransition):
            booking.move(target, by, "somebody", now)
        assert booking.status == source
        return
    change = booking.move(target, by, "somebody", now)
    assert booking.status == target
    assert (change.source, change.target, change.actor, change.at) == (source, target, "somebody", now)
    assert change.why == LAWFUL[source, target, by].needs
    assert (booking.confirmed_at == now) is (target is Status.CONFIRMED)


def test_no_step_is_listed_twice_and_each_is_told() -> None:
    assert len(LAWFUL) == len(TRANSITIONS)
    assert set(FOLLOWS) == {(step.source, step.target) for step in TRANSITIONS}


def test_every_state_can_be_reached() -> None:
    reached = {Status.PENDING_PAYMENT}
    while more := {step.target for step in TRANSITIONS if step.source in reached} - reached:
        reached |= more
    assert reached == set(Status)


def test_what_was_cancelled_stays_cancelled() -> None:
    assert not {step.source for step in TRANSITIONS} & set(CANCELLED_BY.values())


def test_only_the_marketplace_itself_confirms_and_expires() -> None:
    by_itself = {step.by for step in TRANSITIONS if step.target in {Status.CONFIRMED, Status.EXPIRED}}
    assert by_itself == {Party.SYSTEM}
