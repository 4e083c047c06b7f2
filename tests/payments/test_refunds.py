"""Money on its way back: never more than came in, never twice."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select, update

from marketplace.db import transaction
from marketplace.ids import PaymentId, RefundId
from marketplace.money import AmountRefused, MixedCurrencies, Money
from marketplace.payments import actions, queries
from marketplace.payments.errors import (
    DisputeOpen,
    KeyReused,
    NotRefundable,
    PaymentNotFound,
    ProviderRefused,
    RefundNotFound,
    RefundTooLarge,
)
from marketplace.payments.gateway import Reversal
from marketplace.payments.gateways.simulator.models import SimulatorCharge
from marketplace.payments.models import Payment, Refund
from marketplace.payments.status import RefundStatus
from marketplace.payments.views import RefundView
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
    [fact] = await world.facts("RefundSucceeded")
    assert json.loads(fact) == {
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
    assert len(await world.facts("PaymentDisputed")) == 1
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
    assert len(await world.facts("RefundSucceeded")) == 1


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


@pytest.mark.parametrize("says_no_by", ["refusing", "failing"])
async def test_a_refused_refund_can_be_tried_another_time(
    world: World, monkeypatch: pytest.MonkeyPatch, says_no_by: str
) -> None:
    paid = await world.pay()
    await ask(world, paid.id, SIXTY)

    async def say_no(reference: str, amount: Money, *, key: str, now: datetime) -> Reversal:
        if says_no_by == "refusing":
            raise ProviderRefused("The account is closed.")
        return Reversal("re_1", amount, RefundStatus.FAILED)

    monkeypatch.setattr(world.simulator, "refund", say_no)
    await world.let_pass(0)
    assert [one.status for one in await refunds(paid.id)] == [RefundStatus.FAILED]
    assert (await world.look(paid.id)).refunded == Money.zero("EUR")
    assert len(await world.facts("RefundFailed")) == 1
    monkeypatch.undo()
    await ask(world, paid.id, HUNDRED_EUROS, key="again")
    await world.let_pass(1)
    assert await given_back() == 10000


def test_a_decided_refund_takes_no_more_news(now: datetime) -> None:
    refund = Refund(
        id="r", payment_id="p", key="k", amount_minor=1, currency="EUR", reason="", status="succeeded",
        created_at=now, updated_at=now,
    )  # fmt: skip
    assert not refund.lease(now)
    assert not refund.apply(Reversal("re", refund.amount, RefundStatus.FAILED), now)
    assert not refund.refuse(now)
    refund.doubt(now)
    assert refund.state is RefundStatus.SUCCEEDED
