"""What is sent along with a mail, drawn when the mail leaves: never a ticket that has been voided meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.accounts.views import SYSTEM
from marketplace.bookings import documents
from marketplace.bookings import queries as bookings
from marketplace.bookings.views import Order, Status
from marketplace.db import transaction
from marketplace.ids import BookingId

TICKETS, CALENDAR = "tickets.pdf", "event.ics"

_DRAWN: dict[str, tuple[str, Callable[[Order, datetime], bytes]]] = {
    TICKETS: ("application/pdf", lambda order, _: documents.tickets_pdf(order)),
    CALENDAR: ("text/calendar", documents.calendar_file),
}


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    content: bytes


async def of(names: Sequence[str], about: str | None, now: datetime) -> list[File]:
    """The named files about this booking; none if it is not confirmed any more."""
    if not names or about is None:
        return []
    async with transaction(reading=True) as session:
        order = await bookings.order_as_bought(session, SYSTEM, BookingId(about))
    if order.status is not Status.CONFIRMED:
        return []
    drawn = [(name, *_DRAWN[name]) for name in names]
    return [File(name, kind, await documents.draw(drawing, order, now)) for name, kind, drawing in drawn]
