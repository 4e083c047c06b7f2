"""Taking money: once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import textwrap
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import func, select

from marketplace import settings
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.ids import BookingId, PaymentId
from marketplace.money import AmountRefused, Money
from marketplace.payments import actions, queries
from marketplace.payments.errors import (
    CardsNotTaken,
    KeyRefused,
    KeyReused,
    PaymentInProgress,
    PaymentNotFound,
    ProviderRefused,
    ProviderSilent,
    UnknownProvider,
)
from marketplace.payments.gateway import Charge, WebhookFaults, use_gateway
from marketplace.payments.gateways.simulator.adapter import SimulatorGateway
from marketplace.payments.gateways.simulator.models import SimulatorCharge
from marketplace.payments.models import Payment
from marketplace.payments.status import FailureReason, PaymentStatus, RefundStatus
from marketplace.payments.views import Decline
from tests.makers.payments import CARD_DECLINED, CHALLENGE, HUNDRED_EUROS, SUCCESS, World, card


async def charges() -> list[SimulatorCharge]:
    async with transaction(reading=True) as session:
        return list((await session.exec(select(SimulatorCharge))).all())


async def payments() -> int:
    async with transaction(reading=True) as session:
        return (await session.exec(select(func.count()).select_from(Payment))).one()


def meet_after(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """`function`, after whose first two calls both callers wait for each other."""
    barrier, calls = asyncio.Barrier(2), count()

    async def met(*args: Any, **kwargs: Any) -> Any:
        result = await function(*args, **kwargs)
        if next(calls) < 2:
            await barrier.wait()
        return result

    return met


class Broken(SimulatorGateway):
    """A simulator whose answers get lost: the work is done, nobody hears of it."""

    loses: frozenset[str] = frozenset()
    asked = 0

    async def charge(self, amount: Money, method: str, *, key: str, now: datetime) -> Charge:
        type(self).asked += 1
        if "before charge" in self.loses:
            raise ProviderSilent("500")
        answer = await super().charge(amount, method, key=key, now=now)
        if "charge" in self.loses:
            raise ConnectionResetError
        return answer

    async def fetch(self, reference: str | None, *, key: str) -> Charge | None:
        if "fetch" in self.loses:
            raise TimeoutError
        if "memory" in self.loses:
            return None
        return await super().fetch(reference, key=key)

    async def confirm_action(self, reference: str, *, approve: bool, key: str, now: datetime) -> Charge:
        answer = await super().confirm_action(reference, approve=approve, key=key, now=now)
        if "confirm" in self.loses:
            raise TimeoutError
        return answer


@pytest.fixture
def broken(world: World) -> Broken:
    """The world's simulator, replaced by one that can break."""
    world.simulator = Broken(transport=world.simulator._transport, dice=world.simulator._dice)
    use_gateway("simulator", world.simulator)
    Broken.asked = 0
    return world.simulator


