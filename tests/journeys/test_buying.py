"""Buying, from the map to the tickets: as a guest, with an account, by keyboard, on a phone, standing, for nothing."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import BrowsePage, CheckoutPage, ListingPage, LoginPage, OrderPage, OrdersPage, RegisterPage
from tests.journeys.pages.checkout import CHALLENGED_CARD, GOOD_CARD
from tests.journeys.people import somebody
from tests.journeys.steps import PHONE, come_to_checkout, fill_in_and_pay

SURCHARGE = "Fee for buying without an account"


async def test_a_guest_picks_pays_and_has_tickets_files_and_a_mail_that_opens_the_order_anywhere(
    visitor: Visitor, market: Market
):
    nora, seats = somebody(), await market.free_seats("the-cherry-orchard", 2)
    page = await visitor()
    browse = BrowsePage(page)
    await browse.open()
    await browse.search("orchard")
    await browse.open_listing("The Cherry Orchard")
    listing = ListingPage(page)
    await listing.until_the_map_is_live()
    await listing.pick(*seats)
    await listing.check_out()
    checkout = CheckoutPage(page)
    await expect(checkout.bill).to_contain_text(SURCHARGE)
    await checkout.fill_in(nora)
    await checkout.pay()
    order_id = await checkout.until_ordered()

    order = OrderPage(page)
    await expect(order.codes).to_have_count(2)
    for seat in seats:
        await expect(order.tickets.filter(has_text=seat.where)).to_have_count(1)
    assert (await order.download("pdf")).read_bytes().startswith(b"%PDF")
    assert "SUMMARY:The Cherry Orchard" in (await order.download("calendar")).read_text()
    assert [await market.state_of("the-cherry-orchard", seat) for seat in seats] == ["sold", "sold"]

    elsewhere = OrderPage(await visitor())
    await elsewhere.page.goto(await market.magic_link_to(nora.email))
    await expect(elsewhere.confirmed).to_be_visible()
    await expect(elsewhere.codes).to_have_count(2)
    assert (await elsewhere.download("pdf")).read_bytes().startswith(b"%PDF")
    assert order_id in elsewhere.page.url


async def test_a_guest_who_lost_the_mail_has_the_link_sent_to_the_address_again(visitor: Visitor, market: Market):
    nora, [seat] = somebody(), await market.free_seats("the-cherry-orchard")
    checkout = await fill_in_and_pay(await visitor(), "the-cherry-orchard", seat, buyer=nora)
    order_id = await checkout.until_ordered()
    elsewhere = OrderPage(await visitor())
    await elsewhere.open(order_id)
    await elsewhere.part("order-links").click()
    orders = OrdersPage(elsewhere.page)
    await expect(orders.nothing).to_be_visible()
    await orders.ask_for_links(nora.email)
    await elsewhere.page.goto(await market.magic_link_to(nora.email, about="Here is your order again"))
    await expect(elsewhere.confirmed).to_be_visible()
    assert order_id in elsewhere.page.url


async def test_an_account_holder_registers_logs_in_buys_without_surcharge_and_finds_the_order(
    visitor: Visitor, market: Market
):
    iris, [seat] = somebody("Iris Novak"), await market.free_seats("the-cherry-orchard")
    page = await visitor()
    register = RegisterPage(page)
    await register.open()
    await register.register_and_log_in(iris.name, iris.email, "a quiet seat by the aisle")
    await expect(register.menu).to_contain_text(iris.name)
    await register.log_out()
    login = LoginPage(page)
    await login.open()
    await login.log_in(iris.email, "not the password at all")
    await expect(login.problem).to_contain_text("Wrong e-mail address or password")
    await expect(login.part("email")).to_have_value(iris.email)
    await login.log_in(iris.email, "a quiet seat by the aisle")
    await expect(login.menu).to_contain_text(iris.name)

    checkout = await come_to_checkout(page, "the-cherry-orchard", seat)
    await expect(checkout.part("buyer-name")).to_have_value(iris.name)
    await expect(checkout.part("buyer-email")).to_have_value(iris.email)
    await expect(checkout.bill).not_to_contain_text(SURCHARGE)
    await checkout.fill_in()
    await checkout.pay()
    order_id = await checkout.until_ordered()

    orders = OrdersPage(page)
    await orders.go_to_orders()
    await expect(orders.coming.get_by_test_id(f"order-{order_id}")).to_have_text("The Cherry Orchard")
    await orders.log_out()
    order = OrderPage(page)
    await order.open(order_id)
    await expect(order.missing.or_(order.confirmed)).to_be_visible()


async def test_logging_in_at_check_out_keeps_the_seats_and_drops_the_surcharge(visitor: Visitor, market: Market):
    [seat] = await market.free_seats("gravity-lessons")
    page = await visitor()
    checkout = await come_to_checkout(page, "gravity-lessons", seat)
    with_fee = await checkout.total.text_content()
    await checkout.part("log-in").click()
    await LoginPage(page).log_in("ada@holdfast.example", "holdfast-demo")
    await page.wait_for_url("**/checkout/*")
    await expect(checkout.part("buyer-email")).to_have_value("ada@holdfast.example")
    await expect(checkout.bill).to_contain_text(seat.where)
    await expect(checkout.bill).not_to_contain_text(SURCHARGE)
    assert await checkout.total.text_content() != with_fee


async def test_everything_can_be_bought_with_the_keyboard_alone(visitor: Visitor, market: Market):
    kim, page = somebody("Kim Larsen"), await visitor()
    listing = ListingPage(page)
    await listing.open("honestly-nobody-asked")
    keys = page.keyboard
    await _tab_to(page, "seat-map")
    for _ in range(60):  # along the rows until a free one is announced, as somebody who cannot see the map would
        await keys.press("ArrowRight")
        if ", Available" in (await listing.said.text_content() or ""):
            break
        if ", Taken" not in (await listing.said.text_content() or ""):
            await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(listing.said).to_contain_text("is yours")
    await expect(listing.part("check-out")).to_be_visible()
    await _tab_to(page, "check-out")
    await keys.press("Enter")

    await page.wait_for_url("**/checkout/*")
    for testid, text in (
        ("buyer-name", kim.name), ("buyer-email", kim.email), ("card-number", CHALLENGED_CARD), ("card-expiry", "12/34"),
        ("card-cvc", "123"),
    ):  # fmt: skip
        await _tab_to(page, testid)
        await keys.type(text)
    await _tab_to(page, "terms")
    await keys.press("Space")
    await keys.press("Enter")
    checkout = CheckoutPage(page)
    await expect(checkout.challenge).to_be_visible()
    await _tab_to(page, "challenge-approve")
    await keys.press("Enter")
    await checkout.until_ordered()


async def test_a_phone_of_360_pixels_is_enough(visitor: Visitor, market: Market, shots):
    page, [seat] = await visitor(**PHONE), await market.free_seats("the-bear-who-lost-winter")
    listing = ListingPage(page)
    await listing.open("the-bear-who-lost-winter")
    await page.screenshot(path=shots("phone-listing"))
    await listing.pick_in_list(seat)
    await page.screenshot(path=shots("phone-picked"))
    await _must_fit(page)
    await expect(listing.part("check-out")).to_be_in_viewport()
    await listing.check_out()
    checkout = CheckoutPage(page)
    await checkout.fill_in(somebody())
    await _must_fit(page)
    await page.screenshot(path=shots("phone-checkout"), full_page=True)
    await checkout.pay()
    await checkout.until_ordered()
    await _must_fit(page)
    await page.screenshot(path=shots("phone-order"), full_page=True)


async def test_a_finger_picks_on_the_map_coming_closer_first(visitor: Visitor, market: Market):
    page, [seat] = await visitor(**PHONE), await market.free_seats("the-bear-who-lost-winter")
    listing = ListingPage(page)
    await listing.open("the-bear-who-lost-winter")
    await listing.tap(seat)
    await listing.expect_mine(seat)
    await expect(listing.canvas).to_be_in_viewport()
    await expect(listing.part("check-out")).to_be_in_viewport()


async def test_places_to_stand_are_bought_by_number(visitor: Visitor, market: Market):
    page, floor = await visitor(), (await market.standing_areas("city-indoor-athletics-gala"))[0]
    listing = ListingPage(page)
    await listing.open("city-indoor-athletics-gala")
    await listing.stand(floor, 3)
    await expect(listing.picked.locator(".price-line:not(.price-total)")).to_have_count(3)
    await expect(listing.total).to_have_text("£87.00")
    await listing.check_out()
    checkout = CheckoutPage(page)
    await checkout.fill_in(somebody())
    await checkout.pay()
    await checkout.until_ordered()
    await expect(OrderPage(page).codes).to_have_count(3)


async def test_the_best_seats_together_within_a_budget_are_found_and_shown(visitor: Visitor, market: Market):
    listing = ListingPage(await visitor())
    await listing.open("harbour-sessions-pale-harbour")
    await listing.find_best(3, up_to="Up to £15.00")
    await expect(listing.picked.locator(".price-line:not(.price-total)")).to_have_count(3)
    prices = await listing.picked.locator(".price-line:not(.price-total) dd").all_text_contents()
    assert all(float(price.removeprefix("£")) <= 15 for price in prices)
    labels = await listing.picked.locator(".price-line:not(.price-total) dt").all_text_contents()
    rows = {re.sub(r", seat.*", "", label) for label in labels}
    assert len(rows) == 1, "they sit in one row"
    await expect(listing.said).to_contain_text("Found:")


async def test_what_costs_nothing_asks_for_no_card(visitor: Visitor, market: Market):
    [seat] = await market.free_seats("shorts-before-breakfast", category="Standard")
    page = await visitor()
    checkout = await come_to_checkout(page, "shorts-before-breakfast", seat)
    await expect(checkout.part("card-number")).to_be_hidden()
    await checkout.fill_in(somebody(), card=None)
    await checkout.pay()
    await checkout.until_ordered()
    await expect(OrderPage(page).codes).to_have_count(1)


async def test_a_paid_order_is_cancelled_after_being_told_what_comes_back(visitor: Visitor, market: Market):
    nora, [seat] = somebody(), await market.free_seats("gravity-lessons")
    page = await visitor()
    checkout = await fill_in_and_pay(page, "gravity-lessons", seat, buyer=nora, card=GOOD_CARD)
    order_id = await checkout.until_ordered()
    order = OrderPage(page)
    await order.part("cancel").click()
    await expect(order.part("cancel-quote")).to_contain_text("back")
    await order.part("cancel-keep").click()
    await expect(order.part("cancel-quote")).to_be_hidden()
    await order.cancel()
    await expect(order.status).to_contain_text("Cancelled")
    await expect(order.part("refunds")).to_be_visible()
    assert await market.state_of("gravity-lessons", seat) == "free"
    [payment] = await market.payments_of(order_id)
    assert payment["status"] == "succeeded"
    await market.mail_to(nora.email, about="cancelled")
    orders = OrdersPage(order.page)
    await orders.go_to_orders()
    await expect(orders.past.get_by_test_id(f"order-{order_id}")).to_be_visible()


async def _tab_to(page, testid):
    """Press Tab until the focus is there, as far as a patient person would."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("() => document.activeElement?.dataset?.testid") == testid:
            return
    raise AssertionError(f"the keyboard does not reach {testid}")


async def _must_fit(page):
    """Nothing is wider than the screen."""
    wide = await page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} px too wide"
