"""What every payment provider promises, whoever it is.

An adapter's own test inherits GatewayContract and provides the fixtures: a gateway that talks to something that behaves
like the provider, tokens to pay with, and `settle`, which makes the provider's time pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from marketplace.errors import Invalid
from marketplace.money import Money
from marketplace.payments.errors import BadSignature, ProviderRefused
from marketplace.payments.gateway import Charge, Gateway
from marketplace.payments.gateways.simulator import SimulatorGateway
from marketplace.payments.status import PaymentStatus, RefundStatus
from tests.makers.payments import CARD_DECLINED, CHALLENGE, World

TEN = Money(10_00, "EUR")
FOUR = Money(4_00, "EUR")

Settle = Callable[[str], Awaitable[Charge]]


class GatewayContract:
    """Fixtures to provide: gateway, good, declined, challenged (tokens), settle (key -> how it stands in the end)."""

    async def paid(self, gateway: Gateway, good: str, settle: Settle, now: datetime, key: str = "p1") -> Charge:
        await gateway.charge(TEN, good, key=key, now=now)
        return await settle(key)

    async def test_a_good_card_pays(self, gateway: Gateway, good: str, settle: Settle, now: datetime) -> None:
        charge = await self.paid(gateway, good, settle, now)
        assert (charge.status, charge.amount, charge.captured) == (PaymentStatus.SUCCEEDED, TEN, TEN)

    async def test_a_declined_card_says_why_and_takes_nothing(
        self, gateway: Gateway, declined: str, settle: Settle, now: datetime
    ) -> None:
        await gateway.charge(TEN, declined, key="p1", now=now)
        charge = await settle("p1")
        assert (charge.status, charge.captured.minor) == (PaymentStatus.FAILED, 0)
        assert charge.reason

    async def test_the_same_key_charges_once(self, gateway: Gateway, good: str, settle: Settle, now: datetime) -> None:
        first = await gateway.charge(TEN, good, key="p1", now=now)
        await settle("p1")
        again = await gateway.charge(TEN, good, key="p1", now=now)
        assert again.reference == first.reference

    async def test_the_same_key_at_once_charges_once(self, gateway: Gateway, good: str, now: datetime) -> None:
        charges = await asyncio.gather(*(gateway.charge(TEN, good, key="p1", now=now) for _ in range(4)))
        assert len({charge.reference for charge in charges}) == 1

    async def test_another_key_is_another_charge(self, gateway: Gateway, good: str, now: datetime) -> None:
        one = await gateway.charge(TEN, good, key="p1", now=now)
        other = await gateway.charge(TEN, good, key="p2", now=now)
        assert one.reference != other.reference

    async def test_the_same_key_for_another_amount_is_refused(self, gateway: Gateway, good: str, now: datetime) -> None:
        await gateway.charge(TEN, good, key="p1", now=now)
        with pytest.raises(ProviderRefused):
            await gateway.charge(FOUR, good, key="p1", now=now)

    @pytest.mark.parametrize("minor", [0, -1])
    async def test_nothing_and_less_is_refused(self, gateway: Gateway, good: str, now: datetime, minor: int) -> None:
        with pytest.raises(Invalid):
            await gateway.charge(Money(minor, "EUR"), good, key="p1", now=now)
        assert await gateway.fetch(None, key="p1") is None

    async def test_an_unknown_method_is_refused(self, gateway: Gateway, now: datetime) -> None:
        with pytest.raises(ProviderRefused):
            await gateway.charge(TEN, "pm_of_somebody_else", key="p1", now=now)

    async def test_after_a_lost_answer_the_key_finds_the_charge(
        self, gateway: Gateway, good: str, now: datetime
    ) -> None:
        assert await gateway.fetch(None, key="p1") is None
        charge = await gateway.charge(TEN, good, key="p1", now=now)
        by_key = await gateway.fetch(None, key="p1")
        by_reference = await gateway.fetch(charge.reference, key="p1")
        assert by_key is not None
        assert by_key == by_reference
        assert by_key.reference == charge.reference

    async def test_a_misshapen_reference_is_refused_before_any_call(self, gateway: Gateway, now: datetime) -> None:
        for reference in ("", "../charges", "ch_sim_'; --"):
            with pytest.raises(ProviderRefused):
                await gateway.fetch(reference, key="k")
            with pytest.raises(ProviderRefused):
                await gateway.refund(reference, TEN, key="k", now=now)

    async def test_a_refund_gives_back_once_per_key(
        self, gateway: Gateway, good: str, settle: Settle, now: datetime
    ) -> None:
        charge = await self.paid(gateway, good, settle, now)
        assert await gateway.fetch_refund(key="r1") is None
        first = await gateway.refund(charge.reference, FOUR, key="r1", now=now)
        assert (first.amount, first.status) == (FOUR, RefundStatus.SUCCEEDED)
        assert await gateway.refund(charge.reference, FOUR, key="r1", now=now) == first
        assert await gateway.fetch_refund(key="r1") == first
        await gateway.refund(charge.reference, Money(6_00, "EUR"), key="r2", now=now)

    async def test_refunds_never_add_up_to_more_than_was_captured(
        self, gateway: Gateway, good: str, settle: Settle, now: datetime
    ) -> None:
        charge = await self.paid(gateway, good, settle, now)
        tried = await asyncio.gather(
            *(gateway.refund(charge.reference, FOUR, key=f"r{n}", now=now) for n in range(5)), return_exceptions=True
        )
        assert sum(isinstance(one, ProviderRefused) for one in tried) == 3

    @pytest.mark.parametrize("amount", [Money(0, "EUR"), Money(-1, "EUR"), Money(1, "USD"), Money(10_01, "EUR")])
    async def test_an_impossible_refund_is_refused(
        self, gateway: Gateway, good: str, settle: Settle, now: datetime, amount: Money
    ) -> None:
        charge = await self.paid(gateway, good, settle, now)
        with pytest.raises(Invalid):
            await gateway.refund(charge.reference, amount, key="r1", now=now)

    async def test_a_refund_key_belongs_to_its_amount(
        self, gateway: Gateway, good: str, settle: Settle, now: datetime
    ) -> None:
        charge = await self.paid(gateway, good, settle, now)
        await gateway.refund(charge.reference, FOUR, key="r1", now=now)
        with pytest.raises(ProviderRefused):
            await gateway.refund(charge.reference, TEN, key="r1", now=now)

    async def test_a_failed_payment_cannot_be_refunded(
        self, gateway: Gateway, declined: str, settle: Settle, now: datetime
    ) -> None:
        await gateway.charge(TEN, declined, key="p1", now=now)
        charge = await settle("p1")
        with pytest.raises(ProviderRefused):
            await gateway.refund(charge.reference, TEN, key="r1", now=now)

    async def test_a_reserved_amount_can_be_captured_in_part_and_once(
        self, gateway: Gateway, good: str, settle: Settle, now: datetime
    ) -> None:
        await gateway.authorize(TEN, good, key="p1", now=now)
        reserved = await settle("p1")
        assert (reserved.status, reserved.captured.minor) == (PaymentStatus.AUTHORIZED, 0)
        with pytest.raises(ProviderRefused):
            await gateway.capture(reserved.reference, Money(10_01, "EUR"), key="c0", now=now)
        taken = await gateway.capture(reserved.reference, FOUR, key="c1", now=now)
        assert (taken.status, taken.captured) == (PaymentStatus.SUCCEEDED, FOUR)
        assert await gateway.capture(reserved.reference, FOUR, key="c1", now=now) == taken
        with pytest.raises(ProviderRefused):
            await gateway.void(reserved.reference, key="v1", now=now)

    async def test_a_reserved_amount_can_be_let_go(
        self, gateway: Gateway, good: str, settle: Settle, now: datetime
    ) -> None:
        await gateway.authorize(TEN, good, key="p1", now=now)
        reserved = await settle("p1")
        let_go = await gateway.void(reserved.reference, key="v1", now=now)
        assert let_go.status is PaymentStatus.CANCELED
        assert await gateway.void(reserved.reference, key="v1", now=now) == let_go
        with pytest.raises(ProviderRefused):
            await gateway.capture(reserved.reference, TEN, key="c1", now=now)

    @pytest.mark.parametrize(("approve", "end"), [(True, PaymentStatus.SUCCEEDED), (False, PaymentStatus.FAILED)])
    async def test_the_payers_answer_to_a_challenge_counts_once(
        self, gateway: Gateway, challenged: str, settle: Settle, now: datetime, approve: bool, end: PaymentStatus
    ) -> None:
        asked = await gateway.charge(TEN, challenged, key="p1", now=now)
        assert asked.status is PaymentStatus.REQUIRES_ACTION
        assert asked.next_action
        await gateway.confirm_action(asked.reference, approve=approve, key="a1", now=now)
        assert (await settle("p1")).status is end
        changed_mind = await gateway.confirm_action(asked.reference, approve=not approve, key="a2", now=now)
        assert changed_mind.status is end

    async def test_an_unsigned_webhook_is_refused(self, gateway: Gateway, now: datetime) -> None:
        with pytest.raises(BadSignature):
            await gateway.read_webhook(b"{}", {}, now)


class TestSimulator(GatewayContract):
    @pytest.fixture
    def world(self, database: str, now: datetime) -> World:
        return World(now)

    @pytest.fixture
    def gateway(self, world: World) -> SimulatorGateway:
        return world.simulator

    @pytest.fixture
    async def good(self, world: World) -> str:
        return await world.token()

    @pytest.fixture
    async def declined(self, world: World) -> str:
        return await world.token(CARD_DECLINED)

    @pytest.fixture
    async def challenged(self, world: World) -> str:
        return await world.token(CHALLENGE)

    @pytest.fixture
    def settle(self, world: World) -> Settle:
        async def settle(key: str) -> Charge:
            await world.simulator.advance(world.now + timedelta(seconds=5))
            charge = await world.simulator.fetch(None, key=key)
            assert charge is not None
            return charge

        return settle

    async def test_a_well_shaped_reference_to_nothing_is_refused(self, gateway: Gateway, now: datetime) -> None:
        nothing = "ch_sim_01ARZ3NDEKTSV4RRFFQ69G5FAV"
        assert await gateway.fetch(nothing, key="k") is None
        with pytest.raises(ProviderRefused):
            await gateway.void(nothing, key="v", now=now)
