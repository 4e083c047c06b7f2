"""Whatever a browser sends with an event, no handler of any State answers that something is wrong on our side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import reflex as rx
from reflex.event import Event
from reflex.state import State
from reflex_base.event.processor.base_state_processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

from marketplace import marketplace as door
from marketplace import settings, wiring
from marketplace.accounts import actions as accounts
from marketplace.accounts import tokens
from marketplace.bookings import holding
from marketplace.db import transaction
from marketplace.errors import HoldfastError, TooLarge
from marketplace.ids import CartId
from marketplace.kinds.seats.kind import SeatRequest
from marketplace.lab import fresh_start
from marketplace.settings import Settings
from marketplace.state import checkout
from marketplace.state.arguments import MOST_CHARACTERS, Unreadable, read
from marketplace.state.browse import BrowseState
from marketplace.state.checkout import CheckoutState
from marketplace.state.viewer import ViewerState
from tests.accounts.people import Person
from tests.makers.catalog import make_listing
from tests.waiting import eventually

LONG = "x" * (MOST_CHARACTERS // 2)
ODD = (
    12, 12.5, -1, 0, 1e300, 10**30, float("nan"), "", "12,50", "word", "prices", "Ünïcödé \U0001f389", "\0", "\ud800", LONG, 3 * LONG,
    None, True, False, [], ["word"], [1, None, {"a": []}], {}, {"quantity": "many", "area": [], "maxAmount": {}, "category": 1},
    {"name": None, "rows": [1], "buyers": {}, "text": 5, "terms": "on"}, {FORM_DATA_ENTRIES_KEY: [["name", "Ada"], ["terms", "on"]]},
    {FORM_DATA_ENTRIES_KEY: "word"}, {FORM_DATA_ENTRIES_KEY: [1]}, {"x": {"y": {"z": {"deep": [[[[]]]]}}}},
)  # fmt: skip


@dataclass
class Desk:
    """Sends events as a browser does, and keeps what the marketplace said on purpose and what it did not."""

    processor: BaseStateEventProcessor
    cookie: str
    parts: dict[str, str]
    said: list[str] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)

    def hear(self, exception: Exception) -> Any:
        if not isinstance(exception, HoldfastError):
            self.failed.append(exception)
            return None
        self.said.append(exception.message)
        return door.tell_or_log(exception)

    async def send(self, name: str, payload: Any, at: str = "/") -> None:
        token = "tab"
        router = {"pathname": at, "asPath": at, "query": self.parts, "headers": {"cookie": self.cookie}, "sid": token}
        done = await self.processor.enqueue(token, Event(name=name, payload=payload, router_data=router))
        with suppress(Exception, asyncio.CancelledError):
            await done
        await eventually(lambda: not self.processor._tasks)  # what hears of errors is a task of its own


@pytest.fixture
async def desk(
    database: str, redis: object, now: datetime, own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """Somebody who is logged in, runs a shop and holds a seat in what it sells; the lab is open."""
    del database, redis
    settings.use(own_settings.model_copy(update={"lab": True}))
    monkeypatch.setenv("REFLEX_ENV_MODE", "prod")  # else Reflex looks for the types of vars, and cannot for a TypedDict
    monkeypatch.setattr(checkout, "WATCH_EVERY", 0)
    monkeypatch.setattr(checkout, "LOOK_EVERY", 0)
    monkeypatch.setattr(fresh_start, "make", _nothing)  # it is told nothing by a browser, and takes its time
    wiring.wire()
    person = await Person.arrives(now)
    async with transaction() as session:
        await accounts.vouch_for(session, person.actor.must_have_account(), now)
        shop = await accounts.open_shop(session, person.actor.must_have_account(), name="Royal", about="", now=now)
    listing = await make_listing(now, seller=shop)
    cart = CartId.new()
    access = (await person.logs_in(now)).access
    actor = tokens.read_access(access, now).actor(cart=cart)
    await holding.hold(actor, listing.id, SeatRequest(quantity=1), now)
    processor = BaseStateEventProcessor(middleware=door.app)
    parts = {"listing_slug": listing.slug, "sell_id": listing.id, "checkout_hold": "none", "order_id": "none"}
    desk = Desk(processor, f"access={access}; cart={tokens.issue_cart(cart, now)}", parts)
    processor.backend_exception_handler = desk.hear
    async with processor.configure():
        yield desk


async def _nothing() -> None:
    """Does nothing."""


def _heirs(state: type[Any]) -> Iterator[type[Any]]:
    for heir in state.__subclasses__():
        yield heir
        yield from _heirs(heir)


def handlers() -> Iterator[tuple[str, Any]]:
    for name, registered in RegistrationContext.get().event_handlers.items():
        yield name, registered.handler


def payloads(handler: Any) -> Iterator[dict[str, Any]]:
    """Each argument odd in each way, all the others plain; nothing; and more than there is."""
    names = list(handler.fn.__code__.co_varnames[1 : handler.fn.__code__.co_argcount])
    for odd in ODD if names else ODD[:2]:
        yield dict.fromkeys(names, odd) | {"more": odd}
        for name in names if len(names) > 1 else ():
            yield dict.fromkeys(names, "word") | {name: odd}
    yield {}


def test_every_state_is_among_those_asked() -> None:
    asked = {registered.states[0] for registered in RegistrationContext.get().event_handlers.values()}
    ours = {state for state in _heirs(State) if state.__module__.startswith("marketplace.")}
    assert {ViewerState, BrowseState} < ours <= asked


@pytest.mark.timeout(300)
async def test_no_handler_fails_whatever_a_browser_sends(desk: Desk) -> None:
    failures = []
    for name, handler in handlers():
        for payload in payloads(handler):
            await desk.send(name, payload)
            failures += [f"{name}({payload!r:.200}): {error!r:.300}" for error in desk.failed]
            desk.failed.clear()
    assert not failures, "\n".join(failures)
    assert desk.said, "nothing was refused: was anything sent?"


async def test_a_price_that_is_typed_into_a_filter_narrows_the_list(desk: Desk) -> None:
    name = _name(BrowseState, "typed")
    await desk.send(_name(BrowseState, "load"), {})
    for sent in (12, 12.0, "12"):  # a field of numbers sends numbers, one of text sends text
        await desk.send(name, {"name": "most", "value": sent, "edition": 1})
    assert not desk.failed
    assert not desk.said


async def test_too_much_is_refused_in_the_language_of_the_page(desk: Desk) -> None:
    await desk.send(_name(BrowseState, "search"), {"form": {"text": "x" * (MOST_CHARACTERS + 1)}}, at="/de/browse")
    assert desk.said
    assert "Zeichen" in desk.said[0]


def _name(state: type[rx.State], handler: str) -> str:
    return f"{state.get_full_name()}.{handler}"


class TestReading:
    def test_numbers_are_text_where_text_is_wanted_and_nothing_is_empty(self) -> None:
        typed = BrowseState.event_handlers["typed"].fn
        assert read(typed, {"name": "most", "value": 12.5, "edition": 1}) == {
            "name": "most",
            "value": "12.5",
            "edition": 1,
        }
        assert read(typed, {"name": "most", "value": None, "edition": 1})["value"] == ""

    def test_a_form_comes_as_pairs_of_which_the_last_one_counts(self) -> None:
        sent = {"form": {FORM_DATA_ENTRIES_KEY: [["text", "jazz"], ["text", "opera"]]}}
        assert read(BrowseState.event_handlers["search"].fn, sent) == {"form": {"text": "opera"}}

    def test_a_field_that_the_page_does_not_show_is_none_at_all(self) -> None:
        sent = {"form": {FORM_DATA_ENTRIES_KEY: [["terms", "on"], ["number", None]]}}
        assert read(CheckoutState.event_handlers["pay"].fn, sent) == {"form": {"terms": "on"}}

    @pytest.mark.parametrize(
        "sent", [{}, {"name": "most", "value": [], "edition": 1}, {"name": "most", "value": "1", "edition": {}}]
    )
    def test_what_a_handler_does_not_take_is_refused(self, sent: dict[str, Any]) -> None:
        with pytest.raises(Unreadable):
            read(BrowseState.event_handlers["typed"].fn, sent)

    @pytest.mark.parametrize("sent", ["x" * (MOST_CHARACTERS + 1), ["x"] * 10_000, [[[[[[["deep"]]]]]]]])
    def test_too_much_is_refused_whatever_its_shape(self, sent: object) -> None:
        with pytest.raises(TooLarge):
            read(BrowseState.event_handlers["search"].fn, {"form": sent})
