"""For everyone: axe-core (WCAG 2.2 A and AA) finds nothing on any page, by day and by night, on a phone and on a desk."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import ListingPage, LoginPage
from tests.journeys.people import somebody
from tests.journeys.steps import fill_in_and_pay

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
LOOKS = [
    pytest.param({"viewport": {"width": 360, "height": 780}, "color_scheme": "light"}, id="phone by day"),
    pytest.param({"viewport": {"width": 360, "height": 780}, "color_scheme": "dark"}, id="phone by night"),
    pytest.param({"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}, id="desk by day"),
    pytest.param({"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}, id="desk by night"),
]
PASSWORD = "holdfast-demo"


async def violations(page: Page) -> list[str]:
    """What axe holds against the page as it stands: rule, what it is about, and where."""
    await expect(page.locator("h1").first).to_be_visible()
    await expect(page.locator("main .skeleton")).to_have_count(0)
    found: dict[str, Any] = (await Axe().run(page, options=RULES)).response
    return [
        f"{page.url} {violation['id']}: {violation['help']} — {node['target']} {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
async def test_nobody_is_shut_out_from_buying(visitor: Visitor, market: Market, look: dict[str, Any]):
    page = await visitor(reduced_motion="reduce", **look)
    found: list[str] = []
    for path in (
        "/", "/browse", "/browse?text=nothing+of+that+name", "/l/low-tide-radio", "/l/carmen-in-concert", "/l/no-such-evening",
        "/orders", "/login", "/register", "/forgot", "/nothing/here",
    ):  # fmt: skip
        await page.goto(path)
        found += await violations(page)
    slug = "harbour-sessions-pale-harbour"
    [seat] = await market.free_seats(slug, 1)
    listing = ListingPage(page)
    await listing.open(slug)
    found += await violations(page)
    checkout = await fill_in_and_pay(page, slug, seat, buyer=somebody())
    await checkout.until_ordered()
    found += await violations(page)
    assert found == []


@pytest.mark.parametrize("look", LOOKS)
async def test_nobody_is_shut_out_from_selling_and_testing(visitor: Visitor, market: Market, look: dict[str, Any]):
    page = await visitor(reduced_motion="reduce", **look)
    login = LoginPage(page)
    await login.open()
    await login.log_in("mira@holdfast.example", PASSWORD)
    await expect(login.menu).to_contain_text("Mira")
    id = (await market.listing("the-tempest"))["id"]
    found: list[str] = []
    for path in ("/sell", f"/sell/{id}", "/account", "/lab"):
        await page.goto(path)
        found += await violations(page)
    for step in ("what", "place", "plan", "prices", "rules", "preview"):
        await page.goto(f"/sell/{id}/edit?step={step}")
        found += await violations(page)
    assert found == []