class TestTheUsualWay:
    async def test_a_good_card_pays_and_each_step_can_be_seen(self, world: World) -> None:
        begun = await world.start()
        assert begun.status is PaymentStatus.PROCESSING
        await world.let_pass(1)
        assert (await world.look(begun.id)).method_label == "Visa •••• 4242"
        await world.let_pass(3)
        paid = await world.look(begun.id)
        assert (paid.status, paid.captured, paid.refundable) == (PaymentStatus.SUCCEEDED, HUNDRED_EUROS, HUNDRED_EUROS)
        assert [step.label for step in paid.steps] == ["Payment started", "The bank is checking the payment", "Paid"]
        assert paid.version > begun.version
        [event] = await world.events("PaymentSucceeded")
        assert json.loads(event) == {
            "payment_id": paid.id,
            "booking_id": paid.booking_id,
            "amount": 10000,
            "currency": "EUR",
        }

    async def test_a_declined_card_says_why_and_the_buyer_may_try_again(self, world: World) -> None:
        declined = await world.pay(CARD_DECLINED, booking=(booking := BookingId.new()), key="one")
        assert declined.status is PaymentStatus.FAILED
        assert declined.failure_reason is FailureReason.CARD_DECLINED
        assert "declined" in (declined.failure_message or "")
        again = await world.pay(booking=booking, key="two")
        assert again.status is PaymentStatus.SUCCEEDED
        async with transaction(reading=True) as session:
            tried = await queries.payments_of(session, booking)
        assert [payment.id for payment in tried] == [again.id, declined.id]
        [failure] = await world.events("PaymentFailed")
        assert json.loads(failure)["reason"] == "card_declined"

    async def test_a_token_that_the_provider_does_not_know_fails_the_payment(self, world: World) -> None:
        refused = await world.pay(method="pm_sim_nonsense")
        assert (refused.status, refused.failure_reason) == (PaymentStatus.FAILED, FailureReason.PROCESSING_ERROR)
        assert await charges() == []
        assert len(await world.events("PaymentFailed")) == 1

    async def test_asking_again_about_a_decided_payment_changes_nothing(self, world: World) -> None:
        paid = await world.pay()
        await actions.process(paid.id, world.now + timedelta(days=1))
        assert await world.look(paid.id) == paid


class TestOnlyOnce:
    async def test_the_same_key_is_the_same_payment(self, world: World) -> None:
        booking = BookingId.new()
        first = await world.start(booking=booking)
        assert (await world.start(booking=booking)).id == first.id
        await world.let_pass(4)
        assert (await world.start(booking=booking)).status is PaymentStatus.SUCCEEDED
        assert len(await charges()) == 1

    async def test_the_same_key_for_another_amount_is_refused(self, world: World) -> None:
        booking = BookingId.new()
        await world.start(booking=booking)
        with pytest.raises(KeyReused):
            await world.start(booking=booking, amount=Money(1, "EUR"))

    async def test_the_same_key_on_another_booking_is_another_payment(self, world: World) -> None:
        assert (await world.start()).id != (await world.start()).id

    async def test_a_booking_that_is_paid_is_not_charged_again(self, world: World) -> None:
        paid = await world.pay(booking=(booking := BookingId.new()))
        with pytest.raises(PaymentInProgress) as refusal:
            await world.start(booking=booking, key="a-day-later")
        assert refusal.value.payment_id == paid.id
        assert "paid already" in refusal.value.message

    async def test_two_tabs_at_once_begin_one_payment(self, world: World) -> None:
        booking = BookingId.new()
        tried = await asyncio.gather(
            *(world.start(booking=booking, key=f"tab-{n}") for n in range(5)), return_exceptions=True
        )
        begun = [one for one in tried if not isinstance(one, BaseException)]
        refused = [one for one in tried if isinstance(one, PaymentInProgress)]
        assert (len(begun), len(refused)) == (1, 4)
        assert {refusal.payment_id for refusal in refused} == {begun[0].id}
        await world.let_pass(4)
        assert len(await charges()) == 1

    async def test_a_double_click_gets_the_same_payment_twice(self, world: World) -> None:
        booking, method = BookingId.new(), await world.token()
        both = await asyncio.gather(*(world.start(booking=booking, method=method) for _ in range(2)))
        assert both[0].id == both[1].id
        assert await payments() == 1

    @pytest.mark.parametrize("database", ["postgres"], indirect=True)  # SQLite lets no second writer get that far
    @pytest.mark.parametrize("is_guarded", [True, False])
    async def test_the_index_decides_between_tabs_that_both_saw_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
    ) -> None:
        if not is_guarded:
            async with transaction() as session:
                await session.execute(text("DROP INDEX uq_payment_one_per_booking"))
        booking, method = BookingId.new(), await world.token()
        monkeypatch.setattr(queries, "live_payment", meet_after(queries.live_payment))
        tried = await asyncio.gather(
            *(world.start(booking=booking, method=method, key=key) for key in ("left", "right")), return_exceptions=True
        )
        assert sum(isinstance(one, PaymentInProgress) for one in tried) == is_guarded
        assert await payments() == (1 if is_guarded else 2)

    async def test_workers_that_ask_at_once_charge_once(self, world: World) -> None:
        begun = await world.start()
        await asyncio.gather(*(actions.process(begun.id, world.now) for _ in range(5)))
        assert len(await charges()) == 1


