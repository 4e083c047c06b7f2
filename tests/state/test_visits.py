"""A tab's State is one visitor's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from reflex.event import Event, get_event, get_hydrate_event
from reflex.state import State

from marketplace import clock, settings
from marketplace.accounts import actions as accounts
from marketplace.accounts import tokens
from marketplace.accounts.errors import SessionEnded
from marketplace.accounts.views import Tokens
from marketplace.db import transaction
from marketplace.ids import CartId
from marketplace.state.account import AccountState
from marketplace.state.newcomers import Newcomers
from marketplace.state.orders import OrderState
from marketplace.state.viewer import ViewerState, actor_of
from tests.makers.accounts import PASSWORD, make_account


class Tab:
    """A browser tab with a State, whose connection sends cookies."""

    def __init__(self) -> None:
        self.root = State(_reflex_internal_init=True)  # type: ignore[call-arg]

    async def connects(self, cart: CartId, access: str = "") -> None:
        cookie = f"cart={tokens.issue_cart(cart, clock.now())}; access={access}"
        self.root.router_data = {"headers": {"cookie": cookie}, "pathname": "/orders", "query": {}, "token": "tab"}
        self.root._update_router_vars(self.root.router_data, {})

    async def sends(self, name: str = "") -> Any:
        event = Event(name=name or get_hydrate_event(self.root))
        return await Newcomers().preprocess(None, self.root, event)  # type: ignore[arg-type]

    async def of(self, kind: type) -> Any:
        return await self.root.get_state(kind)


async def log_in(now: datetime) -> Tokens:
    account = await make_account(now)
    async with transaction() as session:
        return await accounts.login(session, email=account.email, password=PASSWORD, device="", now=now)


@pytest.mark.parametrize("filling", ["hydrate", "hydrate_and_load"])
async def test_the_next_visitor_of_a_tab_finds_it_empty(filling: str) -> None:
    tab, ada = Tab(), CartId.new()
    await tab.connects(ada)
    assert await tab.sends(get_event(tab.root, filling)) is None
    order = await tab.of(OrderState)
    order.buyer, order.email = "Ada Byron", "ada@example.org"
    (await tab.of(AccountState)).enrolling_secret = "SECRET"
    await tab.connects(ada)
    assert await tab.sends(get_event(tab.root, filling)) is None
    assert order.email == "ada@example.org"
    await tab.connects(CartId.new())
    assert await tab.sends(get_event(tab.root, filling)) is None
    assert (order.buyer, order.email, (await tab.of(AccountState)).enrolling_secret) == ("", "", "")


async def test_no_event_of_the_next_visitor_is_handled_before_that() -> None:
    tab = Tab()
    await tab.connects(CartId.new())
    assert await tab.sends("look") is None
    await tab.connects(CartId.new())
    for _ in range(2):
        told = await tab.sends("look")
        assert [list(state) for state in told.delta.values()] == [["away_rx_state_"]]
    assert await tab.sends() is None
    assert await tab.sends("look") is None


@pytest.mark.parametrize("is_open", [True, False])
async def test_pages_learn_whether_the_lab_is_open(own_settings: settings.Settings, *, is_open: bool) -> None:
    settings.use(own_settings.model_copy(update={"lab": is_open}))
    tab = Tab()
    await tab.connects(CartId.new())
    viewer = await tab.of(ViewerState)
    assert not viewer.has_lab
    await viewer.look()
    assert viewer.has_lab is is_open


async def test_an_ended_log_in_is_nobody_on_an_open_page(database: str, redis: object, now: datetime) -> None:
    given = await log_in(now)
    tab = Tab()
    await tab.connects(CartId.new(), given.access)
    viewer = await tab.of(ViewerState)
    actor = await actor_of(viewer)
    assert actor.account == given.account.id
    async with transaction() as session:
        await accounts.logout(session, given.refresh, now)
    with pytest.raises(SessionEnded):
        await actor_of(viewer)


@pytest.mark.parametrize(("environment", "is_told"), [("production", True), ("development", False)])
async def test_every_page_of_a_trial_in_production_says_that_no_money_moves(
    own_settings: settings.Settings, environment: str, is_told: bool
) -> None:
    trial = {"environment": settings.Environment(environment), "allow_simulator": True}
    settings.use(own_settings.model_copy(update=trial))
    tab = Tab()
    await tab.connects(CartId.new())
    viewer = await tab.of(ViewerState)
    await ViewerState.look.fn(viewer)  # type: ignore[attr-defined]
    assert viewer.moves_no_money is is_told
