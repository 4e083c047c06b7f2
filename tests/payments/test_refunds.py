"""Money on its way back: never more than came in, never twice."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select, update

from marketplace.accounts.views import Actor
from marketplace.db import transaction
from marketplace.errors import Forbidden, Invalid
from marketplace.ids import AccountId, PaymentId, RefundId
from marketplace.money import AmountRefused, MixedCurrencies, Money
from marketplace.payments import actions, queries
from marketplace.payments.actions.refunding import FORGOTTEN
from marketplace.payments.errors import (
    DisputeOpen,
    KeyReused,
    NotOwed,
    NotRefundable,
    PaymentNotFound,
    ProviderRefused,
    RefundNotFound,
    RefundTooLarge,
)
from marketplace.payments.gateway import Reversal
from marketplace.payments.gateways.simulator.models import SimulatorCharge, SimulatorRefund
from marketplace.payments.models import KEY_LIFE, Payment, Refund
from marketplace.payments.status import RefundStatus
from marketplace.payments.views import OwedView, RefundView
from tests.makers.payments import CARD_DECLINED, HUNDRED_EUROS, World

SIXTY = Money(60_00, "EUR")
DISPUTED = "4000000000000259"


async def ask(world: World, id: PaymentId, amount: Money | None = None, *, key: str = "r1") -> RefundView:
    async with transaction() as session:
        return await actions.request_refund(session, id, amount, reason="cancelled", key=key, now=world.now)


async def given_back() -> int:
    async with transaction(reading=True) as session:
        return (await session.exec(select(func.sum(SimulatorCharge.refunded_minor)))).one() or 0


async def refunds(id: PaymentId) -> list[RefundView]:
    async with transaction(reading=True) as session:
        return await queries.refunds_of(session, id)


async def test_a_refund_goes_back_and_is_told(world: World) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    assert asked.status is RefundStatus.REQUESTED
    await world.let_pass(1)
    [done] = await refunds(paid.id)
    assert (done.status, done.amount, await given_back()) == (RefundStatus.SUCCEEDED, SIXTY, 6000)
    seen = await world.look(paid.id)
    assert (seen.refunded, seen.refundable) == (SIXTY, Money(40_00, "EUR"))
    assert [step.label for step in seen.steps][-2:] == ["Refund requested", "Refunded"]
    [event] = await world.events("RefundSucceeded")
    assert json.loads(event) == {
        "refund_id": done.id, "payment_id": paid.id, "booking_id": paid.booking_id,
        "amount": 6000, "currency": "EUR", "reason": "cancelled",
    }  # fmt: skip


async def test_no_amount_means_all_that_is_left(world: World) -> None:
    paid = await world.pay()
    await ask(world, paid.id, SIXTY)
    assert (await ask(world, paid.id, key="r2")).amount == Money(40_00, "EUR")
    with pytest.raises(RefundTooLarge):
        await ask(world, paid.id, key="r3")


async def test_the_same_key_refunds_once(world: World) -> None:
    paid = await world.pay()
    assert (await ask(world, paid.id, SIXTY)).id == (await ask(world, paid.id, SIXTY)).id
    with pytest.raises(KeyReused):
        await ask(world, paid.id, HUNDRED_EUROS)
    await world.let_pass(1)
    assert await given_back() == 6000


async def race(world: World, id: PaymentId) -> list[Any]:
    return await asyncio.gather(
        ask(world, id, SIXTY, key="left"), ask(world, id, SIXTY, key="right"), return_exceptions=True
    )


async def test_of_two_racing_refunds_that_are_too_much_together_one_wins(world: World) -> None:
    paid = await world.pay()
    tried = await race(world, paid.id)
    [lost] = [one for one in tried if isinstance(one, Exception)]
    assert isinstance(lost, RefundTooLarge)
    assert lost.left == Money(40_00, "EUR")
    await world.let_pass(1)
    assert await given_back() == 6000


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # SQLite lets no second writer get that far
async def test_without_the_lock_both_racing_refunds_would_win(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control run of the test above: what the row's lock is for."""
    paid = await world.pay()
    both_have_read = asyncio.Barrier(2)

    async def read_without_lock(session: Any, id: PaymentId) -> Payment:
        payment = (await session.exec(select(Payment).where(col(Payment.id) == id))).one()
        await both_have_read.wait()
        return payment

    monkeypatch.setattr(queries, "lock_payment", read_without_lock)
    tried = await race(world, paid.id)
    assert all(isinstance(one, RefundView) for one in tried)


