"""What pages cost a browser: scripts sent, how soon the hall is drawn, and how smoothly it moves.

    python -m bench.pages

Against a production build on this machine, in Chromium without a graphics card: what a frame costs its main thread is
true anywhere, the frames a second are the least that a device with a graphics card does. Halls of 1,000, 10,000 and
50,000 seats are dragged about close up, where every seat is drawn with its number, and from farther off.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, sqrt
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import uvloop
from playwright.async_api import Browser, Page, async_playwright

from bench.findings import Finding, percentile, table
from tests.journeys.running import started

HALLS = (1_000, 10_000, 50_000)
PAGES = ("/", "/browse", "/l/the-cherry-orchard", "/login", "/orders")
SMOOTH = 60
SOON_MS = 500
STROKES, STEPS = 6, 40
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

RECORD = """() => {
  window.frames_seen = [];
  const tick = (at) => { window.frames_seen.push(at); window.ticking = requestAnimationFrame(tick); };
  window.ticking = requestAnimationFrame(tick);
  return holdfastSeatMap.times().length;
}"""
STOP = """(from) => {
  cancelAnimationFrame(window.ticking);
  return [window.frames_seen, holdfastSeatMap.times().slice(from)];
}"""
SEEN = "() => performance.getEntriesByName('seats-drawn').length > 0"
TIMES = """() => [
  performance.getEntriesByName('first-contentful-paint')[0].startTime,
  performance.getEntriesByName('seats-drawn')[0].startTime,
]"""


@dataclass(frozen=True, slots=True)
class Ride:
    """How a drag went: frames a second, and milliseconds of the main thread for each that was drawn."""

    rate: float
    costs: list[float]

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s, {median(self.costs):.1f} ms each (p95 {percentile(self.costs, 95):.1f})"


async def measure() -> list[Finding]:
    with (
        tempfile.TemporaryDirectory(prefix="hf-", ignore_cleanup_errors=True) as place,
        started(Path(place), Path(place) / "marketplace.log") as running,
    ):
        slugs = await asyncio.to_thread(put_on_sale, running.url, HALLS)
        async with async_playwright() as playwright:
            chromium = os.environ.get("HOLDFAST_BROWSER") or None
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            findings = [await _scripts(browser, running.url, path) for path in PAGES]
            for seats, slug in slugs.items():
                findings += await _hall(browser, running.url, seats, slug)
            await browser.close()
    return findings


async def _scripts(browser: Browser, url: str, path: str) -> Finding:
    """Bytes of JavaScript that a first visit is sent, and of all else."""
    page = await browser.new_page()
    sent = {"script": 0, "all": 0}

    async def note(response: Any) -> None:
        sizes = await response.request.sizes()
        sent["all"] += sizes["responseBodySize"]
        sent["script"] += sizes["responseBodySize"] if response.request.resource_type == "script" else 0

    noting: list[asyncio.Task[None]] = []
    page.on("requestfinished", lambda request: noting.append(asyncio.create_task(_noted(request, note))))
    await page.goto(url + path)
    await page.wait_for_load_state("load")
    await page.get_by_test_id("brand").wait_for()
    await asyncio.gather(*noting)
    has_map = await page.evaluate(
        "() => performance.getEntriesByType('resource').some(one => /seatmap/.test(one.name))"
    )
    await page.close()
    return Finding(
        f"{path}: JavaScript, and all",
        f"{sent['script'] / 1024:.0f} KiB of {sent['all'] / 1024:.0f} KiB{', with the map' if has_map else ''}",
    )


async def _noted(request: Any, note: Any) -> None:
    response = await request.response()
    if response is not None:
        await note(response)


async def _hall(browser: Browser, url: str, seats: int, slug: str) -> list[Finding]:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    waits = []
    for _ in range(5):
        await page.goto(f"{url}/l/{slug}")
        while not await page.evaluate(SEEN):
            await page.wait_for_timeout(20)
        painted, drawn = await page.evaluate(TIMES)
        waits.append(drawn - painted)
    await page.get_by_test_id("seat-map").scroll_into_view_if_needed()
    await page.evaluate("() => holdfastSeatMap.show('1-1')")
    await page.wait_for_timeout(500)
    close = await _drag(page)
    for _ in range(3):
        await page.get_by_test_id("map-zoom-out").click()
        await page.wait_for_timeout(500)
    farther = await _drag(page)
    await page.close()
    wait = median(waits)
    return [
        Finding(
            f"{seats:,} seats: drawn after the page's first words", f"{wait:.0f} ms", f"≤ {SOON_MS} ms", wait <= SOON_MS
        ),
        Finding(f"{seats:,} seats: dragged, close up", str(close), f"≥ {SMOOTH}/s", round(close.rate) >= SMOOTH)
        if seats == HALLS[1]
        else Finding(f"{seats:,} seats: dragged, close up", str(close)),
        Finding(f"{seats:,} seats: dragged, from farther off", str(farther)),
    ]


async def _drag(page: Page) -> Ride:
    """Pull the hall across the whole width and height again and again, so that most of what comes in is new."""
    box = await page.get_by_test_id("seat-map").bounding_box()
    assert box is not None
    left, right, top, bottom = box["x"] + 40, box["x"] + box["width"] - 80, box["y"] + 40, box["y"] + box["height"] - 40
    begun = await page.evaluate(RECORD)
    for stroke in range(STROKES):
        (x, y), (to_x, to_y) = (((right, bottom), (left, top)), ((right, top), (left, bottom)))[stroke % 2]
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(to_x, to_y, steps=STEPS)
        await page.mouse.up()
    frames, costs = await page.evaluate(STOP, begun)
    return Ride((len(frames) - 1) * 1000 / (frames[-1] - frames[0]), costs)


def put_on_sale(url: str, halls: Sequence[int]) -> dict[int, str]:
    """A listing for each size of hall, sold by a shop of the demo world; returns their slugs."""
    with httpx.Client(base_url=f"{url}/api/v1", timeout=120) as api:
        session = api.post("/auth/login", json={"email": "mira@holdfast.example", "password": "holdfast-demo"}).json()
        api.headers["Authorization"] = f"Bearer {session['access_token']}"
        shop = session["account"]["sellers"][0]
        return {seats: _listing(api, shop, seats) for seats in halls}


def _listing(api: httpx.Client, shop: str, seats: int) -> str:
    plan = _asked(api, "/plans", _hall_of(seats), seller_id=shop)
    starts = datetime.now(UTC) + timedelta(days=30)
    listing = _asked(
        api,
        "/listings",
        {
            "seller_id": shop, "title": f"A Hall of {seats}", "story": "So many seats.", "category": "music",
            "place": {
                "name": "Bench Hall", "city": "Berlin", "country": "DE", "zone": "Europe/Berlin", "address": "Hof 1",
            },
            "starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=2)).isoformat(), "currency": "EUR",
            "plan_id": plan["id"], "prices": {"Stalls": 2000},
        },
    )  # fmt: skip
    _asked(api, f"/listings/{listing['id']}/publish", None)
    return str(listing["slug"])


def _asked(api: httpx.Client, path: str, body: Mapping[str, Any] | None, **query: str) -> dict[str, Any]:
    answer = api.post(path, json=body, params=query)
    if answer.is_error:
        raise RuntimeError(f"{path}: {answer.text[:500]}")
    return dict(answer.json())


def seat_of(hall: int, number: int) -> str:
    """The guid of a seat in a hall of so many, counted from 0."""
    row, at = divmod(number, _across(hall))
    return f"{row + 1}-{at + 1}"


def _across(seats: int) -> int:
    return ceil(sqrt(seats * 1.4))


def _hall_of(seats: int) -> dict[str, Any]:
    across = _across(seats)
    rows = [
        {
            "row_number": str(row), "position": {"x": 0, "y": row * 30},
            "seats": [
                {"seat_guid": f"{row}-{at}", "seat_number": str(at), "position": {"x": at * 25, "y": 0}, "category": "Stalls"}
                for at in range(1, min(across, seats - (row - 1) * across) + 1)
            ],
        }
        for row in range(1, ceil(seats / across) + 1)
    ]  # fmt: skip
    return {
        "name": f"Hall of {seats}", "size": {"width": across * 25 + 50, "height": (len(rows) + 1) * 30},
        "categories": [{"name": "Stalls", "color": "#b3263c"}],
        "zones": [{"name": "Stalls", "position": {"x": 0, "y": 0}, "rows": rows, "areas": []}],
    }  # fmt: skip


if __name__ == "__main__":
    print(table(uvloop.run(measure())))
