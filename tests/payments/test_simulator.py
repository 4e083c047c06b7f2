"""The simulated bank: its cards, its chance, its settings. What it shares with every provider is in the contract."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from marketplace import settings
from marketplace.db import transaction
from marketplace.errors import Invalid
from marketplace.payments import actions
from marketplace.payments.errors import CardRefused, ProviderRefused
from marketplace.payments.gateway import SimulatorSettings, WebhookFaults, gateway, providers
from marketplace.payments.gateways.simulator import SimulatorGateway, cards
from marketplace.payments.gateways.simulator.cards import BY_CHANCE as WAYS_TO_FAIL
from marketplace.payments.gateways.simulator.cards import PUBLISHED, Outcome
from marketplace.payments.gateways.simulator.models import SimulatorCard
from marketplace.payments.status import FailureReason, PaymentStatus
from tests.makers.payments import BY_CHANCE, CARD_DECLINED, CHALLENGE, HUNDRED_EUROS, SUCCESS, World, card


class TestCards:
    @pytest.mark.parametrize("number", PUBLISHED)
    def test_every_published_number_has_a_right_check_digit(self, number: str) -> None:
        assert cards.passes_luhn(number)
        assert cards.brand(number) != "Card"

    @pytest.mark.parametrize(
        ("number", "brand"),
        [
            (SUCCESS, "Visa"), ("2223003122003222", "Mastercard"), ("5555555555554444", "Mastercard"),
            ("378282246310005", "American Express"), ("6011111111111117", "Discover"),
            ("3056930009020004", "Diners Club"), ("3566002020360505", "JCB"), ("6200000000000005", "UnionPay"),
            ("9999999999999995", "Card"), ("", "Card"),
        ],
    )  # fmt: skip
    def test_the_first_digits_tell_the_brand(self, number: str, brand: str) -> None:
        assert cards.brand(number) == brand

    @given(st.from_regex(r"[0-9]{12,19}", fullmatch=True), st.integers(0, 18), st.integers(1, 9))
    def test_a_single_wrong_digit_is_always_seen(self, digits: str, place: int, by: int) -> None:
        place %= len(digits)
        mistyped = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
        assert not (cards.passes_luhn(digits) and cards.passes_luhn(mistyped))

    @pytest.mark.parametrize(
        ("change", "fields"),
        [
            ({"number": "4242424242424241"}, ["number"]),
            ({"number": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, ["number"]),
            ({"number": "42"}, ["number"]),
            ({"exp_month": 0}, ["exp_month"]),
            ({"exp_month": 13}, ["exp_month"]),
            ({"exp_year": 2029}, ["exp_year"]),
            ({"exp_year": 30}, ["exp_year"]),
            ({"exp_year": 2030, "exp_month": 5}, ["exp_month"]),
            ({"cvc": "12"}, ["cvc"]),
            ({"cvc": "１２３"}, ["cvc"]),
            ({"number": "378282246310005"}, ["cvc"]),
            ({"number": "", "exp_month": 99, "cvc": ""}, ["number", "exp_month", "cvc"]),
        ],
    )
    def test_each_wrong_field_is_named(self, change: dict[str, Any], fields: list[str]) -> None:
        june = datetime.fromisoformat("2030-06-15T00:00:00+00:00")
        with pytest.raises(CardRefused) as refusal:
            cards.check(card(**change), june)
        assert [fault.field for fault in refusal.value.errors] == fields

    def test_a_card_is_good_to_the_end_of_its_month(self) -> None:
        cards.check(card(exp_month=6, exp_year=2030), datetime.fromisoformat("2030-06-30T23:59:59+00:00"))

    async def test_the_number_is_never_kept(self, world: World) -> None:
        kept = await actions.keep_card("simulator", card("4242 4242-4242 4242"), world.now)
        assert kept.label == "Visa •••• 4242"
        async with transaction(reading=True) as session:
            [row] = (await session.exec(select(SimulatorCard))).all()
        assert SUCCESS not in str(row.model_dump())
        assert (row.token, row.outcome) == (kept.token, Outcome.SUCCESS)


class TestForcedOutcomes:
    @pytest.mark.parametrize(
        ("number", "reason"),
        [
            (CARD_DECLINED, "card_declined"), ("4000000000009995", "insufficient_funds"),
            ("4000000000000069", "expired_card"), ("4000000000000119", "processing_error"),
            ("4100000000000019", "fraud_prevention"),
        ],
    )  # fmt: skip
    async def test_published_cards_decide_outright(self, world: World, number: str, reason: str) -> None:
        assert (await world.pay(number)).failure_reason == reason

    @pytest.mark.parametrize(
        ("number", "reason"), [("4000008400001629", "card_declined"), ("4000008260003178", "insufficient_funds")]
    )
    async def test_some_cards_are_challenged_and_declined_all_the_same(
        self, world: World, number: str, reason: str
    ) -> None:
        begun = await world.pay(number)
        assert begun.status is PaymentStatus.REQUIRES_ACTION
        await actions.answer_challenge(begun.id, approve=True, now=world.now)
        await world.let_pass(4)
        assert (await world.look(begun.id)).failure_reason == reason

    async def test_any_other_card_fails_by_chance(self, database: str, now: datetime) -> None:
        rolled = iter([0.29, 0.99, 0.3])
        world = World(now, dice=lambda: next(rolled))
        await world.behave(failure_rate=0.3)
        assert (await world.pay(BY_CHANCE)).failure_reason is FailureReason.FRAUD_PREVENTION
        assert (await world.pay(BY_CHANCE)).status is PaymentStatus.SUCCEEDED

    def test_chance_only_fails_for_reasons_that_have_a_name(self) -> None:
        assert all(outcome.reason for outcome in WAYS_TO_FAIL)

    async def test_a_queued_outcome_overrides_the_card_once(self, world: World) -> None:
        await world.behave(forced_outcomes=("card_declined", "success"))
        assert (await world.pay(SUCCESS)).failure_reason is FailureReason.CARD_DECLINED
        assert (await world.pay(CARD_DECLINED)).status is PaymentStatus.SUCCEEDED
        assert (await world.pay(SUCCESS)).status is PaymentStatus.SUCCEEDED
        assert (await actions.simulator_settings("simulator")).forced_outcomes == ()

    async def test_ten_forced_outcomes_queued_at_once_are_ten(self, world: World) -> None:
        await asyncio.gather(*(actions.force_outcome("simulator", "card_declined") for _ in range(10)))
        assert (await actions.simulator_settings("simulator")).forced_outcomes == ("card_declined",) * 10

    async def test_without_the_rows_lock_forced_outcomes_would_get_lost(self, world: World) -> None:
        """The control run of the test above: all read the queue before anybody has written it."""
        have_read = asyncio.Barrier(10)

        async def queue() -> None:
            simulator_settings = await actions.simulator_settings("simulator")
            await have_read.wait()
            await world.simulator.change_simulator_settings(
                replace(simulator_settings, forced_outcomes=(*simulator_settings.forced_outcomes, "card_declined")),
                world.now,
            )

        await asyncio.gather(*(queue() for _ in range(10)))
        assert len((await actions.simulator_settings("simulator")).forced_outcomes) == 1

    async def test_the_queue_of_forced_outcomes_has_an_end(self, world: World) -> None:
        await world.behave(forced_outcomes=("success",) * 100)
        with pytest.raises(Invalid):
            await actions.force_outcome("simulator", "success")
        with pytest.raises(Invalid):
            await actions.force_outcome("simulator", "nonsense")

    async def test_it_takes_as_long_as_it_is_told_to(self, world: World) -> None:
        await world.behave(processing_seconds=20)
        begun = await world.start()
        await world.let_pass(19)
        assert (await world.look(begun.id)).status is PaymentStatus.PROCESSING
        await world.let_pass(2)
        assert (await world.look(begun.id)).status is PaymentStatus.SUCCEEDED

    async def test_with_no_time_to_take_it_is_decided_at_once(self, world: World) -> None:
        await world.behave(processing_seconds=0)
        begun = await world.start()
        await world.let_pass(0)
        assert (await world.look(begun.id)).status is PaymentStatus.SUCCEEDED

    async def test_clocks_that_tick_at_once_decide_once(self, world: World) -> None:
        await world.simulator.charge(HUNDRED_EUROS, await world.token(), key="k", now=world.now)
        await world.behave(processing_seconds=0.5)
        await world.simulator.charge(HUNDRED_EUROS, await world.token(), key="l", now=world.now)
        later = world.now + timedelta(seconds=1)
        assert sum(await asyncio.gather(*(world.simulator.advance(later) for _ in range(4)))) == 1


class TestHabits:
    async def test_they_come_from_the_settings_until_they_are_changed(self, world: World) -> None:
        assert await actions.simulator_settings("simulator") == SimulatorSettings(0.0, 2.0, 5.0)
        wanted = SimulatorSettings(
            0.5, 1.0, 9.0, ("success",), WebhookFaults(1, 2.0, reorder=True, drop=True, forge=True)
        )
        assert await actions.change_simulator_settings("simulator", wanted, world.now) == wanted
        assert await SimulatorGateway().simulator_settings() == wanted, "another process sees the same"

    async def test_each_wrong_habit_is_named(self, world: World) -> None:
        wrong = SimulatorSettings(1.1, -1, float("nan"), ("success", "luck"), WebhookFaults(21, float("inf")))
        with pytest.raises(Invalid) as refusal:
            await actions.change_simulator_settings("simulator", wrong, world.now)
        assert [fault.field for fault in refusal.value.errors] == [
            "failure_rate", "processing_seconds", "payout_seconds", "delay_seconds", "duplicates", "forced_outcomes.1",
        ]  # fmt: skip

    async def test_changes_at_once_make_one_row(self, world: World) -> None:
        simulator_settings = await world.simulator.simulator_settings()
        await asyncio.gather(
            *(world.simulator.change_simulator_settings(simulator_settings, world.now) for _ in range(4))
        )
        assert await world.simulator.simulator_settings() == simulator_settings

    async def test_its_forced_outcomes_are_named(self, world: World) -> None:
        assert set(actions.known_outcomes("simulator")) == {outcome.value for outcome in Outcome}
        assert gateway("simulator") is world.simulator
        assert "simulator" in providers()

    async def test_its_books_tell_every_step(self, world: World) -> None:
        begun = await world.pay(CHALLENGE)
        await actions.answer_challenge(begun.id, approve=True, now=world.now)
        await world.let_pass(4)
        labels = [step.label for step in await actions.provider_timeline("simulator", begun.reference or "")]
        assert [label for label in labels if label != "Webhook sent"] == [
            "Asked for €100.00", "Challenge passed", "Approved by the bank",
        ]  # fmt: skip
        assert labels.count("Webhook sent") == 3


class TestReserved:
    async def test_a_reservation_runs_out_after_a_week(self, world: World) -> None:
        from marketplace.payments.gateways.simulator.models import RESERVATION_LASTS

        reserved = await world.simulator.authorize(HUNDRED_EUROS, await world.token(), key="a", now=world.now)
        await world.let_pass(3)
        await world.simulator.advance(world.now + RESERVATION_LASTS)
        with pytest.raises(ProviderRefused):
            await world.simulator.capture(reserved.reference, HUNDRED_EUROS, key="c", now=world.now)

    async def test_a_disputed_charge_refuses_refunds_itself(self, world: World) -> None:
        charge = await world.simulator.charge(
            HUNDRED_EUROS, await world.token("4000000000000259"), key="d", now=world.now
        )
        await world.let_pass(6)
        with pytest.raises(ProviderRefused):
            await world.simulator.refund(charge.reference, HUNDRED_EUROS, key="r", now=world.now)


def test_the_simulators_secret_is_made_from_the_houses_own() -> None:
    assert settings.current().simulator_secret.startswith("whsec_")
