"""Any sequence of verbs does to Redis and SQL what it does to a few lines of plain Python."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from marketplace import clock, db
from marketplace import redis as redis_room
from marketplace.db import transaction
from marketplace.errors import Conflict, NotFound
from marketplace.ids import HoldId
from marketplace.inventory import actions as inventory
from marketplace.inventory.views import Cap
from marketplace.redis import EmbeddedRedis
from tests.makers.inventory import a_resource

T = TypeVar("T")

SECONDS, LIMIT, MOST = 100, 150, 4
STEP = 40
"""Time moves in steps after which no deadline is nearer than ten seconds: the machine's own speed decides nothing."""
POOL = 4
UNITS = [*(f"seat:{number}" for number in range(6)), *(f"pit:{number}" for number in range(1, POOL + 1))]

holders = st.sampled_from(["ada", "bob", "cleo"])
some_units = st.lists(st.sampled_from(UNITS), min_size=1, max_size=4, unique=True)


def caps(holder: str) -> list[Cap]:
    """Groups that are never full, of which every hold is counted for two."""
    return [Cap(holder, 1000, ValueError), Cap("everybody", 1000, ValueError)]


@dataclass
class Held:
    holder: str
    units: list[str]
    deadline: int
    limit: int
    is_extended: bool = False
    is_checked_out: bool = False


@dataclass
class Model:
    """What claims mean."""

    now: int = 0
    held: dict[HoldId, Held] = field(default_factory=dict)
    sold: dict[str, HoldId] = field(default_factory=dict)

    def reap(self) -> None:
        self.held = {id: hold for id, hold in self.held.items() if hold.deadline > self.now}

    def status(self) -> dict[str, str]:
        return {unit: "held" for hold in self.held.values() for unit in hold.units} | dict.fromkeys(self.sold, "sold")

    def open(self, holder: str) -> HoldId | None:
        return next((id for id, hold in self.held.items() if hold.holder == holder and not hold.is_checked_out), None)

    def first_fit(self, holder: str, sets: list[list[str]]) -> list[str] | str:
        """The units that the holder has after claiming, or the name of the obstacle."""
        id = self.open(holder)
        own = self.held[id].units if id else []
        others = self.status().keys() - set(own)
        for units in sets:
            if not others & set(units):
                after = own + [unit for unit in units if unit not in own]
                return after if len(after) <= MOST or after == own else "too_many_units"
        return "seats_taken"


