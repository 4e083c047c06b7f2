"""Finding one's way: what is on, what is not, what was never there, by day and by night."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import BrowsePage, CheckoutPage, Frame, ListingPage, LoginPage, OrderPage, OrdersPage


async def test_browsing_narrows_by_kind_and_words_and_says_so_when_nothing_is_left(visitor: Visitor):
    browse = BrowsePage(await visitor())
    await browse.open()
    await browse.part("genre-jazz").click()
    await expect(browse.cards.filter(has_text="Okafor Trio")).to_be_visible()
    await expect(browse.cards.filter(has_text="Tempest")).to_be_hidden()
    await browse.part("genre-all").click()
    await browse.search("nothing of that name")
    await expect(browse.part("no-cards")).to_be_visible()
    await browse.part("no-cards-all").click()
    await expect(browse.cards.filter(has_text="Tempest")).to_be_visible()


async def test_browse_changes_its_language_and_keeps_it(visitor: Visitor):
    browse = BrowsePage(await visitor())
    await browse.open()
    await browse.page.get_by_role("link", name="Deutsch").click()
    await expect(browse.cards.first).to_be_visible()
    await expect(browse.page.get_by_role("heading", name="Programm")).to_be_visible()
    await browse.search("Okafor")
    await browse.page.wait_for_url("**/de/browse?text=Okafor")


async def test_the_skip_link_leads_past_the_header_and_keeps_the_filters(visitor: Visitor):
    page = await visitor()
    await page.goto("/browse?category=jazz")
    browse = BrowsePage(page)
    await expect(browse.cards.filter(has_text="Okafor Trio")).to_be_visible()
    address = page.url
    await browse.part("skip-link").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#content")).to_be_focused()
    assert page.url == address
    await expect(browse.cards.filter(has_text="Tempest")).to_be_hidden()


async def test_without_scripts_what_is_on_and_each_event_can_be_read(visitor: Visitor, shots):
    page = await visitor(java_script_enabled=False)
    await page.goto("/")
    told = page.locator("noscript .notice")  # Playwright finds neither texts nor roles in there
    await expect(told).to_be_visible()
    await expect(told).to_contain_text("turn on JavaScript")
    await expect(page.locator(".skeleton:visible")).to_have_count(0)
    await page.screenshot(path=shots("home-without-scripts"))
    await page.locator("noscript a[href='/l/the-tempest']").click()
    await expect(page.get_by_role("heading", name="The Tempest")).to_be_visible()
    await expect(page.locator(".skeleton:visible")).to_have_count(0)
    await page.screenshot(path=shots("listing-without-scripts"))


async def test_the_front_page_leads_to_what_is_coming_up(visitor: Visitor, shots):
    page = await visitor()
    await page.goto("/")
    browse = BrowsePage(page)
    await expect(browse.cards.first).to_be_visible()
    await page.screenshot(path=shots("home"), full_page=True)
    await browse.part("soon-all").click()
    await page.wait_for_url("**/browse")


async def test_times_are_the_viewer_s_own_and_what_is_in_their_zone_has_a_row(visitor: Visitor):
    page = await visitor(timezone_id="Europe/Lisbon")
    await page.goto("/")
    browse = BrowsePage(page)
    await expect(page.get_by_role("heading", name="In Lisbon's time zone")).to_be_visible()
    await browse.part("near-all").click()
    await page.wait_for_url("**zone=Europe%2FLisbon")
    await expect(browse.part("active-zone")).to_contain_text("In Lisbon's time zone")
    await expect(browse.cards.filter(has_text="Tempest")).to_be_visible()
    await expect(browse.cards.filter(has_text="Okafor Trio")).to_be_hidden()
    far = await visitor(timezone_id="Asia/Tokyo")
    await far.goto("/l/the-tempest")
    await expect(far.get_by_text("your time")).to_be_visible()


async def test_filters_live_in_the_address_can_be_taken_away_and_gone_back_to(visitor: Visitor):
    browse = BrowsePage(await visitor())
    await browse.open()
    everything = await browse.part("count").inner_text()
    await browse.part("filter-place").select_option("Lisbon")
    await browse.page.wait_for_url("**place=Lisbon")
    await browse.part("sort").select_option("cheapest")
    await browse.page.wait_for_url("**sort=cheapest")
    await expect(browse.part("active-place")).to_contain_text("Lisbon")
    in_lisbon = await browse.part("count").inner_text()
    assert in_lisbon != everything

    await browse.page.reload()
    await expect(browse.part("count")).to_have_text(in_lisbon)
    await expect(browse.part("sort")).to_have_value("cheapest")
    await browse.part("genre-opera").click()
    await expect(browse.part("active-category")).to_contain_text("Opera")
    await expect(browse.cards.filter(has_text="La Traviata")).to_be_visible()
    await browse.page.go_back()
    await expect(browse.part("count")).to_have_text(in_lisbon)
    await browse.part("active-place").click()
    await expect(browse.part("count")).to_have_text(everything)
    await expect(browse.part("active-place")).to_be_hidden()


async def test_the_list_answers_while_one_types_and_a_shared_link_shows_the_same(visitor: Visitor):
    browse = BrowsePage(await visitor())
    await browse.open()
    await browse.part("search").press_sequentially("okafor")
    await expect(browse.cards).to_have_count(1)
    await browse.page.wait_for_url("**text=okafor")
    other = BrowsePage(await visitor())
    await other.page.goto(browse.page.url)
    await expect(other.part("search")).to_have_value("okafor")
    await expect(other.cards).to_have_count(1)


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("low-tide-radio", "sold"),
        ("mahler-2-resurrection", "has been cancelled"),
        ("carmen-in-concert", "go on sale"),
        ("a-short-history-of-wrong-maps", "taken place"),
    ],
)
async def test_what_cannot_be_bought_says_why(visitor: Visitor, slug, words):
    listing = ListingPage(await visitor())
    await listing.page.goto(f"/l/{slug}")
    await expect(listing.part("not-on-sale")).to_contain_text(words)
    await expect(listing.canvas).to_be_hidden()


async def test_a_sale_that_begins_while_one_waits_opens_the_map_by_itself(visitor: Visitor, market: Market):
    listing = ListingPage(await visitor())
    await listing.page.goto("/l/carmen-in-concert")
    await expect(listing.part("sale-countdown")).to_contain_text("day")
    begins = datetime.fromisoformat((await market.listing("carmen-in-concert"))["sale_starts_at"])
    await market.advance(minutes=(begins - datetime.now(UTC)).total_seconds() / 60 - 0.1)
    await listing.page.reload()
    await expect(listing.canvas).to_be_visible(timeout=30_000)
    await expect(listing.part("sale-countdown")).to_be_hidden()


async def test_a_listing_that_is_not_there_leads_on(visitor: Visitor):
    listing = ListingPage(await visitor())
    await listing.page.goto("/l/no-such-evening")
    await expect(listing.missing).to_be_visible()
    await listing.part("missing-browse").click()
    await expect(BrowsePage(listing.page).cards.first).to_be_visible()


@pytest.mark.parametrize("id", ["bkg_01M7XWJZK4GE4AXV32XJ4EC4TG", "nonsense"])
async def test_an_order_that_is_not_ones_own_is_not_shown(visitor: Visitor, id):
    order = OrderPage(await visitor())
    await order.open(id)
    await expect(order.missing).to_be_visible()


async def test_a_check_out_that_is_not_ones_own_is_not_shown(visitor: Visitor):
    checkout = CheckoutPage(await visitor())
    await checkout.page.goto("/checkout/hld_01M7XWJZK4GE4AXV32XJ4EC4TG")
    await expect(checkout.missing.or_(checkout.gone)).to_be_visible()


async def test_a_page_that_is_not_there_says_so_in_our_own_words(visitor: Visitor, shots):
    frame = Frame(await visitor())
    await frame.page.goto("/no/such/page")
    await expect(frame.part("brand")).to_be_visible()
    await expect(frame.part("no-page")).to_be_visible()
    await frame.page.screenshot(path=shots("no-such-page"))
    await frame.part("no-page-browse").click()
    await expect(BrowsePage(frame.page).cards.first).to_be_visible()


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
async def test_a_file_that_was_never_there_is_answered_with_a_page(market: Market, encoding: str):
    answer = await market.client.get("/never-was.js", headers={"Accept-Encoding": encoding})
    assert answer.status_code == 404
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_nobody_can_upload_where_reflex_would_take_files(market: Market):
    async with Market.at(market.url) as stranger:
        # Without a body: a server that does not read one may hang up before its answer is read.
        answer = await stranger.client.post("/_upload")
    assert answer.status_code in {404, 405}


async def test_browse_shows_what_is_on_before_its_scripts_have_run(visitor: Visitor, shots):
    page = await visitor(viewport={"width": 360, "height": 780})
    await page.route("**/assets/*.js", lambda route: route.abort())
    await page.goto("/browse")
    await expect(page.get_by_role("link", name="The Tempest")).to_be_visible()
    await page.screenshot(path=shots("browse-before-scripts"))


async def test_whoever_has_bought_nothing_is_led_to_what_is_on(visitor: Visitor):
    orders = OrdersPage(await visitor())
    await orders.open()
    await expect(orders.nothing).to_be_visible()


async def test_the_night_has_its_own_colours_by_preference_and_by_switch(visitor: Visitor, shots):
    page = await visitor(color_scheme="dark")
    listing = ListingPage(page)
    await listing.open("nova-marsh-signal-fires")
    by_night = await _ground(page)
    await page.screenshot(path=shots("dark-listing"))
    await listing.part("theme-switch").click()
    await page.wait_for_function("was => getComputedStyle(document.body).backgroundColor !== was", arg=by_night)
    await page.reload()
    await listing.until_the_map_is_live()
    assert await _ground(page) != by_night, "the choice is kept"


async def test_a_log_in_that_ran_out_meanwhile_is_renewed_by_itself(visitor: Visitor, market: Market):
    page = await visitor()
    login = LoginPage(page)
    await login.open()
    await login.log_in("ada@holdfast.example", "holdfast-demo")
    await expect(login.menu).to_contain_text("Ada Brandt")
    await market.advance(minutes=20)
    await page.goto("/orders")
    await expect(login.menu).to_contain_text("Ada Brandt")
    await expect(login.part("sign-in")).to_be_hidden()


async def _ground(page) -> str:
    return await page.evaluate("() => getComputedStyle(document.body).backgroundColor")
