"""One loop of a kind for each tab, and none without its tab."""

from __future__ import annotations

import asyncio

import pytest

from marketplace.state import loops


@pytest.fixture
def tabs(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The tabs that are open."""
    are_open = {"tab", "other"}
    monkeypatch.setattr(loops, "is_open", are_open.__contains__)
    return are_open


class Rounds:
    """Loops as handlers write them, and how many rounds each has made."""

    def __init__(self) -> None:
        self.made: dict[str, int] = {}
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, tab: str = "tab", about: str = "seat") -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(self._go_round(name, tab, about)))
        return self.tasks[-1]

    async def _go_round(self, name: str, tab: str, about: str) -> None:
        with loops.begun("hold", tab, about) as loop:
            while loop is not None and await loop.goes_on(after=0):
                self.made[name] = self.made.get(name, 0) + 1


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_two_hundred_starts_are_one_loop(tabs: set[str]) -> None:
    rounds = Rounds()
    started = [rounds.start(str(number)) for number in range(200)]
    await turns()
    assert sum(not task.done() for task in started) == 1
    assert set(rounds.made) == {"0"}
    tabs.clear()
    await asyncio.gather(*started)


async def test_a_loop_ends_with_its_tab_and_others_go_on(tabs: set[str]) -> None:
    rounds = Rounds()
    mine, theirs = rounds.start("mine"), rounds.start("theirs", tab="other")
    await turns()
    tabs.remove("tab")
    await asyncio.wait_for(mine, 5)
    assert not theirs.done()
    assert list(loops._loops) == [("hold", "other")]
    tabs.clear()
    await theirs
    assert loops._loops == {}


async def test_a_loop_over_something_else_takes_the_place_of_the_first(tabs: set[str]) -> None:
    rounds = Rounds()
    first, second = rounds.start("first"), rounds.start("second", about="another seat")
    await asyncio.wait_for(first, 5)
    await turns()
    assert not second.done()
    tabs.clear()
    await second