async def test_the_database_itself_refuses_more_than_was_captured(world: World) -> None:
    from sqlalchemy.exc import IntegrityError

    paid = await world.pay()
    with pytest.raises(IntegrityError):
        async with transaction() as session:
            await session.execute(update(Payment).where(col(Payment.id) == paid.id).values(refunded_minor=10001))


@pytest.mark.parametrize("minor", [0, -1])
async def test_nothing_and_less_cannot_be_refunded(world: World, minor: int) -> None:
    paid = await world.pay()
    with pytest.raises(AmountRefused):
        await ask(world, paid.id, Money(minor, "EUR"))


async def test_another_currency_cannot_be_refunded(world: World) -> None:
    paid = await world.pay()
    with pytest.raises(MixedCurrencies):
        await ask(world, paid.id, Money(1, "USD"))


async def test_only_a_success_can_be_refunded(world: World) -> None:
    failed = await world.pay(CARD_DECLINED)
    with pytest.raises(NotRefundable):
        await ask(world, failed.id)


async def test_a_disputed_payment_is_not_refunded(world: World) -> None:
    paid = await world.pay(DISPUTED)
    await world.let_pass(4)
    assert (await world.look(paid.id)).is_disputed
    assert len(await world.events("PaymentDisputed")) == 1
    with pytest.raises(DisputeOpen):
        await ask(world, paid.id)


async def test_what_does_not_exist_cannot_be_refunded(world: World) -> None:
    with pytest.raises(PaymentNotFound):
        await ask(world, PaymentId.new())
    with pytest.raises(RefundNotFound):
        await actions.process_refund(RefundId.new(), world.now)
    with pytest.raises(PaymentNotFound):
        await refunds(PaymentId.new())


async def test_workers_at_once_refund_once(world: World) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    await asyncio.gather(*(actions.process_refund(asked.id, world.now) for _ in range(5)))
    await actions.process_refund(asked.id, world.now + timedelta(days=1))
    assert await given_back() == 6000
    assert len(await world.events("RefundSucceeded")) == 1


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    world: World, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    real = world.simulator.refund

    async def lose(reference: str, amount: Money, *, key: str, now: datetime) -> Reversal:
        if is_done:
            await real(reference, amount, key=key, now=now)
        raise TimeoutError

    monkeypatch.setattr(world.simulator, "refund", lose)
    await world.let_pass(0)
    assert [one.status for one in await refunds(paid.id)] == [RefundStatus.UNKNOWN]
    assert await actions.settle_refunds(world.now) == 0, "not before its time"
    monkeypatch.undo()
    await world.let_pass(10)
    assert await actions.settle_refunds(world.now) == 1
    assert [one.id for one in await refunds(paid.id) if one.status is RefundStatus.SUCCEEDED] == [asked.id]
    assert await given_back() == 6000


