"""A small world with a simulated bank in it, whose clock only moves when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlmodel import col, func, select

from marketplace import outbox
from marketplace.db import transaction
from marketplace.errors import Invalid
from marketplace.ids import BookingId, PaymentId
from marketplace.money import Money
from marketplace.outbox import DomainEvent, OutboxEvent
from marketplace.payments import actions, queries, reactions
from marketplace.payments.gateway import Card, SimulatorSettings, use_gateway
from marketplace.payments.gateways.simulator import SimulatorGateway
from marketplace.payments.views import PaymentView
from tests.makers import events

assert reactions  # imported for what it registers

HUNDRED_EUROS = Money(100_00, "EUR")
SUCCESS = "4242424242424242"
CHALLENGE = "4000002500003155"
CARD_DECLINED = "4000000000000002"
BY_CHANCE = "4000000000000010"
"""A number that Stripe publishes nothing about (its check digit is right)."""


def card(number: str = SUCCESS, **changes: Any) -> Card:
    return Card(**{"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123", **changes})


class World:
    """Time, the simulator, and the way of its webhooks straight into the inbox."""

    def __init__(self, now: datetime, dice: Callable[[], float] = lambda: 0.5) -> None:
        self.now = now
        self.answers: list[int] = []
        self.is_down = False
        self.simulator = SimulatorGateway(transport=httpx.MockTransport(self._receive), dice=dice)
        use_gateway("simulator", self.simulator)

    async def let_pass(self, seconds: float) -> None:
        """Move the clock from one thing that comes due to the next, and do each in its time."""
        end = self.now + timedelta(seconds=seconds)
        await outbox.deliver_due(self.now)
        while (due := await self._next_due()) and due <= end:
            self.now = due
            await outbox.deliver_due(self.now)
        self.now = end

    async def behave(self, **changes: Any) -> None:
        simulator_settings = await self.simulator.simulator_settings()
        known = {name: getattr(simulator_settings, name) for name in simulator_settings.__dataclass_fields__}
        await self.simulator.change_simulator_settings(SimulatorSettings(**{**known, **changes}), self.now)

    async def token(self, number: str = SUCCESS) -> str:
        return (await actions.keep_card("simulator", card(number), self.now)).token

    async def start(
        self,
        number: str = SUCCESS,
        *,
        booking: BookingId | None = None,
        amount: Money = HUNDRED_EUROS,
        key: str = "once",
        method: str | None = None,
    ) -> PaymentView:
        token = method or await self.token(number)
        async with transaction() as session:
            return await actions.start(
                session,
                booking=booking or BookingId.new(),
                amount=amount,
                provider="simulator",
                method=token,
                key=key,
                now=self.now,
            )

    async def pay(self, number: str = SUCCESS, **how: Any) -> PaymentView:
        """Start a payment and wait until the bank has decided."""
        begun = await self.start(number, **how)
        await self.let_pass(4)
        return await self.look(begun.id)

    async def look(self, id: PaymentId) -> PaymentView:
        async with transaction(reading=True) as session:
            return await queries.payment_view(session, id)

    async def events(self, kind: str) -> list[str]:
        """The bodies of all events of a kind, oldest first."""
        return [outbox._adapter(kind).dump_json(event).decode() for event in events.of(DomainEvent.kinds[kind])]

    async def _next_due(self) -> datetime | None:
        async with transaction(reading=True) as session:
            rows = await session.exec(
                select(func.min(OutboxEvent.due_at)).where(
                    col(OutboxEvent.delivered_at).is_(None), col(OutboxEvent.due_at) > self.now
                )
            )
            return rows.one()

    async def _receive(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError("nobody listens")
        try:
            await actions.receive_webhook("simulator", request.content, request.headers, self.now)
            status = 202
        except Invalid:
            status = 400
        self.answers.append(status)
        return httpx.Response(status)