class TestRefusals:
    @pytest.mark.parametrize("minor", [0, -1])
    async def test_nothing_and_less_cannot_be_paid(self, world: World, minor: int) -> None:
        with pytest.raises(AmountRefused):
            await world.start(amount=Money(minor, "EUR"), method="pm")

    @pytest.mark.parametrize("key", ["", "ä", "a b", "k" * 256, "line\n"])
    async def test_a_key_is_visible_ascii(self, world: World, key: str) -> None:
        with pytest.raises(KeyRefused):
            await world.start(key=key, method="pm")

    async def test_an_unknown_provider_is_not_found(self, world: World) -> None:
        async with transaction() as session:
            with pytest.raises(UnknownProvider):
                await actions.start(
                    session,
                    booking=BookingId.new(),
                    amount=HUNDRED_EUROS,
                    provider="bank of nowhere",
                    method="pm",
                    key="k",
                    now=world.now,
                )

    async def test_an_unknown_payment_is_not_found(self, world: World) -> None:
        with pytest.raises(PaymentNotFound):
            await actions.process(PaymentId.new(), world.now)
        with pytest.raises(NotFound):
            await actions.cancel(PaymentId.new(), world.now)


class TestLostAnswers:
    async def test_an_answer_lost_after_success_leaves_one_charge(self, world: World, broken: Broken) -> None:
        broken.loses = frozenset({"charge"})
        lost = await world.start()
        await actions.process(lost.id, world.now)
        assert (await world.look(lost.id)).status is PaymentStatus.UNKNOWN
        broken.loses = frozenset()
        await world.let_pass(10)
        assert await actions.settle_in_flight(world.now) == 1
        assert (await world.look(lost.id)).status is PaymentStatus.SUCCEEDED
        assert (len(await charges()), broken.asked) == (1, 1)

    async def test_a_provider_that_never_heard_is_asked_again_by_the_same_key(
        self, world: World, broken: Broken
    ) -> None:
        broken.loses = frozenset({"before charge"})
        lost = await world.start()
        await world.let_pass(1)
        assert (await world.look(lost.id)).status is PaymentStatus.UNKNOWN
        assert await actions.settle_in_flight(world.now) == 0, "not before its time"
        broken.loses = frozenset()
        await world.let_pass(10)
        await actions.settle_in_flight(world.now)
        await world.let_pass(4)
        assert (await world.look(lost.id)).status is PaymentStatus.SUCCEEDED
        assert [charge.key for charge in await charges()] == [lost.id]

    async def test_an_unknown_payment_stays_unknown_while_nobody_answers(self, world: World, broken: Broken) -> None:
        broken.loses = frozenset({"before charge", "fetch"})
        lost = await world.start()
        for _ in range(5):
            await world.let_pass(0)
            await actions.settle_in_flight(world.now)
            world.now += timedelta(minutes=10)
        seen = await world.look(lost.id)
        assert seen.status is PaymentStatus.UNKNOWN
        assert [step.label for step in seen.steps] == ["Payment started", "No answer yet; we keep asking"]
        with pytest.raises(PaymentInProgress):
            await world.start(booking=lost.booking_id, key="impatient")

    async def test_after_a_day_nothing_is_asked_anew_under_an_old_key(self, world: World, broken: Broken) -> None:
        broken.loses = frozenset({"before charge"})
        lost = await world.start()
        await world.let_pass(1)
        broken.loses = frozenset()
        world.now += timedelta(hours=24)
        await actions.settle_in_flight(world.now)
        assert (await world.look(lost.id)).status is PaymentStatus.FAILED
        assert await charges() == []

    async def test_when_no_webhook_comes_we_ask(self, world: World) -> None:
        await world.behave(faults=WebhookFaults(drop=True))
        quiet = await world.start()
        await world.let_pass(20)
        assert (await world.look(quiet.id)).status is PaymentStatus.PROCESSING
        await actions.settle_in_flight(world.now)
        assert (await world.look(quiet.id)).status is PaymentStatus.SUCCEEDED

    @pytest.mark.parametrize("loses", ["fetch", "memory"])
    async def test_a_provider_that_cannot_be_asked_is_asked_later(
        self, world: World, broken: Broken, loses: str
    ) -> None:
        world.is_down = True
        quiet = await world.start()
        await world.let_pass(20)
        broken.loses = frozenset({loses})
        await actions.settle_in_flight(world.now)
        assert (await world.look(quiet.id)).status is PaymentStatus.PROCESSING
        broken.loses = frozenset()
        await world.let_pass(20)
        await actions.settle_in_flight(world.now)
        assert (await world.look(quiet.id)).status is PaymentStatus.SUCCEEDED

    async def test_a_late_refusal_does_not_undo_what_a_webhook_has_told(
        self, world: World, broken: Broken, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = await world.start()

        async def decided_meanwhile(*_: Any, **__: Any) -> Charge:
            async with transaction() as session:
                row = await queries.lock_payment(session, begun.id)
                row.status, row.reference = PaymentStatus.SUCCEEDED.value, "ch_sim_known"
            raise ProviderRefused("no")

        monkeypatch.setattr(broken, "charge", decided_meanwhile)
        await actions.process(begun.id, world.now)
        assert (await world.look(begun.id)).status is PaymentStatus.SUCCEEDED


class TestSecondFactor:
    async def test_an_approved_challenge_pays(self, world: World) -> None:
        begun = await world.start(CHALLENGE)
        await world.let_pass(1)
        asked = await world.look(begun.id)
        assert asked.status is PaymentStatus.REQUIRES_ACTION
        assert asked.next_action == {"type": "challenge", "payment_id": begun.id}
        world.now += timedelta(seconds=5)
        answered = await actions.answer_challenge(begun.id, approve=True, now=world.now)
        assert (answered.status, answered.next_action) == (PaymentStatus.PROCESSING, None)
        await world.let_pass(4)
        assert (await world.look(begun.id)).status is PaymentStatus.SUCCEEDED

    async def test_a_refused_challenge_fails(self, world: World) -> None:
        begun = await world.start(CHALLENGE)
        await world.let_pass(1)
        refused = await actions.answer_challenge(begun.id, approve=False, now=world.now)
        assert refused.failure_reason is FailureReason.AUTHENTICATION_FAILED

    async def test_a_second_answer_changes_nothing(self, world: World) -> None:
        begun = await world.start(CHALLENGE)
        await world.let_pass(1)
        await actions.answer_challenge(begun.id, approve=False, now=world.now)
        again = await actions.answer_challenge(begun.id, approve=True, now=world.now)
        assert again.status is PaymentStatus.FAILED

    async def test_a_challenge_that_nobody_answers_runs_out(self, world: World) -> None:
        begun = await world.start(CHALLENGE)
        await world.let_pass(1)
        world.now += timedelta(minutes=10)
        await world.let_pass(1)
        assert (await world.look(begun.id)).failure_reason is FailureReason.AUTHENTICATION_FAILED

    async def test_a_lost_answer_to_the_challenge_is_asked_for(self, world: World, broken: Broken) -> None:
        begun = await world.start(CHALLENGE)
        await world.let_pass(1)
        broken.loses = frozenset({"confirm"})
        world.is_down = True
        world.now += timedelta(seconds=1)
        unsure = await actions.answer_challenge(begun.id, approve=True, now=world.now)
        assert (unsure.status, unsure.next_action) == (PaymentStatus.UNKNOWN, None)
        await world.let_pass(10)
        await actions.settle_in_flight(world.now)
        assert (await world.look(begun.id)).status is PaymentStatus.SUCCEEDED

    async def test_giving_up_at_the_challenge_cancels_and_makes_room(self, world: World) -> None:
        begun = await world.start(CHALLENGE)
        await world.let_pass(1)
        given_up = await actions.cancel(begun.id, world.now + timedelta(seconds=1))
        assert given_up.status is PaymentStatus.CANCELED
        assert json.loads((await world.events("PaymentFailed"))[0])["reason"] == "canceled"
        assert (await world.pay(booking=begun.booking_id, key="other")).status is PaymentStatus.SUCCEEDED

    async def test_what_is_decided_cannot_be_given_up(self, world: World) -> None:
        paid = await world.pay()
        assert await actions.cancel(paid.id, world.now) == paid


class TestCrash:
    async def test_a_worker_killed_between_charge_and_commit_leaves_one_charge(
        self, world: World, database: str, tmp_path: Path, own_settings: settings.Settings
    ) -> None:
        begun = await world.start()
        died = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            KILLED,
            begun.id,
            world.now.isoformat(),
            database,
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "ENVIRONMENT": "test",
                "SECRET_KEY": own_settings.signing_key,
                "SIMULATOR_FAILURE_RATE": "0",
            },
        )
        assert await died.wait() == -signal.SIGKILL
        assert len(await charges()) == 1
        assert (await world.look(begun.id)).reference is None
        await world.let_pass(35)
        await actions.settle_in_flight(world.now)
        assert (await world.look(begun.id)).status is PaymentStatus.SUCCEEDED
        assert len(await charges()) == 1
        assert len(await world.events("PaymentSucceeded")) == 1