class Bank:
    """What the simulated provider is made to answer to refunds."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[str] = []
        self._real, self._monkeypatch, self._world = world.simulator.refund, monkeypatch, world

    def answer(self, how: str) -> None:
        """`how`: refuses, fails (to pay out), loses (its answer; the money goes back), or obeys."""

        async def refund(reference: str, amount: Money, *, key: str, now: datetime) -> Reversal:
            self.keys.append(key)
            match how:
                case "refuses":
                    raise ProviderRefused("The account is closed.")
                case "fails":
                    return Reversal("re_1", amount, RefundStatus.FAILED)
            done = await self._real(reference, amount, key=key, now=now)
            if how == "loses":
                raise TimeoutError
            return done

        self._monkeypatch.setattr(self._world.simulator, "refund", refund)


@pytest.fixture
def bank(world: World, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return Bank(world, monkeypatch)


async def owed() -> list[OwedView]:
    async with transaction(reading=True) as session:
        return await queries.owed(session)


OPERATOR = Actor(account=AccountId.new(), is_operator=True)


@pytest.mark.parametrize("says_no_by", ["refuses", "fails"])
async def test_a_refused_refund_stays_owed_and_is_tried_again_under_a_new_key(
    world: World, bank: Bank, says_no_by: str
) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    bank.answer(says_no_by)
    await world.let_pass(0)
    [debt] = await owed()
    assert (debt.refund.id, debt.refund.amount, debt.refund.status) == (asked.id, SIXTY, RefundStatus.OWED)
    assert (debt.refusals, debt.next_try) == (1, world.now + timedelta(minutes=10))
    assert debt.why == ("The account is closed." if says_no_by == "refuses" else "The provider could not pay it out.")
    # Promised is promised: nobody can promise the same money once more.
    assert (await world.look(paid.id)).refundable == Money(40_00, "EUR")
    assert len(await world.events("RefundFailed")) == 1
    assert await actions.settle_refunds(world.now) == 0, "not before its time"
    world.now += timedelta(minutes=10)
    assert await actions.settle_refunds(world.now) == 1
    assert [debt.next_try for debt in await owed()] == [world.now + timedelta(minutes=20)]
    bank.answer("obeys")
    world.now += timedelta(minutes=20)
    assert await actions.settle_refunds(world.now) == 1
    assert await owed() == []
    assert await given_back() == 6000
    assert len(set(bank.keys)) == len(bank.keys) == 3
    assert [one.status for one in await refunds(paid.id)] == [RefundStatus.SUCCEEDED]


async def test_the_pause_before_the_next_try_grows_to_a_day(world: World, bank: Bank) -> None:
    paid = await world.pay()
    await ask(world, paid.id, SIXTY)
    bank.answer("refuses")
    await world.let_pass(0)
    pauses = []
    for _ in range(12):
        [debt] = await owed()
        assert debt.next_try is not None
        pauses.append(debt.next_try - world.now)
        world.now = debt.next_try
        assert await actions.settle_refunds(world.now) == 1
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-2] == timedelta(days=1)


async def test_a_refund_is_not_asked_for_anew_once_the_provider_has_forgotten_its_key(
    world: World, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It went through and the answer was lost. A day later the provider would take the same key for another refund."""
    paid = await world.pay(amount=Money(120_00, "EUR"))
    await ask(world, paid.id, SIXTY)
    bank.answer("loses")
    await world.let_pass(0)
    assert [one.status for one in await refunds(paid.id)] == [RefundStatus.UNKNOWN]
    async with transaction() as session:
        await session.execute(update(SimulatorRefund).values(key="forgotten"))
    bank.answer("obeys")
    world.now += KEY_LIFE + timedelta(minutes=1)
    for _ in range(3):
        await actions.settle_refunds(world.now)
        world.now += timedelta(days=2)
    assert await given_back() == 6000
    [debt] = await owed()
    assert (debt.next_try, debt.why) == (None, FORGOTTEN)
    async with transaction() as session:
        await actions.settle_otherwise(session, OPERATOR, debt.refund.id, "The provider's list shows it.", world.now)
    assert await owed() == []


async def test_within_the_life_of_its_key_a_lost_refund_is_asked_for_anew(world: World, bank: Bank) -> None:
    """The control: what keeps the test above from refunding twice is the age of the key, and nothing else."""
    paid = await world.pay(amount=Money(120_00, "EUR"))
    await ask(world, paid.id, SIXTY)
    bank.answer("loses")
    await world.let_pass(0)
    async with transaction() as session:
        await session.execute(update(SimulatorRefund).values(key="forgotten"))
    bank.answer("obeys")
    world.now += KEY_LIFE - timedelta(minutes=1)
    await actions.settle_refunds(world.now)
    assert len(bank.keys) == 2
    assert len(set(bank.keys)) == 1
    assert await given_back() == 6000 * 2


async def test_an_operator_has_owed_money_tried_at_once(world: World, bank: Bank) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    bank.answer("refuses")
    await world.let_pass(0)
    bank.answer("obeys")
    async with transaction() as session:
        await actions.try_again(session, OPERATOR, asked.id, world.now)
    await world.let_pass(0)
    assert await given_back() == 6000
    with pytest.raises(NotOwed):
        async with transaction() as session:
            await actions.try_again(session, OPERATOR, asked.id, world.now)


