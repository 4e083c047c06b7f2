"""The kind: which seats a request means, what a seller writes down about them, when the seller is paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, cast
from zoneinfo import ZoneInfo

from pydantic import Field

from marketplace import settings
from marketplace.catalog.kind import AnyOf, BestOf, These, UnitRequest, Wanted
from marketplace.catalog.views import Terms
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _
from marketplace.ids import PlanId, ResourceId, SellerId
from marketplace.kinds.seats import queries
from marketplace.kinds.seats.best import best_sets, leaves_single
from marketplace.kinds.seats.errors import NoSuchSeatsTogether, SingleSeatLeft
from marketplace.kinds.seats.seating import Row, SeatPlan
from marketplace.money import Amount

if TYPE_CHECKING:
    from marketplace.catalog.views import Offer, Stock
    from marketplace.db import Session

DAYS_UNTIL_PAID_OUT = 3
YES = "yes"
_SATURDAY = 5


_Guid = Annotated[str, Field(min_length=1, max_length=100)]


class SeatTerms(Terms):
    """`no_single_seats`: nobody may leave one seat alone between others."""

    frozen: ClassVar[frozenset[str]] = frozenset({"plan_id"})

    plan_id: str | None = Field(default=None, max_length=64)
    no_single_seats: Annotated[bool, Field(strict=True)] = False


class SeatRequest(UnitRequest):
    """Name the seats (guids), or let us find `quantity` of them, or places in a standing area.

    Found seats are side by side if `together`, of `category` if it is named, up to `max_price` each if that is.
    """

    seats: Annotated[list[_Guid], Field(min_length=1, max_length=100)] | None = None
    quantity: Annotated[int, Field(ge=1, le=100, strict=True)] | None = None
    together: Annotated[bool, Field(strict=True)] = True
    category: Annotated[str, Field(max_length=100)] | None = None
    max_price: Amount | None = Field(default=None, description="Most that one seat may cost.")
    area: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description="A standing area's guid, with `quantity`."
    )


class Seats:
    """Paid in full when bought; the seller is paid three business days after the end."""

    name = "seats"
    terms = SeatTerms
    request = SeatRequest
    entries: Mapping[str, str] = {"plan_id": "", "no_single_seats": ""}

    @property
    def title(self) -> str:
        return _("Seats")

    @property
    def hold_seconds(self) -> int:
        return settings.current().hold_seconds

    async def stock(self, session: Session, terms: SeatTerms, seller: SellerId | None = None) -> SeatPlan | None:
        """Raises NotFound for a plan that cannot exist."""
        if terms.plan_id is None:
            return None
        plan_id = PlanId(terms.plan_id)
        if seller is None:
            return await queries.plan_within(session, plan_id)
        return await queries.owned_plan(session, plan_id, seller)

    def errors(self, terms: SeatTerms, stock: Stock | None) -> list[FieldError]:
        if terms.plan_id is None or stock is not None:
            return []
        return [FieldError("plan_id", _("This shop has no such seat plan."))]

    def missing(self, terms: SeatTerms, stock: Stock | None) -> list[FieldError]:
        return [] if stock is not None else [FieldError("plan_id", _("Add a seat plan."))]

    def write(self, terms: SeatTerms) -> Mapping[str, str]:
        return {"plan_id": terms.plan_id or "", "no_single_seats": YES if terms.no_single_seats else ""}

    def read(self, entries: Mapping[str, str]) -> tuple[SeatTerms, list[FieldError]]:
        """A plan that there can be none of counts as not chosen."""
        plan_id = entries.get("plan_id", "")
        is_one = PlanId.pattern.fullmatch(plan_id)
        is_strict = entries.get("no_single_seats") == YES
        return SeatTerms(plan_id=plan_id if is_one else None, no_single_seats=is_strict), []

    def resource(self, offer: Offer) -> ResourceId:
        return ResourceId(offer.listing_id)

    def wanted(self, offer: Offer, request: SeatRequest) -> Wanted:
        """Raises UnknownUnits, or Invalid that names the field which asks for too little or too much."""
        if request.seats and (request.quantity or request.area is not None):
            raise _refused("seats", _("Name seats, or ask for a quantity; not both."))
        asked = len(request.seats or ()) or request.quantity or 0
        field = "seats" if request.seats else "quantity"
        if asked < 1:
            raise _refused(field, _("Pick at least one seat."))
        plan, terms = plan_of(offer), terms_of(offer)
        if request.seats:
            return _these(plan, request.seats, must_leave_none=terms.no_single_seats)
        if request.area is not None:
            area = plan.standing_area(request.area)
            return AnyOf(area.pool, asked, area.capacity)
        rows = _rows_for(offer, request)
        if not rows:
            raise _refused("category", _("No seats are offered at that price."))
        rank = partial(
            best_sets, [row.places for row in rows], plan.focal, quantity=asked, no_single=terms.no_single_seats,
            is_together=request.together,
        )  # fmt: skip
        return BestOf(rank, NoSuchSeatsTogether(asked))

    def paid_out_at(self, *, ends_at: datetime, zone: str) -> datetime:
        return business_days_after(ends_at, DAYS_UNTIL_PAID_OUT, zone)


def plan_of(offer: Offer) -> SeatPlan:
    """The plan of a listing of this kind."""
    return cast("SeatPlan", offer.stock)


def terms_of(offer: Offer) -> SeatTerms:
    """What only a listing of this kind has."""
    return cast("SeatTerms", offer.terms)


def business_days_after(at: datetime, days: int, zone: str) -> datetime:
    """The instant at which that many days from Monday to Friday have gone by on the clocks of `zone`.

    The wall-clock time stays the same across a change to summer time; a weekend's event counts from Monday on.
    """
    local = at.astimezone(ZoneInfo(zone))
    while days:
        local += timedelta(days=1)  # on an aware datetime: the same wall-clock time on the next day
        days -= local.weekday() < _SATURDAY
    return local.astimezone(UTC)


def _these(plan: SeatPlan, guids: Sequence[str], *, must_leave_none: bool) -> These:
    units = tuple(f"seat:{guid}" for guid in guids)
    if len(set(units)) < len(units):
        raise _refused("seats", _("The same seat is listed twice."))
    plan.check(units)
    if not must_leave_none:
        return These(units)
    rows = plan.rows_of(units)

    def check(taken: Collection[str]) -> None:
        """Raises SingleSeatLeft."""
        if any(leaves_single(row, taken, units) for row in rows):
            raise SingleSeatLeft

    return These(units, beside=tuple(unit for row in rows for unit in row), check=check)


def _rows_for(offer: Offer, request: SeatRequest) -> tuple[Row, ...]:
    """The rows that have what is asked for, each with nothing else left in it."""
    most = None if request.max_price is None else request.max_price.money()
    categories = {
        category
        for category, price in offer.prices.items()
        if request.category in (None, category) and (most is None or price <= most)
    }
    kept = (
        replace(row, seats=tuple(seat for seat in row.seats if seat.category in categories))
        for row in plan_of(offer).rows
    )
    return tuple(row for row in kept if row.seats)


def _refused(field: str, message: str) -> Invalid:
    return Invalid(message, [FieldError(field, message)])
