"""What the editor shows of a draft: what has been written, and nothing that nobody knows yet."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from marketplace.accounts.views import Actor, SellerView
from marketplace.catalog import queries, writing
from marketplace.db import transaction
from marketplace.ids import ListingId
from marketplace.kinds.seats import queries as seat_plans
from marketplace.state.sell_edit import SellEditState
from tests.makers.accounts import make_seller
from tests.makers.catalog import make_plan
from tests.state.test_visits import Tab


class Editor:
    """One seller's editor with a draft on which nobody has written yet."""

    def __init__(self, shop: SellerView, actor: Actor, id: ListingId, state: SellEditState, now: datetime) -> None:
        self.shop, self.state = shop, state
        self._actor, self._id, self._now = actor, id, now

    async def write(self, entries: Mapping[str, str]) -> None:
        async with transaction() as session:
            await writing.fill(session, self._actor, self._id, entries, self._now)
        await self.look()

    async def look(self) -> None:
        async with transaction(reading=True) as session:
            view = await queries.draft(session, self._actor, self._id, self._now)
            plans = await seat_plans.plans_of(session, self._actor, self.shop.id)
        await self.state._show(view, plans)

    def steps(self) -> dict[str, str]:
        return {step["key"]: step["state"] for step in self.state.steps}

    def poster(self) -> str:
        return base64.b64decode(self.state.preview.poster.partition("base64,")[2]).decode()


@pytest.fixture
async def editor(database: str, now: datetime, as_served: None) -> Editor:
    shop, actor = await make_seller(now)
    async with transaction() as session:
        id = await writing.begin(session, actor, shop.id, now, zone="Europe/Prague")
    opened = Editor(shop, actor, id, await Tab().of(SellEditState), now)
    await opened.look()
    return opened


async def test_a_new_draft_shows_no_day_no_place_and_no_price(editor: Editor) -> None:
    shown = editor.state
    assert (
        shown.preview.starts_text,
        shown.preview.yours_text,
        shown.preview.place_text,
        shown.preview.price_text,
    ) == ("", "", "", "")
    assert "SAT 1 JAN" not in editor.poster()
    assert editor.shop.name.upper() not in editor.poster()


async def test_no_step_of_a_new_draft_is_ticked(editor: Editor) -> None:
    assert editor.steps() == dict.fromkeys(("what", "place", "plan", "prices", "rules", "preview"), "todo")


async def test_a_step_is_ticked_when_it_holds_what_it_needs(editor: Editor, now: datetime) -> None:
    plan = await make_plan(now, editor.shop)
    await editor.write({"title": "Rusalka", "story": "A lake, a moon.", "plan_id": plan.id})
    assert {step for step, state in editor.steps().items() if state == "done"} == {"what", "plan"}
    await editor.write({"prices.Premium": "400", "prices.Standard": "250"})
    assert editor.steps()["prices"] == "done"
    assert editor.steps()["place"] == "todo"


async def test_rules_that_nobody_has_seen_are_not_ticked(editor: Editor) -> None:
    editor.state.step = "rules"
    await editor.look()
    assert editor.steps()["rules"] == "todo"
    editor.state._touched.append("policy")
    await editor.look()
    assert editor.steps()["rules"] == "done"


async def test_the_preview_follows_what_is_written(editor: Editor, now: datetime) -> None:
    plan = await make_plan(now, editor.shop)
    day = now + timedelta(days=14)
    await editor.write({"plan_id": plan.id, "prices.Premium": "400", "prices.Standard": "250"})
    assert editor.state.preview.price_text == "From CZK250.00"
    await editor.write({"starts_at.day": f"{day:%Y-%m-%d}", "place.name": "Narodni divadlo"})
    assert f"{day.day} {day:%b}".upper() in editor.poster()
    assert "NARODNI DIVADLO" in editor.poster()