async def test_what_was_settled_otherwise_is_never_paid_by_the_provider_as_well(world: World, bank: Bank) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    bank.answer("refuses")
    await world.let_pass(0)
    async with transaction() as session:
        done = await actions.settle_otherwise(session, OPERATOR, asked.id, " by  bank transfer ", world.now)
    assert done.status is RefundStatus.SETTLED
    assert await owed() == []
    bank.answer("obeys")
    await world.let_pass(3 * 86_400)
    assert await actions.settle_refunds(world.now) == 0
    assert await given_back() == 0
    assert (await world.look(paid.id)).refundable == Money(40_00, "EUR")
    assert (await world.look(paid.id)).steps[-1].label == "Paid back by other means"
    assert len(await world.events("RefundSettled")) == 1
    with pytest.raises(NotOwed):
        async with transaction() as session:
            await actions.settle_otherwise(session, OPERATOR, asked.id, "once more", world.now)


@pytest.mark.parametrize("how", ["", "   ", "x" * 501, "by\x00cash"])
async def test_settling_wants_to_know_how(world: World, bank: Bank, how: str) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    bank.answer("refuses")
    await world.let_pass(0)
    with pytest.raises(Invalid) as caught:
        async with transaction() as session:
            await actions.settle_otherwise(session, OPERATOR, asked.id, how, world.now)
    assert [field_error.field for field_error in caught.value.errors] == ["how"]


async def test_only_operators_decide_about_owed_money(world: World, bank: Bank) -> None:
    paid = await world.pay()
    asked = await ask(world, paid.id, SIXTY)
    bank.answer("refuses")
    await world.let_pass(0)
    for actor in (Actor(), Actor(account=AccountId.new()), Actor(account=AccountId.new(), sellers=frozenset())):
        with pytest.raises(Forbidden):
            async with transaction() as session:
                await actions.try_again(session, actor, asked.id, world.now)
        with pytest.raises(Forbidden):
            async with transaction() as session:
                await actions.settle_otherwise(session, actor, asked.id, "by cash", world.now)
    assert len(await owed()) == 1


async def test_money_owed_on_a_disputed_payment_waits_for_an_operator(world: World, bank: Bank) -> None:
    """The bank may pay the buyer: a refund by ourselves could be the second one."""
    paid = await world.pay(DISPUTED)
    await world.let_pass(4)
    async with transaction() as session:
        debt = await actions.owe(session, paid.id, SIXTY, reason="cancelled", key="r1", now=world.now)
    assert debt.status is RefundStatus.OWED
    bank.answer("obeys")
    world.now += timedelta(days=3)
    assert await actions.settle_refunds(world.now) == 0
    with pytest.raises(DisputeOpen):
        async with transaction() as session:
            await actions.try_again(session, OPERATOR, debt.id, world.now)
    assert bank.keys == []
    async with transaction(reading=True) as session:
        health = await queries.owed_health(session)
        assert await queries.owed_for(session, paid.booking_id) == {"EUR": SIXTY}
    assert (health.refunds, health.for_people, health.amounts) == (1, 1, (SIXTY,))


async def test_a_refund_that_waits_when_the_dispute_comes_is_not_asked_for(world: World, bank: Bank) -> None:
    paid = await world.pay()
    await ask(world, paid.id, SIXTY)
    bank.answer("refuses")
    await world.let_pass(0)
    async with transaction() as session:
        await session.execute(update(Payment).values(is_disputed=True))
    bank.answer("obeys")
    world.now += timedelta(minutes=10)
    await actions.settle_refunds(world.now)
    [debt] = await owed()
    assert (debt.next_try, debt.is_disputed) == (None, True)
    assert await given_back() == 0


def test_a_decided_refund_takes_no_more_news(now: datetime) -> None:
    refund = Refund(
        id="ref_00000000000000000000000000", payment_id="p", key="k", amount_minor=1, currency="EUR", reason="",
        status="succeeded", created_at=now, updated_at=now,
    )  # fmt: skip
    assert not refund.lease(now)
    assert not refund.succeed("re", now)
    assert not refund.refuse("no", now)
    refund.doubt(now)
    with pytest.raises(NotOwed):
        refund.settle("somebody", "somehow", now)
    assert refund.state is RefundStatus.SUCCEEDED
