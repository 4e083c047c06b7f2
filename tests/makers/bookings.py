"""A market with something on sale: holds, orders and payments in one line each, in time that moves when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import select

from marketplace import clock, outbox, wiring
from marketplace.accounts.views import Actor
from marketplace.bookings import actions, holding, queries
from marketplace.bookings.views import Buyer, Order, Status
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import ListingPage
from marketplace.db import transaction
from marketplace.ids import BookingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.kinds.seats.kind import SeatRequest
from marketplace.payments.gateways.simulator.models import SimulatorCharge, SimulatorRefund
from marketplace.payments.views import PaymentView
from tests.makers.accounts import guest, make_seller
from tests.makers.catalog import make_listing, plan_document
from tests.makers.payments import SUCCESS, World

ADA = Buyer("Ada Byron", "ada@example.org")
GRACE = Buyer("Grace Hopper", "grace@example.org")


class Market(World):
    """A listing with rows A (20 €), B and C (15 €) of six seats each and a pit for ten (10 €), and its seller.

    Its time is the process's own clock, because Redis is told of that one: `let_pass` does everything in its time,
    `skip` jumps.
    """

    listing: ListingPage
    seller: Actor

    def __init__(self, now: datetime, **how: Any) -> None:
        wiring.wire()
        super().__init__(now, **how)

    @classmethod
    async def open(cls, now: datetime, **changes: Any) -> Market:
        """`changes` replace fields of the listing's draft."""
        market = cls(now)
        shop, market.seller = await make_seller(now)
        market.listing = await make_listing(now, seller=shop, document=plan_document(standing=10), **changes)
        catalog.forget(market.listing.id)
        return market

    @property
    def now(self) -> datetime:
        return clock.now()

    @now.setter
    def now(self, at: datetime) -> None:
        clock.move_to_offset(at - datetime.now(UTC))

    async def let_pass(self, seconds: float) -> None:
        end = self.now + timedelta(seconds=seconds)
        await self.work()
        while (due := await self._next_due()) and due <= end:
            self.now = due
            await self.work()
        self.now = max(end, self.now)

    async def skip(self, **by: float) -> None:
        """Jump ahead, as if nobody had been there meanwhile, and do what has come due."""
        clock.advance(timedelta(**by))
        await self.work()

    async def work(self) -> None:
        """Do all that is due. Its clock ticks: what came up meanwhile is due, too."""
        while await outbox.deliver_due(self.now):
            pass

    async def hold(self, actor: Actor, *guids: str) -> holding.Held:
        return await holding.hold(actor, self.listing.id, SeatRequest(seats=guids), self.now)

    async def check_out(self, actor: Actor, held: holding.Held, buyer: Buyer = ADA) -> Order:
        async with transaction() as session:
            return await actions.check_out(session, actor, held.id, buyer, held.total, self.now)

    async def order(self, actor: Actor, *guids: str, buyer: Buyer = ADA) -> Order:
        """Held and checked out."""
        return await self.check_out(actor, await self.hold(actor, *guids), buyer)

    async def begin_to_pay(
        self, actor: Actor, order: Order, number: str = SUCCESS, *, key: str = "first"
    ) -> PaymentView:
        token = await self.token(number)
        async with transaction() as session:
            return await actions.pay(
                session, actor, order.id, total=order.total, provider="simulator", method=token, key=key, now=self.now
            )

    async def pay_for(self, actor: Actor, order: Order, number: str = SUCCESS, *, key: str = "first") -> PaymentView:
        """Pay, and wait until the bank has decided."""
        begun = await self.begin_to_pay(actor, order, number, key=key)
        await self.let_pass(4)
        return await self.look(begun.id)

    async def bought(self, actor: Actor, *guids: str, buyer: Buyer = ADA) -> Order:
        """Held, checked out, paid and confirmed."""
        order = await self.order(actor, *guids, buyer=buyer)
        await self.pay_for(actor, order)
        paid = await self.see(actor, order.id)
        assert paid.status is Status.CONFIRMED
        return paid

    async def cancel(self, actor: Actor, order: Order) -> Order:
        """As quoted a moment before."""
        async with transaction() as session:
            seen = await actions.cancel_quote(session, actor, order.id, self.now)
            cancelled = await actions.cancel(session, actor, order.id, self.now, status=seen.status, refund=seen.refund)
        await self.work()
        return cancelled

    async def see(self, actor: Actor, id: BookingId) -> Order:
        async with transaction(reading=True) as session:
            return await queries.order(session, actor, id)

    async def seats(self) -> dict[str, str]:
        """What is not free, as everybody sees it."""
        return (await inventory.snapshot(ResourceId(self.listing.id))).status

    async def bank(self) -> tuple[list[int], list[int]]:
        """What the bank has taken and given back, in minor units."""
        async with transaction(reading=True) as session:
            charges = await session.exec(
                select(SimulatorCharge.captured_minor).where(SimulatorCharge.captured_minor > 0)
            )
            refunds = await session.exec(select(SimulatorRefund.amount_minor))
            return sorted(charges), sorted(refunds)


__all__ = ["ADA", "GRACE", "Market", "guest"]
