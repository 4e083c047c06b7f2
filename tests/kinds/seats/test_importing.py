"""Seat plans in their shop: kept once, read again, nobody else's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from marketplace.db import transaction
from marketplace.errors import Forbidden, NotFound
from marketplace.ids import PlanId
from marketplace.kinds.seats import actions, queries
from marketplace.kinds.seats.errors import PlanRefused
from tests.makers.accounts import make_seller
from tests.makers.catalog import make_plan, plan_document


class TestPlans:
    async def test_a_plan_is_kept_and_can_be_read_again(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        async with transaction() as session:
            view = await actions.import_plan(session, actor, shop.id, plan_document(standing=30), now)
        assert (view.name, view.seat_count, view.standing_count) == ("Small Hall", 18, 30)
        assert view.capacities == {"Premium": 6, "Standard": 12, "Standing": 30}
        plan = await queries.plan(view.id)
        assert plan.capacity == 48
        etag, body = await queries.plan_geometry(view.id)
        assert etag == f'"{view.id}"'
        assert view.id.encode() in body
        async with transaction(reading=True) as session:
            assert await queries.plans_of(session, actor, shop.id) == [view]

    async def test_the_same_document_is_the_same_plan(self, database: str, now: datetime) -> None:
        shop, _ = await make_seller(now)
        other, _ = await make_seller(now)
        one, again = await make_plan(now, shop), await make_plan(now, shop)
        assert one == again
        assert (await make_plan(now, other)).id != one.id
        assert (await make_plan(now, shop, name="New chairs")).id != one.id

    async def test_the_same_document_twice_at_once_is_the_same_plan(
        self, database: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop, _ = await make_seller(now)
        one = await make_plan(now, shop)
        look, looks = queries.plan_by_digest, iter([False, True])

        async def too_early(*asked: Any) -> Any:
            return await look(*asked) if next(looks) else None

        monkeypatch.setattr(queries, "plan_by_digest", too_early)
        assert await make_plan(now, shop) == one

    async def test_a_wrong_plan_leaves_nothing_behind(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        with pytest.raises(PlanRefused):
            async with transaction() as session:
                await actions.import_plan(session, actor, shop.id, b"{}", now)
        async with transaction(reading=True) as session:
            assert await queries.plans_of(session, actor, shop.id) == []

    async def test_strangers_import_nothing(self, database: str, now: datetime) -> None:
        shop, _ = await make_seller(now)
        _, stranger = await make_seller(now)
        async with transaction() as session:
            with pytest.raises(Forbidden):
                await actions.import_plan(session, stranger, shop.id, plan_document(), now)
            with pytest.raises(Forbidden):
                await queries.plans_of(session, stranger, shop.id)

    async def test_a_plan_that_does_not_exist_is_not_found(self, database: str) -> None:
        with pytest.raises(NotFound):
            await queries.plan_geometry(PlanId.new())
