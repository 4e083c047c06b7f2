"""What somebody types into the check-out, and what its page says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from redis.asyncio import Redis

from marketplace.accounts.views import Actor
from marketplace.inventory.errors import AlreadyExtended
from marketplace.pages.checkout import _paying
from marketplace.payments.status import PaymentStatus
from marketplace.state.checkout import CheckoutState, _card
from tests.makers.accounts import guest
from tests.makers.bookings import Market
from tests.state.test_visits import Tab


@pytest.mark.parametrize("typed", ["1230", "12/30", "12 / 2030", "1 2 3 0", "122030", "12/2030", " 12-30 ", "12.30"])
def test_an_expiry_is_read_however_a_keypad_lets_it_be_typed(typed: str) -> None:
    card = _card({"expiry": typed})
    assert (card.exp_month, card.exp_year) == (12, 2030)


def test_a_month_of_one_digit_is_one() -> None:
    assert (_card({"expiry": "1/30"}).exp_month, _card({"expiry": "130"}).exp_year) == (1, 2030)


@pytest.mark.parametrize("typed", ["", "next year", "12", "12/3", "12/30/1", "١٢/٣٠", "1" * 500])
def test_what_is_no_month_and_year_is_the_expiry_of_no_card(typed: str) -> None:
    assert _card({"expiry": typed}).exp_month == 0


def test_a_number_is_read_as_it_is_printed_on_the_card() -> None:
    assert _card({"number": "3782 822463 10005"}).number == "378282246310005"
    assert _card({"number": "4242-4242\u00a04242 4242"}).number == "4242424242424242"


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime, as_served: None) -> Market:
    return await Market.open(now)


async def at_check_out(market: Market, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> CheckoutState:
    """The page of somebody who has picked A-1, before it is loaded."""
    held = await market.hold(actor, "A-1")
    assert actor.cart is not None
    tab = Tab()
    await tab.connects(actor.cart)
    # Reflex tells a State the parts of the address when the pages are added.
    monkeypatch.setattr("marketplace.state.checkout.part_of", lambda _state, _name: held.id)
    checkout: CheckoutState = await tab.of(CheckoutState)
    return checkout


async def test_more_time_is_given_once_and_then_said_to_be_used_up(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = await at_check_out(market, guest(), monkeypatch)
    await market.skip(minutes=10)
    await checkout.load()
    assert (checkout.stage, checkout.can_extend) == ("form", True)
    before = datetime.fromisoformat(checkout.expires_at)
    await checkout.extend()
    assert datetime.fromisoformat(checkout.expires_at) > before
    assert not checkout.can_extend
    until = checkout.expires_at
    with pytest.raises(AlreadyExtended, match="works once"):
        await checkout.extend()
    await checkout.load()
    assert (checkout.expires_at, checkout.can_extend) == (until, False)


async def test_seats_that_another_tab_added_are_not_given_back_unseen(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = guest()
    checkout = await at_check_out(market, ada, monkeypatch)
    await checkout.load()
    await market.hold(ada, "A-2")
    show_anew, _ = await checkout.cancel()
    assert show_anew is CheckoutState.load
    assert len(await market.seats()) == 2
    await checkout.load()
    await checkout.cancel()
    assert await market.seats() == {}


@pytest.mark.parametrize("status", [status for status in PaymentStatus if status.is_live])
async def test_only_while_the_bank_asks_the_buyer_is_to_stay(market: Market, status: PaymentStatus) -> None:
    ada = guest()
    payment = await market.begin_to_pay(ada, await market.order(ada, "A-1"))
    checkout: CheckoutState = await Tab().of(CheckoutState)
    checkout._show_payment(replace(payment, status=status))
    assert checkout.stage == "paying"
    assert checkout.needs_challenge == (status is PaymentStatus.REQUIRES_ACTION)


def test_whoever_is_to_answer_the_bank_is_not_told_to_close_the_page() -> None:
    said = re.search(r"needs_challenge\w*\s*\?([^:]*):(.*)", str(_paying()))
    assert said is not None
    assert "Please stay on this page" in said[1]
    assert "You can close this page" not in said[1]
    assert "You can close this page" in said[2]