class Claims(RuleBasedStateMachine):
    run: ClassVar[Callable[[Coroutine[Any, Any, Any]], Any]]

    holds = Bundle("holds")

    @initialize()
    def begin(self) -> None:
        clock.reset()
        self.resource = a_resource()
        self.model = Model()
        self.fence = 0

    def attempt(self, verb: Coroutine[Any, Any, T]) -> T | str:
        """What the verb answers, or the code of its refusal."""
        try:
            return self.run(verb)
        except (Conflict, NotFound) as refusal:
            return refusal.code

    def granted(self, holder: str, expected: list[str] | str, answer: inventory.Claim | str) -> HoldId | None:
        if isinstance(expected, str):
            assert answer == expected
            return None
        assert not isinstance(answer, str)
        assert (answer.holder, list(answer.units)) == (holder, expected)
        id = self.model.open(holder)
        if id is None:
            self.model.held[answer.id] = Held(holder, expected, self.model.now + SECONDS, self.model.now + LIMIT)
        else:
            assert answer.id == id
        hold = self.model.held[answer.id]
        if expected != hold.units or id is None:
            assert answer.fence > self.fence
            self.fence = answer.fence
        hold.units = expected
        return answer.id

    @rule(target=holds, holder=holders, units=some_units)
    def claim(self, holder: str, units: list[str]) -> HoldId | None:
        return self.claim_first(holder, [units])

    @rule(target=holds, holder=holders, sets=st.lists(some_units, min_size=2, max_size=3))
    def claim_the_first_of_several(self, holder: str, sets: list[list[str]]) -> HoldId | None:
        return self.claim_first(holder, sets)

    def claim_first(self, holder: str, sets: list[list[str]]) -> HoldId | None:
        expected = self.model.first_fit(holder, sets)
        answer = self.attempt(
            inventory.claim_first(
                self.resource, holder, sets, seconds=SECONDS, limit_seconds=LIMIT, most=MOST, caps=caps(holder)
            )
        )
        return self.granted(holder, expected, answer)

    @rule(target=holds, holder=holders, quantity=st.integers(1, POOL))
    def claim_any(self, holder: str, quantity: int) -> HoldId | None:
        answer = self.attempt(
            inventory.claim_any(
                self.resource,
                holder,
                "pit",
                quantity,
                POOL,
                seconds=SECONDS,
                limit_seconds=LIMIT,
                most=MOST,
                caps=caps(holder),
            )
        )
        id = self.model.open(holder)
        own = self.model.held[id].units if id else []
        free = [f"pit:{n}" for n in range(1, POOL + 1) if f"pit:{n}" not in self.model.status()]
        if len(free) < quantity:
            assert answer == "not_enough_left"
        elif len(own) + quantity > MOST:
            assert answer == "too_many_units"
        else:
            assert not isinstance(answer, str)
            added = list(answer.units[len(own) :])
            assert len(added) == quantity
            assert set(added) <= set(free)
            return self.granted(holder, own + added, answer)
        return None

    @rule(id=holds, holder=holders)
    def look(self, id: HoldId | None, holder: str) -> None:
        if id is not None:
            answer = self.attempt(inventory.hold(id, holder))
            assert self.obstacle(id, holder) == (answer if isinstance(answer, str) else None)

    @rule(id=holds, holder=holders)
    def extend(self, id: HoldId | None, holder: str) -> None:
        if id is None:
            return
        answer = self.attempt(inventory.extend(id, holder))
        obstacle = self.obstacle(id, holder) or (self.model.held[id].is_extended and "already_extended")
        assert (obstacle or None) == (answer if isinstance(answer, str) else None)
        if not obstacle:
            hold = self.model.held[id]
            hold.deadline, hold.is_extended = min(hold.limit, hold.deadline + SECONDS), True

    @rule(id=holds, holder=holders, units=st.none() | some_units)
    def release(self, id: HoldId | None, holder: str, units: list[str] | None) -> None:
        if id is None:
            return
        answer = self.attempt(inventory.release(id, holder, units))
        hold = self.model.held.get(id)
        if hold is None:
            assert answer is None
        elif hold.holder != holder:
            assert answer == "not_found"
        elif hold.is_checked_out:
            assert answer == "hold_checked_out"
        else:
            hold.units = [unit for unit in hold.units if units is not None and unit not in units]
            if not hold.units:
                del self.model.held[id]

    @rule(id=holds)
    def begin_check_out(self, id: HoldId | None) -> None:
        if id in self.model.held:
            hold = self.model.held[id]
            assert not isinstance(self.attempt(inventory.begin_check_out(id, hold.holder)), str)
            hold.is_checked_out = True

    @rule(id=holds)
    def reopen(self, id: HoldId | None) -> None:
        hold = self.model.held.get(id) if id else None
        if id is None or hold is None:
            return
        other = self.model.open(hold.holder)
        answer = self.attempt(inventory.reopen(id, hold.holder))
        if other not in {None, id}:
            assert answer is None
            del self.model.held[id]
        else:
            hold.is_checked_out = False

    @rule(id=holds)
    def buy(self, id: HoldId | None) -> None:
        hold = self.model.held.get(id) if id else None
        if id is None or hold is None:
            return

        async def buy() -> None:
            claim = await inventory.begin_check_out(id, hold.holder)
            async with transaction() as session:
                await inventory.check_out(session, claim, "bkg", clock.now())
                await inventory.confirm(session, id, clock.now())

        self.run(buy())
        self.model.sold |= dict.fromkeys(hold.units, id)
        del self.model.held[id]

    @rule(id=consumes(holds))
    def give_back(self, id: HoldId | None) -> None:
        if id in self.model.sold.values():

            async def give_back() -> None:
                async with transaction() as session:
                    await inventory.free(session, id, clock.now())

            self.run(give_back())
            self.model.sold = {unit: hold for unit, hold in self.model.sold.items() if hold != id}

    @rule(steps=st.integers(1, 4))
    def wait(self, steps: int) -> None:
        clock.advance(timedelta(seconds=steps * STEP))
        self.model.now += steps * STEP
        self.model.reap()

    @rule()
    def lose_redis(self) -> None:
        async def flush() -> None:
            await redis_room.client().flushall()

        self.run(flush())
        self.model.held = {}

    def obstacle(self, id: HoldId, holder: str) -> str | None:
        if id not in self.model.held:
            return "hold_expired"
        return None if self.model.held[id].holder == holder else "not_found"

    @invariant()
    def everybody_sees_the_same(self) -> None:
        assert self.run(inventory.snapshot(self.resource)).status == self.model.status()
        self.each_group_is_counted()

    def each_group_is_counted(self) -> None:
        async def look() -> dict[str, str]:
            return await redis_room.client().hgetall(f"{{{self.resource}}}:grouped")

        kept = self.run(look())
        counted: Counter[str] = Counter()
        for hold in self.model.held.values():
            counted.update({hold.holder: len(hold.units), "everybody": len(hold.units)})
        assert {group: int(units) for group, units in kept.items()} == counted


@pytest.fixture
def run(
    redis_server: EmbeddedRedis, fresh_sqlite: Callable[[], AbstractContextManager[str]]
) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    with asyncio.Runner() as runner, fresh_sqlite() as url:
        redis_room.use(redis_server.url)
        db.use(db.connect(url))
        yield runner.run
        runner.run(redis_room.close())
        runner.run(db.close())


def test_claims_mean_what_the_model_says(run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
    Claims.run = staticmethod(run)
    run_state_machine_as_test(Claims, settings=settings(max_examples=60, stateful_step_count=25))
