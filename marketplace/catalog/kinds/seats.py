"""Events and trips: the seats of a seat plan, and the places of its standing areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from marketplace import settings
from marketplace.catalog.kinds.kind import AnyOf, BestOf, PaymentPlan, These, UnitRequest, Wanted
from marketplace.catalog.seating import Row
from marketplace.catalog.views import SeatOffer, UnitLine
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _

DAYS_UNTIL_PAID_OUT = 3
_SATURDAY = 5


class Seats:
    """Paid in full when bought; the seller is paid three business days after the end."""

    name = "seats"
    shows = "seat_map"
    payment = PaymentPlan()

    @property
    def hold_seconds(self) -> int:
        return settings.current().hold_seconds

    def units_for(self, offer: SeatOffer, request: UnitRequest) -> Wanted:
        """Raises UnknownUnits, or Invalid that names the field which asks for too little or too much."""
        if request.seats and (request.quantity or request.area is not None):
            raise _refused("seats", _("Name seats, or ask for a quantity; not both."))
        asked = len(request.seats) or request.quantity
        field = "seats" if request.seats else "quantity"
        if asked < 1:
            raise _refused(field, _("Pick at least one seat."))
        if request.seats:
            return _these(offer, request.seats)
        if request.area is not None:
            area = offer.plan.standing_area(request.area)
            return AnyOf(area.pool, request.quantity, area.capacity)
        rows = _rows_for(offer, request)
        if not rows:
            raise _refused("category", _("No seats are offered at that price."))
        return BestOf(request.quantity, rows, offer.plan.focal, request.together)

    def lines(self, offer: SeatOffer, units: Sequence[str]) -> tuple[UnitLine, ...]:
        offer.check(units)
        return tuple(offer.line(unit) for unit in units)

    def paid_out_at(self, *, ends_at: datetime, zone: str) -> datetime:
        return business_days_after(ends_at, DAYS_UNTIL_PAID_OUT, zone)


def business_days_after(at: datetime, days: int, zone: str) -> datetime:
    """The instant at which that many days from Monday to Friday have gone by on the clocks of `zone`.

    The wall-clock time stays the same across a change to summer time; a weekend's event counts from Monday on.
    """
    local = at.astimezone(ZoneInfo(zone))
    while days:
        local += timedelta(days=1)  # on an aware datetime: the same wall-clock time on the next day
        days -= local.weekday() < _SATURDAY
    return local.astimezone(UTC)


def _these(offer: SeatOffer, guids: tuple[str, ...]) -> These:
    units = tuple(f"seat:{guid}" for guid in guids)
    if len(set(units)) < len(units):
        raise _refused("seats", _("The same seat is listed twice."))
    offer.check(units)
    return These(units)


def _rows_for(offer: SeatOffer, request: UnitRequest) -> tuple[Row, ...]:
    """The rows that have what is asked for, each with nothing else left in it."""
    categories = {
        category
        for category, price in offer.prices.items()
        if request.category in (None, category) and (request.price_to is None or price <= request.price_to)
    }
    kept = (
        replace(row, seats=tuple(seat for seat in row.seats if seat.category in categories)) for row in offer.plan.rows
    )
    return tuple(row for row in kept if row.seats)


def _refused(field: str, message: str) -> Invalid:
    return Invalid(message, [FieldError(field, message)])