KILLED = textwrap.dedent("""
    import asyncio, os, signal, sys
    from datetime import datetime
    from marketplace import db
    from marketplace.ids import PaymentId
    from marketplace.payments import actions
    from marketplace.payments.gateway import use_gateway
    from marketplace.payments.gateways.simulator import SimulatorGateway

    class Fatal(SimulatorGateway):
        async def charge(self, *args, **kwargs):
            await super().charge(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

    payment, now, url = sys.argv[1:]
    db.use(db.connect(url))
    use_gateway("simulator", Fatal())
    asyncio.run(actions.process(PaymentId(payment), datetime.fromisoformat(now)))
""")


class TestLateMoney:
    async def learn(self, world: World, id: PaymentId, **said: Any) -> None:
        async with transaction() as session:
            payment = await queries.lock_payment(session, id)
            charge = Charge(
                reference=payment.reference or "ch_sim_late",
                amount=payment.amount,
                captured=said.pop("captured", payment.amount),
                at=world.now,
                status=PaymentStatus.SUCCEEDED,
                **said,
            )
            await actions.paying.learn(session, payment, charge, world.now)

    async def test_a_success_after_a_failure_wins(self, world: World) -> None:
        failed = await world.pay(CARD_DECLINED)
        await self.learn(world, failed.id)
        late = await world.look(failed.id)
        assert (late.status, late.failure_reason, late.is_surplus) == (PaymentStatus.SUCCEEDED, None, False)
        assert len(await world.events("PaymentSucceeded")) == 1

    @pytest.mark.parametrize("is_disputed", [False, True])
    async def test_money_for_a_booking_that_another_payment_pays_goes_back(
        self, world: World, is_disputed: bool
    ) -> None:
        failed = await world.pay(CARD_DECLINED, booking=(booking := BookingId.new()), key="one")
        kept = await world.pay(booking=booking, key="two")
        await self.learn(world, failed.id, is_disputed=is_disputed)
        surplus = await world.look(failed.id)
        assert (surplus.status, surplus.is_surplus) == (PaymentStatus.SUCCEEDED, True)
        assert surplus.refunded == HUNDRED_EUROS
        async with transaction(reading=True) as session:
            [refund] = await queries.refunds_of(session, failed.id)
        assert refund.status is (RefundStatus.OWED if is_disputed else RefundStatus.REQUESTED)
        assert [json.loads(body)["payment_id"] for body in await world.events("PaidTwice")] == [failed.id]
        assert [json.loads(body)["payment_id"] for body in await world.events("PaymentSucceeded")] == [kept.id]

    async def test_what_the_provider_took_is_what_is_told(self, world: World) -> None:
        begun = await world.start()
        await self.learn(world, begun.id, captured=Money(5, "USD"))
        assert (await world.look(begun.id)).captured == Money(5, "USD")
        [event] = await world.events("PaymentSucceeded")
        assert (json.loads(event)["amount"], json.loads(event)["currency"]) == (5, "USD")


