"""What pages cost the server while people use them: clicks on seats, and a listing that many open at once.

    python -m bench.sessions

Against the marketplace as `marketplace run` serves it (two processes, SQLite, embedded Redis), over real websockets, with
the client on the same cores. A click picks a seat or lets go of one, and is answered when the page is no longer busy; each
session clicks again as soon as it is answered. A page is alive when it has what its listing is and may be used. Beside
each crowd's clicks, the same number of callers hold seats through the API: the ratio is what pages add to a hold.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvloop

from bench.client import connect, request, together
from bench.findings import Finding, percentile, table
from bench.house import cpu_seconds, visitor
from bench.pages import put_on_sale, seat_of
from bench.tab import Tab, known_states
from marketplace import settings
from marketplace.state.listing import ListingState
from tests.journeys.running import ROOT, Running, started

CROWDS = (1, 50, 200)
CLICKS = {1: 120, 50: 40, 200: 16}
"""By each session of a crowd: a websocket is cut off that sends more than some hundred messages at once."""
ROUNDS = 3
SEATS = 10_000
HABITS = {
    "SECRET_KEY": "a secret that signs for benchmarks, and for nothing else",
    "HOLD_LIMIT": "1000000/minute",
    "HOLD_LIMIT_PER_NETWORK": "1000000/minute",
    "HELD_PER_NETWORK": "100000",
}
LISTING = ListingState.get_full_name()
BUSY, LOADING, MINE = (f"{name}_rx_state_" for name in ("is_busy", "is_loading", "mine"))
ROOT_STATE, HYDRATED = "reflex___state____state", "is_hydrated_rx_state_"


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of one crowd's wishes: how many were answered a second, after how many seconds each, for what work."""

    rate: float
    waits: list[float]
    work: float
    """Seconds that the serving processes worked for each: true also while the machine does other things."""

    def __str__(self) -> str:
        p50, p95 = (percentile(self.waits, at) * 1000 for at in (50, 95))
        return f"{self.rate:,.0f}/s, p50 {p50:,.0f} ms, p95 {p95:,.0f} ms, {self.work * 1000:.1f} ms of work each"


@dataclass(frozen=True, slots=True)
class Stage:
    """A marketplace with one large hall on sale."""

    port: int
    listing: str
    slug: str
    hashes: list[str]
    free: count[int]
    """Seats that nobody has been given yet."""
    workers: list[int]
    """The serving processes."""

    async def timed(self, wishes: Callable[[], Awaitable[Sequence[float]]]) -> Crowd:
        began, worked = time.perf_counter(), self._worked()
        waits = list(await wishes())
        seconds, worked = time.perf_counter() - began, self._worked() - worked
        return Crowd(len(waits) / seconds, waits, worked / len(waits))

    def _worked(self) -> float:
        return sum(map(cpu_seconds, self.workers))

    async def tabs(self, number: int) -> list[Tab]:
        """As many tabs, each of somebody new."""
        path, parts = f"/l/{self.slug}", {"listing_slug": self.slug}
        return [await Tab.opens(self.port, path, parts, f"cart={visitor()}", self.hashes) for _ in range(number)]

    def seat(self) -> str:
        return seat_of(SEATS, next(self.free))


async def measure() -> list[Finding]:
    settings.use(settings.read(SECRET_KEY=HABITS["SECRET_KEY"], _env_file=None))
    with (
        tempfile.TemporaryDirectory(prefix="hf-", ignore_cleanup_errors=True) as place,
        started(Path(place), Path(place) / "marketplace.log", **HABITS) as running,
    ):
        stage = await _stage(running)
        await _open(stage, await stage.tabs(20))
        findings = []
        for number in CROWDS:
            findings += await _compare(stage, number)
    return findings


async def _stage(running: Running) -> Stage:
    slug = (await asyncio.to_thread(put_on_sale, running.url, [SEATS]))[SEATS]
    async with httpx.AsyncClient(base_url=f"{running.url}/api/v1") as api:
        listing = (await api.get(f"/listings/{slug}")).json()["id"]
    port = urlsplit(running.url).port
    assert port is not None
    return Stage(port, listing, slug, known_states(ROOT / ".web"), count(), running.workers())


async def _compare(stage: Stage, number: int) -> list[Finding]:
    """A crowd opens the listing, clicks, and holds through the API: each in turn, so that all have the same machine."""
    opened, clicked, held = [], [], []
    for _ in range(ROUNDS):
        tabs = await stage.tabs(number)
        opened.append(await _open(stage, tabs))
        clicked.append(await _click(stage, tabs, CLICKS[number]))
        for tab in tabs:
            tab.close()
        held.append(await _hold(stage, number))
    who = f"{number} session{'s' if number > 1 else ''}"
    ratio = median(click.rate / hold for click, hold in zip(clicked, held, strict=True))
    return [
        Finding(f"{who} click on seats", str(_together(clicked))),
        Finding("  in relation to as many callers that hold through the API", f"{ratio:.2f}"),
        Finding(f"{who} open{'s' if number == 1 else ''} one listing at once", str(_together(opened))),
    ]


def _together(rounds: list[Crowd]) -> Crowd:
    return Crowd(
        median(one.rate for one in rounds),
        [wait for one in rounds for wait in one.waits],
        median(one.work for one in rounds),
    )


async def _open(stage: Stage, tabs: list[Tab]) -> Crowd:
    def is_alive(delta: dict[str, dict[str, Any]]) -> bool:
        return delta.get(ROOT_STATE, {}).get(HYDRATED) is True

    async def one(tab: Tab) -> float:
        began = time.perf_counter()
        await tab.load(is_alive)
        assert tab.vars[LISTING][LOADING] is False
        return time.perf_counter() - began

    return await stage.timed(lambda: asyncio.gather(*map(one, tabs)))


async def _click(stage: Stage, tabs: list[Tab], clicks: int) -> Crowd:
    def is_answered(delta: dict[str, dict[str, Any]]) -> bool:
        return delta.get(LISTING, {}).get(BUSY) is False

    async def one(tab: Tab) -> list[float]:
        waits = []
        for at in range(clicks):
            mine = [] if at % 2 == 0 else list(tab.vars[LISTING][MINE])
            name, units = ("drop", mine) if mine else ("pick", [f"seat:{stage.seat()}"])
            began = time.perf_counter()
            await tab.send(f"{LISTING}.{name}", {"units": units}, is_answered)
            waits.append(time.perf_counter() - began)
            assert bool(tab.vars[LISTING][MINE]) == (name == "pick"), (name, tab.vars)
        return waits

    async def all_of_them() -> list[float]:
        return [wait for waits in await asyncio.gather(*map(one, tabs)) for wait in waits]

    return await stage.timed(all_of_them)


async def _hold(stage: Stage, callers: int) -> float:
    """Holds a second through the API, each by somebody new."""
    connections = await connect(stage.port, callers)
    work = [
        request(
            "POST", "/api/v1/holds", {"listing_id": stage.listing, "seats": [stage.seat()]}, X_Cart_Token=visitor()
        )
        for _ in range(max(callers, 100))
    ]  # fmt: skip
    answers, seconds = await together(connections, work)
    for connection in connections:
        connection.close()
    assert {answer.status for answer in answers} == {201}, answers[0].body
    return len(work) / seconds


if __name__ == "__main__":
    print(table(uvloop.run(measure())))
