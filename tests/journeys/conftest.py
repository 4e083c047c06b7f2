"""One marketplace for all journeys, one browser, and fresh visitors for each.

A journey that fails leaves a trace (`playwright show-trace`) and a screenshot of every visitor in test-results/.
HOLDFAST_URL makes the journeys go to a marketplace that runs already, whose lab is open; those that need its processes
are left out then.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.conftest import short_folder
from tests.journeys.market import Market
from tests.journeys.running import JOB_SECRET, Running, started

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "test-results"
PATIENCE = 15_000
"""Milliseconds until a journey gives up on something: generous, because a busy machine is no defect."""

BROKEN_RULE = "Content Security Policy"
"""What a browser says when a page does what its own rules forbid."""

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()

Visitor = Callable[..., Awaitable[Page]]
failed = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.journey)
            # The first one waits for the build.
            item.add_marker(pytest.mark.timeout(300))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.when == "call":
        item.stash[failed] = report.failed
    return report


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The processes of the journeys' own marketplace."""
    if os.environ.get("HOLDFAST_URL"):
        pytest.skip("needs a marketplace of its own, not the one at HOLDFAST_URL")
    RESULTS.mkdir(exist_ok=True)
    with short_folder() as folder, started(folder, RESULTS / "marketplace.log") as marketplace:
        yield marketplace


@pytest.fixture(scope="session")
async def market(request: pytest.FixtureRequest) -> AsyncIterator[Market]:
    """The marketplace behind the pages: what is free, the lab, the books, the mail."""
    url = os.environ.get("HOLDFAST_URL") or request.getfixturevalue("running").url
    async with Market.at(url, os.environ.get("JOB_SECRET", JOB_SECRET)) as there:
        yield there


@pytest.fixture(scope="session")
async def browser(browser_path: str | None) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture(autouse=True)
async def real_settings(market: Market) -> AsyncIterator[None]:
    """Whatever a journey did to the clock and to the simulator's settings is undone after it."""
    simulator_settings = await market.simulator_settings()
    yield
    await market.real_time()
    await market.change_simulator_settings(**simulator_settings)


@pytest.fixture
async def visitor(request: pytest.FixtureRequest, browser: Browser, market: Market) -> AsyncIterator[Visitor]:
    """Makes visitors: each call opens a page in a browser of its own. Options are those of Playwright's contexts."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def enter(**options: Any) -> Page:
        context = await browser.new_context(
            base_url=market.url, **{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options}
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: errors.append(f"{error.page and error.page.url}: {error.error}"))
        context.on("console", lambda said: errors.append(said.text) if BROKEN_RULE in said.text else None)
        await context.tracing.start(snapshots=True)
        return await context.new_page()

    yield enter
    for number, context in enumerate(contexts, 1):
        if errors or request.node.stash.get(failed, True):
            await _keep(context, RESULTS / re.sub(r"\W+", "-", request.node.name), number)
        await context.close()
    assert not errors, "scripts failed in a visitor's browser"


async def _keep(context: BrowserContext, folder: Path, number: int) -> None:
    if number == 1:
        shutil.rmtree(folder, ignore_errors=True)
    for tab, page in enumerate(context.pages, 1):
        await page.screenshot(path=folder / f"visitor-{number}-tab-{tab}.png", full_page=True)
    await context.tracing.stop(path=folder / f"visitor-{number}.zip")


@pytest.fixture
def shots() -> Callable[[str], Path]:
    """Where a picture goes that is worth looking at, whether the journey succeeds or not."""
    return lambda name: RESULTS / "shots" / f"{name}.png"