class TestHistory:
    async def test_history_is_narrowed_down_and_paged(self, world: World) -> None:
        paid = await world.pay()
        failed = await world.pay(CARD_DECLINED)
        async with transaction(reading=True) as session:
            everything = await queries.history(session)
            assert [one.id for one in everything.items] == [failed.id, paid.id]
            newest = await queries.history(session, limit=1)
            rest = await queries.history(session, cursor=newest.next_cursor)
            assert [[one.id for one in page.items] for page in (newest, rest)] == [[failed.id], [paid.id]]
            assert rest.next_cursor is None
            for narrowed, found in (
                ({"status": PaymentStatus.FAILED}, [failed.id]), ({"text": f" {paid.booking_id} "}, [paid.id]),
                ({"text": "DECLINED"}, [failed.id]), ({"text": "%"}, []),
            ):  # fmt: skip
                page = await queries.history(session, **narrowed)
                assert [one.id for one in page.items] == found

    async def test_analytics_count_what_was_decided(self, world: World) -> None:
        began = world.now
        async with transaction(reading=True) as session:
            nothing = await queries.analytics(session, since=began, until=began + timedelta(days=1))
        assert (nothing.started, nothing.success_rate, nothing.volumes) == (0, None, ())
        await world.pay(amount=Money(1000, "EUR"))
        await world.pay(amount=Money(2000, "EUR"))
        await world.pay(amount=Money(500, "JPY"))
        await world.pay(CARD_DECLINED)
        await world.start()
        async with transaction(reading=True) as session:
            seen = await queries.analytics(session, since=began, until=began + timedelta(days=1))
        assert (seen.started, seen.succeeded, seen.failed, seen.success_rate) == (5, 3, 1, 0.75)
        assert [(one.payments, one.total, one.average) for one in seen.volumes] == [
            (2, Money(3000, "EUR"), Money(1500, "EUR")),
            (1, Money(500, "JPY"), Money(500, "JPY")),
        ]
        assert seen.declines == (Decline(FailureReason.CARD_DECLINED, 1),)

    async def test_their_course_counts_each_payment_where_it_began(self, world: World) -> None:
        edges = [world.now + timedelta(hours=at) for at in (1, 2, 3, 4)]
        await world.pay()
        world.now = edges[0]
        await world.pay()
        await world.pay(CARD_DECLINED)
        world.now = edges[2]
        await world.pay()
        await world.start()
        async with transaction(reading=True) as session:
            seen = await queries.course(session, edges)
        assert [(part.since, part.until) for part in seen] == list(pairwise(edges))
        assert [(part.succeeded, part.failed) for part in seen] == [(1, 1), (0, 0), (1, 0)]


def test_a_card_is_never_shown_in_its_repr() -> None:
    assert SUCCESS not in repr(card())
    assert "123" not in repr(card())


async def test_a_plain_provider_takes_no_cards_and_has_no_habits(world: World) -> None:
    use_gateway("plain", object())  # type: ignore[arg-type]
    with pytest.raises(UnknownProvider):
        await actions.simulator_settings("plain")
    with pytest.raises(CardsNotTaken):
        await actions.keep_card("plain", card(), world.now)
