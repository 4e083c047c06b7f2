"""Money that is owed back, for those who operate the marketplace."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from marketplace import clock, limits
from marketplace.api.auth_context import Guarded, Member
from marketplace.api.problems import refuses
from marketplace.api.shapes import Instant, RefundShape, Shape
from marketplace.bookings import queries
from marketplace.bookings.views import OwedOrder
from marketplace.db import transaction
from marketplace.ids import RefundId
from marketplace.money import Amount
from marketplace.payments import actions as payments

router = APIRouter(prefix="/owed", tags=["Operations"], route_class=Guarded)


class OwedShape(Shape):
    id: str
    booking_id: str
    payment_id: str
    amount: Amount
    title: str
    buyer_name: str
    buyer_email: str
    reason: str
    why: str
    refusals: int
    next_try: Instant | None
    is_disputed: bool
    since: Instant

    @classmethod
    def of(cls, entry: OwedOrder) -> OwedShape:
        owed, refund = entry.owed, entry.owed.refund
        return cls(
            id=refund.id, booking_id=refund.booking_id, payment_id=refund.payment_id, amount=Amount.of(refund.amount),
            title=entry.title, buyer_name=entry.buyer_name, buyer_email=entry.buyer_email, reason=refund.reason,
            why=owed.why, refusals=owed.refusals, next_try=owed.next_try, is_disputed=owed.is_disputed,
            since=refund.created_at,
        )  # fmt: skip


class Settlement(Shape):
    how: str = Field(max_length=limits.LINE, examples=["Bank transfer of 3 May"])


@router.get("", responses=refuses(403))
async def list_owed(actor: Member) -> list[OwedShape]:
    """What the provider has refused to pay back so far, the oldest first. `next_try` is null where it waits for you."""
    async with transaction(reading=True) as session:
        return [OwedShape.of(entry) for entry in await queries.owed(session, actor)]


@router.post("/{id}/retry", status_code=202, responses=refuses(409))
async def try_again(id: str, actor: Member) -> RefundShape:
    """Have the provider asked now, under a new key."""
    async with transaction() as session:
        return RefundShape.of(await payments.try_again(session, actor, RefundId(id), clock.now()))


@router.post("/{id}/settle", responses=refuses(409))
async def settle(id: str, wanted: Settlement, actor: Member) -> RefundShape:
    """Take note that it was paid back by other means: the provider is not asked any more."""
    async with transaction() as session:
        return RefundShape.of(await payments.settle_otherwise(session, actor, RefundId(id), wanted.how, clock.now()))
