"""Webhooks: verified, stored once, worked off until they have had their effect."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from marketplace import settings
from marketplace.db import transaction
from marketplace.errors import Invalid, TooLarge
from marketplace.payments import actions, queries
from marketplace.payments.actions.housekeeping import EVENTS_KEPT_FOR
from marketplace.payments.actions.inbox import LARGEST_BODY
from marketplace.payments.errors import BadSignature, UnknownProvider, UnreadableWebhook, WebhookNotFound
from marketplace.payments.gateway import Notice, WebhookFaults
from marketplace.payments.gateways.simulator import webhooks
from marketplace.payments.gateways.simulator.models import SimulatorDelivery
from marketplace.payments.models import PARKED_FOR, InboxState, WebhookEvent
from marketplace.payments.signatures import sign, verify
from marketplace.payments.status import PaymentStatus
from marketplace.payments.views import PaymentView
from tests.makers.payments import CHALLENGE, World

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())
UNKNOWN_CHARGE = "ch_sim_01ARZ3NDEKTSV4RRFFQ69G5FAV"


def event(reference: str = UNKNOWN_CHARGE, *, id: str = "evt_sim_1", at: datetime, **said: Any) -> bytes:
    thing = {"id": reference, "amount": 10000, "captured": 10000, "currency": "EUR", "status": "succeeded", **said}
    return json.dumps({"id": id, "type": "charge", "at": at.isoformat(), "object": thing}).encode()


async def send(body: bytes, now: datetime, *, signed_at: datetime | None = None, secret: str | None = None) -> None:
    secret = settings.current().simulator_secret if secret is None else secret
    await actions.receive_webhook("simulator", body, {webhooks.HEADER: sign(body, secret, signed_at or now)}, now)


async def inbox() -> list[WebhookEvent]:
    async with transaction(reading=True) as session:
        return list((await session.exec(select(WebhookEvent))).all())


async def deliveries() -> list[SimulatorDelivery]:
    async with transaction(reading=True) as session:
        return list((await session.exec(select(SimulatorDelivery).order_by(SimulatorDelivery.id))).all())


class TestSignature:
    @pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
    def test_published_and_hostile_vectors(self, vector: dict[str, Any]) -> None:
        body = base64.b64decode(vector["body_b64"])
        now = datetime.fromtimestamp(vector["now"], UTC)
        try:
            verify(body, vector["header"], vector["secret"], now)
            json.loads(body)
        except (BadSignature, ValueError):
            assert vector["expect"] == "reject"
        else:
            assert vector["expect"] == "accept"

    @pytest.mark.parametrize("seconds", [-301, -300, 0, 300, 301])
    def test_past_and_future_have_the_same_tolerance(self, now: datetime, seconds: int) -> None:
        header = sign(b"{}", "secret", now + timedelta(seconds=seconds))
        if abs(seconds) <= 300:
            verify(b"{}", header, "secret", now)
        else:
            with pytest.raises(BadSignature):
                verify(b"{}", header, "secret", now)

    def test_an_empty_secret_accepts_nothing(self, now: datetime) -> None:
        with pytest.raises(BadSignature):
            verify(b"{}", sign(b"{}", "", now), "", now)

    @pytest.mark.parametrize(
        "header", [None, "", "t=1", "v1=ab", "t=x,v1=ab", "t=1,t=1,v1=ab", "t=²,v1=ab", f"t={'9' * 40},v1=a"]
    )
    def test_a_misshapen_header_is_refused(self, now: datetime, header: str | None) -> None:
        with pytest.raises(BadSignature):
            verify(b"{}", header, "secret", now)

    def test_a_digest_that_is_not_ascii_is_refused(self, now: datetime) -> None:
        with pytest.raises(BadSignature):
            verify(b"{}", f"t={int(now.timestamp())},v1=\udcffé", "secret", now)


class TestReceiving:
    async def test_forged_old_and_future_events_leave_no_trace(self, world: World) -> None:
        body = event(at=world.now)
        for trick in (
            {"secret": "another secret"},
            {"signed_at": world.now - timedelta(seconds=301)},
            {"signed_at": world.now + timedelta(seconds=301)},
        ):
            with pytest.raises(BadSignature):
                await send(body, world.now, **trick)  # type: ignore[arg-type]
        with pytest.raises(BadSignature):
            await actions.receive_webhook("simulator", body, {}, world.now)
        assert await inbox() == []
        assert await world.events("WebhookReceived") == []

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"\xff\xfe", b"not json", b"[]", b"null", b'{"id": 1}', b"[" * 100_000,
            *(
                event(at=datetime(2030, 1, 1, tzinfo=UTC), **wrong)
                for wrong in (
                    {"amount": "1"}, {"amount": 1.5}, {"amount": True}, {"amount": 2**63}, {"amount": 10**15},
                    {"currency": "EURO"}, {"status": "rich"}, {"reason": "mood"}, {"captured": float("nan")},
                    {"id": "evt one"}, {"id": "evt_sim_" + "x" * 300},
                )
            ),
        ],
    )  # fmt: skip
    async def test_what_cannot_be_read_is_refused_and_leaves_no_trace(self, world: World, body: bytes) -> None:
        with pytest.raises(UnreadableWebhook):
            await send(body, world.now)
        assert await inbox() == []

    async def test_a_huge_body_is_refused_before_it_is_looked_at(self, world: World) -> None:
        with pytest.raises(TooLarge):
            await send(b" " * (LARGEST_BODY + 1), world.now)

    async def test_only_known_providers_have_an_inbox(self, world: World) -> None:
        with pytest.raises(UnknownProvider):
            await actions.receive_webhook("nobody", b"", {}, world.now)

    async def test_the_same_event_five_times_at_once_is_stored_once(self, world: World) -> None:
        body = event(at=world.now)
        await asyncio.gather(*(send(body, world.now) for _ in range(5)))
        assert len(await inbox()) == 1
        assert len(await world.events("WebhookReceived")) == 1


class TestEffect:
    async def begun(self, world: World) -> PaymentView:
        """A payment whose charge is known, and whose webhooks this test sends itself."""
        await world.behave(faults=WebhookFaults(drop=True))
        payment = await world.start()
        await world.let_pass(0)
        return await world.look(payment.id)

    async def test_five_copies_at_once_have_one_effect(self, world: World) -> None:
        payment = await self.begun(world)
        body = event(payment.reference or "", at=world.now + timedelta(seconds=1))
        await asyncio.gather(*(send(body, world.now) for _ in range(5)))
        await asyncio.gather(*(actions.process_inbox(world.now) for _ in range(5)))
        assert (await world.look(payment.id)).status is PaymentStatus.SUCCEEDED
        assert len(await world.events("PaymentSucceeded")) == 1

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    async def test_events_in_any_order_end_alike(self, world: World, order: tuple[int, ...]) -> None:
        payment = await self.begun(world)
        story = [
            event(payment.reference or "", id=f"evt_sim_{second}", at=world.now + timedelta(seconds=second), **said)
            for second, said in enumerate(
                [{"status": "processing", "captured": 0}, {"status": "requires_action", "captured": 0}, {}], start=1
            )
        ]
        for place in order:
            await send(story[place], world.now)
            await actions.process_inbox(world.now)
        seen = await world.look(payment.id)
        assert (seen.status, seen.next_action, seen.captured.minor) == (PaymentStatus.SUCCEEDED, None, 10000)
        assert len(await world.events("PaymentSucceeded")) == 1

    async def test_a_replay_of_an_old_delivery_has_no_effect(self, world: World) -> None:
        paid = await world.pay()
        sent = [delivery for delivery in await deliveries() if delivery.delivered_at]
        for delivery in sent:
            await send(delivery.body, world.now)
        await actions.process_inbox(world.now)
        assert await world.look(paid.id) == paid

    async def test_an_event_that_comes_before_our_commit_is_parked_and_matched(self, world: World) -> None:
        payment = await world.start()
        charge = await world.simulator.charge(payment.amount, await world.token(), key=payment.id, now=world.now)
        await send(event(charge.reference, at=world.now + timedelta(seconds=1)), world.now)
        await actions.process_inbox(world.now)
        assert [one.state for one in await inbox()] == [InboxState.PARKED]
        await world.let_pass(0)
        assert (await world.look(payment.id)).status is PaymentStatus.SUCCEEDED
        assert {one.state for one in await inbox()} == {InboxState.DONE}

    async def test_what_nobody_ever_knows_is_given_up_after_a_day(self, world: World) -> None:
        await send(event(at=world.now), world.now)
        await actions.process_inbox(world.now)
        assert await actions.process_inbox(world.now) == 0, "not before its time"
        world.now += PARKED_FOR
        await actions.process_inbox(world.now)
        async with transaction(reading=True) as session:
            [dead] = await queries.inbox(session)
            health = await queries.inbox_health(session, world.now)
        assert (dead.reference, dead.state) == (UNKNOWN_CHARGE, "dead")
        assert (health.waiting, health.parked, health.dead, health.waiting_since) == (0, 0, 1, None)

    async def test_a_poisoned_event_is_tried_again_then_laid_aside_then_replayed(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = await self.begun(world)
        await send(event(payment.reference or "", at=world.now + timedelta(seconds=1)), world.now)

        async def choke(body: bytes) -> Notice:
            raise RuntimeError("a bug of ours")

        monkeypatch.setattr(world.simulator, "read_event", choke)
        for _ in range(8):
            await actions.process_inbox(world.now)
            world.now += timedelta(minutes=20)
        [dead] = await inbox()
        assert (dead.state, dead.attempts, dead.due_at) == (InboxState.DEAD, 8, None)
        assert "a bug of ours" in (dead.last_error or "")
        monkeypatch.undo()
        async with transaction() as session:
            await actions.replay_event(session, dead.id, world.now)
            assert (await queries.inbox_health(session, world.now)).waiting == 1
        await world.let_pass(0)
        assert (await world.look(payment.id)).status is PaymentStatus.SUCCEEDED

    async def test_an_event_about_no_payment_is_done_with(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        async def read(*_: Any) -> Notice:
            return Notice("evt_sim_news", "news", None)

        monkeypatch.setattr(world.simulator, "read_webhook", read)
        monkeypatch.setattr(world.simulator, "read_event", read)
        await actions.receive_webhook("simulator", b"{}", {}, world.now)
        await actions.process_inbox(world.now)
        assert [(one.state, one.reference) for one in await inbox()] == [(InboxState.DONE, None)]

    async def test_an_unknown_event_cannot_be_replayed(self, world: World) -> None:
        async with transaction() as session:
            with pytest.raises(WebhookNotFound):
                await actions.replay_event(session, "nothing", world.now)

    async def test_events_are_kept_for_a_month(self, world: World) -> None:
        await world.pay()
        async with transaction() as session:
            assert await actions.clean_up(session, world.now + EVENTS_KEPT_FOR - timedelta(minutes=1)) == 0
            assert await actions.clean_up(session, world.now + EVENTS_KEPT_FOR + timedelta(minutes=1)) == 2
        assert await inbox() == []


class TestFaultsOnTheWay:
    async def test_duplicates_have_one_effect(self, world: World) -> None:
        await world.behave(faults=WebhookFaults(duplicates=4))
        paid = await world.pay()
        assert paid.status is PaymentStatus.SUCCEEDED
        assert world.answers == [202] * 10
        assert len(await inbox()) == 2
        assert len(await world.events("PaymentSucceeded")) == 1

    async def test_delayed_news_comes_late(self, world: World) -> None:
        await world.behave(faults=WebhookFaults(delay_seconds=30))
        paid = await world.pay()
        assert paid.status is PaymentStatus.PROCESSING
        await world.let_pass(30)
        assert (await world.look(paid.id)).status is PaymentStatus.SUCCEEDED

    async def test_overtaken_news_changes_nothing_any_more(self, world: World) -> None:
        await world.behave(faults=WebhookFaults(reorder=True))
        paid = await world.pay()
        assert (paid.status, len(await inbox())) == (PaymentStatus.SUCCEEDED, 1)
        await world.let_pass(10)
        assert len(await inbox()) == 2
        assert (await world.look(paid.id)).status is PaymentStatus.SUCCEEDED

    async def test_forged_news_is_refused_and_not_sent_again(self, world: World) -> None:
        await world.behave(faults=WebhookFaults(forge=True), forced_outcomes=("card_declined",))
        failed = await world.pay()
        await world.let_pass(60)
        assert failed.status is PaymentStatus.FAILED
        assert sorted(world.answers) == [202, 202, 400, 400]
        steps = await actions.provider_timeline("simulator", failed.reference or "")
        assert [step.label for step in steps if "Forged" in step.label] == ["Forged webhook sent"] * 2

    async def test_while_nobody_listens_it_is_sent_again_and_given_up_in_the_end(self, world: World) -> None:
        world.is_down = True
        payment = await world.start()
        await world.let_pass(5)
        assert (await world.look(payment.id)).status is PaymentStatus.PROCESSING
        world.is_down = False
        await world.let_pass(30)
        assert (await world.look(payment.id)).status is PaymentStatus.SUCCEEDED
        world.is_down = True
        await world.start(CHALLENGE)
        for _ in range(webhooks.MOST_ATTEMPTS + 3):  # meanwhile the challenge runs out, which is news, too
            await world.let_pass(0)
            world.now += timedelta(minutes=5)
        given_up = [one for one in await deliveries() if one.delivered_at is None]
        assert {(one.attempts, one.due_at) for one in given_up} == {(webhooks.MOST_ATTEMPTS, None)}

    async def test_senders_at_once_send_once(self, world: World) -> None:
        token = await world.token()
        await world.simulator.charge((await world.start()).amount, token, key="direct", now=world.now)
        sent = await asyncio.gather(*(world.simulator.send_webhooks(world.now) for _ in range(4)))
        assert (sum(sent), world.answers) == (1, [202])


def test_every_refusal_at_the_door_is_the_senders_fault() -> None:
    assert issubclass(BadSignature, Invalid)
    assert issubclass(UnreadableWebhook, Invalid)
