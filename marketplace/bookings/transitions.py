"""The state machine of a booking, as data.

A hold is the state before the first one here: it lives in the inventory, and check-out turns it into a booking that is
`pending_payment`. Whatever is not in this table does not happen.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.bookings.events import BookingCancelled, BookingConfirmed, BookingExpired
from marketplace.bookings.views import Party, Status


@dataclass(frozen=True, slots=True)
class Transition:
    """One lawful step: from, to, who may take it, what must hold, what follows (an event that others react to)."""

    source: Status
    target: Status
    by: Party
    needs: str
    event: type[BookingConfirmed | BookingExpired | BookingCancelled]


_S, _P = Status, Party

TRANSITIONS = (
    Transition(_S.PENDING_PAYMENT, _S.CONFIRMED, _P.SYSTEM, "the whole total has been taken", BookingConfirmed),
    Transition(_S.PENDING_PAYMENT, _S.EXPIRED, _P.SYSTEM, "the deadline has passed", BookingExpired),
    Transition(_S.EXPIRED, _S.CONFIRMED, _P.SYSTEM, "late money, and the units are still free", BookingConfirmed),
    Transition(_S.PENDING_PAYMENT, _S.CANCELLED_BY_BUYER, _P.BUYER, "nothing has been paid", BookingCancelled),
    Transition(_S.PENDING_PAYMENT, _S.CANCELLED_BY_SELLER, _P.SELLER, "nothing has been paid", BookingCancelled),
    Transition(_S.PENDING_PAYMENT, _S.CANCELLED_BY_OPERATOR, _P.OPERATOR, "nothing has been paid", BookingCancelled),
    Transition(
        _S.CONFIRMED, _S.CANCELLED_BY_BUYER, _P.BUYER, "the event has not begun; policy refund", BookingCancelled
    ),
    Transition(_S.CONFIRMED, _S.CANCELLED_BY_SELLER, _P.SELLER, "full refund", BookingCancelled),
    Transition(_S.CONFIRMED, _S.CANCELLED_BY_OPERATOR, _P.OPERATOR, "full refund", BookingCancelled),
)

LAWFUL = {(step.source, step.target, step.by): step for step in TRANSITIONS}

FOLLOWS = {(step.source, step.target): step.event for step in TRANSITIONS}

CANCELLED_BY = {
    Party.BUYER: Status.CANCELLED_BY_BUYER,
    Party.SELLER: Status.CANCELLED_BY_SELLER,
    Party.OPERATOR: Status.CANCELLED_BY_OPERATOR,
}
