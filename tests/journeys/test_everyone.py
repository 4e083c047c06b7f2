"""For everyone: whoever listens to a page, reads German, or looks at night; axe-core finds nothing (WCAG 2.2 A and AA).

By keyboard alone is in test_buying.py.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import CheckoutPage, ListingPage, LoginPage
from tests.journeys.pages.checkout import CHALLENGED_CARD, DECLINED_CARD, GOOD_CARD
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
LINES = """element => {
  const words = document.createRange()
  words.selectNodeContents(element)
  return new Set([...words.getClientRects()].map(line => Math.round(line.top))).size
}"""
"""On how many lines the text of an element stands."""


async def violations(page: Page) -> list[str]:
    """What axe holds against the page as it stands: rule, what it is about, and where."""
    await expect(page.locator("h1").first).to_be_visible()
    # Those of the style guide are there to be looked at.
    await expect(page.locator("main .skeleton:not([data-testid=skeletons] *)")).to_have_count(0)
    found: dict[str, Any] = (await Axe().run(page, options=RULES)).response
    return [
        f"{page.url} {violation['id']}: {violation['help']} — {node['target']} {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def test_nothing_is_wider_than_the_narrowest_phone(visitor: Visitor):
    page = await visitor(viewport={"width": 320, "height": 720})
    for path in (
        "/", "/browse", "/l/low-tide-radio", "/orders", "/terms", "/login", "/register", "/forgot", "/sell", "/operate", "/lab",
        "/styleguide", "/de", "/de/browse", "/nothing/here",
    ):  # fmt: skip
        await page.goto(path)
        await expect(page.locator("h1").first).to_be_visible()
        await expect(page.locator("main .skeleton:not([data-testid=skeletons] *)")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth") == 320, path


async def test_no_figure_and_no_button_is_broken_on_the_narrowest_phone(visitor: Visitor):
    page = await visitor(viewport={"width": 320, "height": 720})
    await page.goto("/")
    log_in = page.get_by_role("banner").get_by_role("link", name="Log in")
    assert await log_in.evaluate(LINES) == 1
    login = LoginPage(page)
    await login.open()
    await login.log_in("mira@holdfast.example", PASSWORD)
    await expect(login.menu).to_be_visible()
    await page.goto("/sell")
    figure = page.get_by_test_id("stat-revenue").locator(".stat-value")
    await expect(figure).to_contain_text("€")
    assert await figure.evaluate(LINES) == 1


@pytest.mark.parametrize("look", LOOKS)
async def test_nobody_is_shut_out_from_buying(visitor: Visitor, market: Market, look: dict[str, Any]):
    page = await visitor(reduced_motion="reduce", **look)
    found: list[str] = []
    for path in (
        "/", "/browse", "/browse?text=nothing+of+that+name", "/l/low-tide-radio", "/l/carmen-in-concert", "/l/no-such-evening",
        "/orders", "/terms", "/login", "/register", "/forgot", "/nothing/here",
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
    for path in ("/sell", f"/sell/{id}", "/account", "/lab", "/styleguide"):
        await page.goto(path)
        found += await violations(page)
    for step in ("what", "place", "plan", "prices", "rules", "preview"):
        await page.goto(f"/sell/{id}/edit?step={step}")
        found += await violations(page)
    assert found == []


async def test_all_of_a_purchase_is_said_to_whoever_cannot_see_it(visitor: Visitor, market: Market):
    """Everything here is found by its role and name, as a screen reader tells them; nothing by where or how it looks."""
    ida, [seat] = somebody("Ida Holm"), await market.free_seats("on-repair")
    page = await visitor()
    main, status = page.get_by_role("main"), page.get_by_role("status")
    await page.goto("/")
    await main.get_by_role("search").get_by_role("searchbox", name="Search").fill("repair")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="What is on")).to_be_visible()
    await main.get_by_role("article").get_by_role("link", name="On Repair").click()

    await expect(page.get_by_role("heading", level=1, name="On Repair")).to_be_visible()
    hall = main.get_by_role("region", name="Seat map")
    await hall.get_by_role("group", name="How to show the seats").get_by_role("button", name="List").click()
    place = hall.get_by_role("button", name=re.compile(f"^{seat.where}, .*, Available$"))
    await place.click()
    await expect(status.filter(has_text=f"{seat.where} is yours")).to_be_attached()
    await expect(
        hall.get_by_role("button", name=re.compile(f"^{seat.where}, .*, Yours$"), pressed=True)
    ).to_be_visible()
    await expect(main.get_by_role("timer", name=re.compile("^Held for 1[45]:"))).to_be_visible()
    await main.get_by_role("button", name="Check out").click()

    await expect(page.get_by_role("heading", level=1, name="Check out")).to_be_visible()
    for label, text in (
        ("Name", ida.name), ("E-mail, for your tickets", ida.email), ("Card number", CHALLENGED_CARD), ("Expires", "12/34"),
        ("CVC", "123"),
    ):  # fmt: skip
        await main.get_by_role("textbox", name=label, exact=True).fill(text)
    await main.get_by_role("checkbox", name="I accept the terms").check()
    await main.get_by_role("button", name=re.compile("^Pay £")).click()
    bank = page.get_by_role("dialog", name="Confirm with your bank")
    await bank.get_by_role("button", name="Yes, it's me").click()

    await expect(status.filter(has_text="Order confirmed")).to_be_visible()
    await expect(page.get_by_role("heading", level=1, name="On Repair")).to_be_visible()
    ticket = main.get_by_role("region", name="Tickets").get_by_role("article").filter(has_text=seat.where)
    await expect(ticket.get_by_role("img", name=f"QR code of this ticket, {seat.where}")).to_be_visible()


async def test_a_german_buyer_is_spoken_to_in_german_from_the_first_page_to_the_mail(visitor: Visitor, market: Market):
    nora, [seat] = somebody(), await market.free_seats("salt")
    page = await visitor(locale="de-DE", timezone_id="Europe/Berlin")
    await page.goto("/")
    await page.wait_for_url("**/de")
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.goto("/l/salt")
    listing = ListingPage(page)
    await listing.until_the_map_is_live()
    await expect(page.get_by_role("heading", name="Wählen Sie Ihre Plätze")).to_be_visible()
    await listing.press(seat)
    await expect(listing.picked).to_contain_text(f"Platz {seat.where.rpartition(' ')[2]}")
    await expect(listing.total).to_contain_text(re.compile(r"\d+,\d\d\s€"))
    await listing.check_out()
    checkout = CheckoutPage(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Zur Kasse")
    await checkout.fill_in(nora, DECLINED_CARD)
    await checkout.pay()
    await expect(checkout.problem).to_contain_text("Karte")
    await checkout.fill_in(nora, GOOD_CARD)
    await checkout.pay()
    await checkout.until_ordered()
    assert "/de/o/" in page.url
    mail = await market.mail_to(nora.email, about="Ihre Tickets für Salt")
    assert '<html lang="de"' in mail["html"]
