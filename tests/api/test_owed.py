"""Money that is owed: seen, alarmed about, and settled by operators alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from marketplace.accounts.views import Actor
from marketplace.bookings import actions
from marketplace.db import transaction
from marketplace.ids import RefundId
from marketplace.money import Money
from marketplace.outbox import MoneyEvent, reacts_after, record
from marketplace.payments.errors import ProviderRefused
from tests.api.client import Client, is_problem
from tests.makers.accounts import bearer, make_account
from tests.makers.bookings import Market, guest


@pytest.fixture
async def operator(api: Client, market: Market) -> Client:
    account = await make_account(market.now, is_operator=True)
    client = api.without_cart()
    client.headers.update(await bearer(Actor(account=account.id, is_operator=True), market.now))
    return client


@pytest.fixture
async def refund(market: Market, monkeypatch: pytest.MonkeyPatch) -> RefundId:
    """Five euros that the provider has refused to pay back."""
    order = await market.bought(guest(), "A-1")
    assert order.payment_id

    async def refuse(*_: object, **__: object) -> None:
        raise ProviderRefused("The account is closed.")

    with monkeypatch.context() as closed:
        closed.setattr(market.simulator, "refund", refuse)
        async with transaction() as session:
            asked = await actions.refund(
                session, market.seller, order.payment_id, Money(5_00, "EUR"), reason="goodwill", key="r",
                now=market.now,
            )  # fmt: skip
        await market.work()
    return asked.id


async def test_an_operator_sees_what_is_owed_to_whom_and_why(
    operator: Client, market: Market, refund: RefundId
) -> None:
    [entry] = (await operator.get("/owed")).json()
    assert (entry["id"], entry["amount"], entry["why"], entry["refusals"]) == (
        refund, {"amount": 500, "currency": "EUR"}, "The account is closed.", 1,
    )  # fmt: skip
    assert (entry["buyer_email"], entry["title"], entry["reason"]) == (
        "ada@example.org", "An Evening of Chekhov", "goodwill",
    )  # fmt: skip
    assert entry["next_try"] is not None


async def test_an_operator_has_it_tried_again(operator: Client, market: Market, refund: RefundId) -> None:
    assert (await operator.post(f"/owed/{refund}/retry")).status_code == 202
    await market.work()
    assert (await market.bank())[1] == [5_00]
    assert (await operator.get("/owed")).json() == []
    is_problem(await operator.post(f"/owed/{refund}/retry"), 409, "not_owed")


async def test_an_operator_settles_it_by_other_means(operator: Client, market: Market, refund: RefundId) -> None:
    is_problem(await operator.post(f"/owed/{refund}/settle", json={"how": " "}), 422, "invalid")
    settled = await operator.post(f"/owed/{refund}/settle", json={"how": "Bank transfer of 3 May"})
    assert settled.json()["status"] == "settled"
    is_problem(await operator.post(f"/owed/{refund}/settle", json={"how": "again"}), 409, "not_owed")
    await market.skip(days=2)
    assert (await market.bank())[1] == []


async def test_nobody_else_sees_or_decides_anything(api: Client, market: Market, refund: RefundId) -> None:
    seller = await bearer(market.seller, market.now)
    for headers, refused in (({}, (401, "unauthenticated")), (seller, (403, "forbidden"))):
        client = api.without_cart()
        for answer in (
            await client.get("/owed", headers=headers),
            await client.post(f"/owed/{refund}/retry", headers=headers),
            await client.post(f"/owed/{refund}/settle", json={"how": "by cash"}, headers=headers),
        ):
            is_problem(answer, *refused)


@dataclass(frozen=True)
class TillRang(MoneyEvent):
    """Nobody delivers it in time."""


@reacts_after(TillRang)
async def hear(event: TillRang, now: datetime) -> None: ...


async def gauges(api: Client) -> dict[str, float]:
    lines = (await api.get("/metrics")).text.splitlines()
    plain = [line.split(" ") for line in lines if line.startswith("holdfast_") and "{" not in line]
    return {name: float(value) for name, value in plain}


async def test_where_all_money_is_in_its_place_there_is_no_alarm(api: Client, market: Market) -> None:
    calm = await api.get("/health/money")
    assert (calm.status_code, calm.json()["status"], calm.json()["unclaimed"]) == (200, "ok", 0)
    assert (await gauges(api))["holdfast_refunds_owed"] == 0


async def test_owed_money_raises_the_alarm(api: Client, market: Market, refund: RefundId) -> None:
    health = await api.get("/health/money")
    assert (health.status_code, health.json()["status"]) == (503, "alarm")
    assert health.json()["owed"]["amounts"] == [{"amount": 500, "currency": "EUR"}]
    assert (await gauges(api))["holdfast_refunds_owed"] == 1


async def test_late_news_about_money_raises_the_alarm(api: Client, market: Market) -> None:
    async with transaction() as session:
        record(session, TillRang(), market.now)
    assert (await api.get("/health/money")).status_code == 200, "it may be on its way"
    market.now += timedelta(seconds=90)
    late = await api.get("/health/money")
    assert late.status_code == 503
    assert late.json()["events"]["money_waits_since"] is not None
    assert (await gauges(api))["holdfast_money_events_late_seconds"] >= 60


async def test_money_that_nobody_claims_raises_the_alarm(
    api: Client, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(*_: object) -> None: ...

    monkeypatch.setattr(actions, "take_payment", deaf)
    order = await market.order(ada := guest(), "A-1")
    await market.pay_for(ada, order)
    await market.skip(minutes=11)
    health = await api.get("/health/money")
    assert (health.status_code, health.json()["unclaimed"]) == (503, 1)
