"""Paying: what is refused, what is asked, what is pressed twice, and what happens when the buyer looks away."""

from __future__ import annotations

from playwright.async_api import expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import ListingPage, OrderPage
from tests.journeys.pages.checkout import CHALLENGED_CARD, DECLINED_CARD, GOOD_CARD, POOR_CARD, Buyer, CheckoutPage
from tests.journeys.people import somebody
from tests.journeys.steps import PHONE, come_to_checkout, fill_in_and_pay

SHOW = "on-repair"
LONG_ENOUGH_TO_READ = 15_000
"""Milliseconds after which a passing word of a line has passed."""


async def test_a_declined_card_says_why_and_loses_nothing_and_another_one_pays(visitor: Visitor, market: Market, shots):
    nora, seats = somebody(), await market.free_seats(SHOW, 2)
    page = await visitor()
    checkout = await fill_in_and_pay(page, SHOW, *seats, buyer=nora, card=DECLINED_CARD)
    await expect(checkout.problem).to_contain_text("declined")
    await expect(checkout.form).to_be_visible()
    await page.screenshot(path=shots("declined"), full_page=True)
    for testid, kept in (
        ("buyer-name", nora.name), ("buyer-email", nora.email), ("card-number", DECLINED_CARD), ("card-expiry", "12/34"),
        ("card-cvc", "123"),
    ):  # fmt: skip
        await expect(checkout.part(testid)).to_have_value(kept)
    await expect(checkout.part("terms")).to_be_checked()
    assert [await market.state_of(SHOW, seat) for seat in seats] == ["held", "held"]

    await checkout.part("card-number").fill(POOR_CARD)
    await checkout.pay()
    await expect(checkout.problem).to_contain_text("too little money")
    await checkout.part("card-number").fill(GOOD_CARD)
    await checkout.pay()
    order_id = await checkout.until_ordered()
    assert [payment["status"] for payment in await market.payments_of(order_id)] == ["succeeded", "failed", "failed"]


async def test_on_a_phone_the_reason_is_in_view_and_a_slip_in_the_address_is_mended(visitor: Visitor, market: Market):
    nora, [seat] = somebody(), await market.free_seats(SHOW)
    page = await visitor(**PHONE)
    slip = Buyer(nora.name, nora.email.replace("@", "@mail."))
    checkout = await fill_in_and_pay(page, SHOW, seat, buyer=slip, card=DECLINED_CARD)
    await expect(checkout.problem).to_be_in_viewport()
    await checkout.fill_in(nora)
    await checkout.pay()
    await checkout.until_ordered()
    await expect(OrderPage(page).confirmed).to_contain_text(nora.email)


async def test_back_from_the_tickets_leads_to_the_listing(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    page = await visitor()
    checkout = await fill_in_and_pay(page, SHOW, seat, buyer=somebody())
    await checkout.until_ordered()
    await page.go_back()
    await ListingPage(page).until_the_map_is_live()


async def test_what_is_wrong_with_a_card_is_said_beside_its_field(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    checkout = await come_to_checkout(await visitor(), SHOW, seat)
    await checkout.fill_in(somebody(), card="4242 4242 4242 4241")
    await checkout.pay()
    await expect(checkout.part("card-number-error")).not_to_be_empty()
    await checkout.part("card-number").fill(GOOD_CARD)
    await checkout.part("card-expiry").fill("next year")
    await checkout.pay()
    await expect(checkout.part("card-expiry-error")).to_contain_text("month and year")
    await checkout.part("card-expiry").fill("01/20")
    await checkout.pay()
    await expect(checkout.part("card-expiry-error")).to_contain_text("expired")
    await expect(checkout.part("card-expiry")).to_be_focused()
    await checkout.part("card-expiry").fill("12/34")
    await checkout.pay()
    await checkout.until_ordered()


async def test_the_bank_asks_and_a_yes_pays(visitor: Visitor, market: Market, shots):
    [seat] = await market.free_seats(SHOW)
    page = await visitor()
    checkout = await fill_in_and_pay(page, SHOW, seat, buyer=somebody(), card=CHALLENGED_CARD)
    await expect(checkout.challenge).to_be_visible()
    await page.screenshot(path=shots("challenge"))
    await checkout.answer_bank(approve=True)
    await checkout.until_ordered()


async def test_the_bank_asks_and_a_no_charges_nothing_and_keeps_the_seat(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    checkout = await fill_in_and_pay(await visitor(), SHOW, seat, buyer=somebody(), card=CHALLENGED_CARD)
    await checkout.answer_bank(approve=False)
    await expect(checkout.problem).to_be_visible()
    await expect(checkout.challenge).to_be_hidden()
    assert await market.state_of(SHOW, seat) == "held"
    await checkout.pay()
    await checkout.answer_bank(approve=True)
    await checkout.until_ordered()


async def test_a_reload_while_the_bank_asks_asks_again(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    checkout = await fill_in_and_pay(await visitor(), SHOW, seat, buyer=somebody(), card=CHALLENGED_CARD)
    await expect(checkout.challenge).to_be_visible()
    await checkout.page.reload()
    await checkout.answer_bank(approve=True)
    order_id = await checkout.until_ordered()
    assert len(await market.payments_of(order_id)) == 1


async def test_two_clicks_on_pay_make_one_order_and_one_charge(visitor: Visitor, market: Market):
    nora, [seat] = somebody(), await market.free_seats(SHOW)
    page = await visitor()
    checkout = await come_to_checkout(page, SHOW, seat)
    await checkout.fill_in(nora)
    await checkout.part("pay").dblclick()
    order_id = await checkout.until_ordered()
    assert [payment["status"] for payment in await market.payments_of(order_id)] == ["succeeded"]
    await page.goto("/orders")
    await expect(checkout.parts("order-bkg_")).to_have_count(1)


async def test_reload_and_back_during_a_payment_come_back_to_it_and_pay_once(visitor: Visitor, market: Market):
    await market.change_simulator_settings(processing_seconds=120)
    [seat] = await market.free_seats(SHOW)
    page = await visitor()
    checkout = await fill_in_and_pay(page, SHOW, seat, buyer=somebody())
    await expect(checkout.paying).to_be_visible()
    address = page.url
    await page.reload()
    await expect(checkout.paying).to_be_visible()
    await page.go_back()
    listing = ListingPage(page)
    await expect(listing.part("unpaid")).to_contain_text("unpaid order")
    await listing.part("unpaid-go").click()
    await page.wait_for_url(address)
    await expect(checkout.paying).to_be_visible()
    await expect(checkout.part("pay")).to_be_hidden()

    await market.advance(minutes=3)
    await market.run_job("simulate")
    order_id = await checkout.until_ordered()
    assert [payment["status"] for payment in await market.payments_of(order_id)] == ["succeeded"]
    await page.go_back()
    await expect(OrderPage(page).confirmed.or_(listing.canvas)).to_be_visible()
    assert len(await market.payments_of(order_id)) == 1


async def test_a_page_closed_during_the_payment_is_confirmed_all_the_same(visitor: Visitor, market: Market):
    await market.change_simulator_settings(processing_seconds=120)
    nora, [seat] = somebody(), await market.free_seats(SHOW)
    page = await visitor()
    checkout = await fill_in_and_pay(page, SHOW, seat, buyer=nora)
    await expect(checkout.paying).to_contain_text("You can close this page")
    context = page.context
    await page.close()
    await market.advance(minutes=3)
    await market.run_job("simulate")
    order = OrderPage(await context.new_page())
    await order.page.goto(await market.magic_link_to(nora.email))
    await expect(order.codes).to_have_count(1)


async def test_giving_up_before_paying_frees_the_seats_at_once(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    onlooker = ListingPage(await visitor())
    await onlooker.open(SHOW)
    checkout = await come_to_checkout(await visitor(), SHOW, seat)
    await onlooker.expect_seat(seat, "held")
    await checkout.part("cancel").click()
    await checkout.page.wait_for_url(f"**/l/{SHOW}")
    await onlooker.expect_seat(seat, "free")


async def test_giving_up_after_a_declined_card_frees_the_seats_at_once(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    checkout = await fill_in_and_pay(await visitor(), SHOW, seat, buyer=somebody(), card=DECLINED_CARD)
    await expect(checkout.problem).to_be_visible()
    await checkout.part("cancel").click()
    listing = ListingPage(checkout.page)
    await listing.until_the_map_is_live()
    await listing.expect_seat(seat, "free")
    await expect(listing.part("unpaid")).to_be_hidden()


async def test_a_card_is_written_as_cards_are_while_it_is_typed_and_the_caret_stays(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    checkout = await come_to_checkout(await visitor(**PHONE), SHOW, seat)
    number, expiry = checkout.part("card-number"), checkout.part("card-expiry")
    await number.press_sequentially("378282246310005")
    await expect(number).to_have_value("3782 822463 10005")
    await expect(checkout.part("card-brand")).to_have_text("American Express")
    await number.fill("")
    await number.press_sequentially("4242424242424")
    for _ in range(4):
        await number.press("ArrowLeft")
    await number.press_sequentially("1")
    assert await number.evaluate("input => input.value.slice(0, input.selectionStart)") == "4242 4242 421"
    await expiry.press_sequentially("1230")
    await expect(expiry).to_have_value("12/30")


async def test_everything_that_is_wrong_is_said_at_once_beside_its_field(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    checkout = await come_to_checkout(await visitor(), SHOW, seat)
    await checkout.pay()
    for field in ("buyer-name", "buyer-email", "card-number", "card-expiry", "card-cvc", "terms"):
        await expect(checkout.part(f"{field}-error")).not_to_be_empty()
    await expect(checkout.part("buyer-name")).to_be_focused()


async def test_pay_while_offline_is_refused_in_words_and_never_sent_later(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    checkout = await come_to_checkout(await visitor(), SHOW, seat)
    await checkout.fill_in(somebody())
    await checkout.page.context.set_offline(True)
    await checkout.pay()
    await expect(checkout.part("pay-away")).to_contain_text("nothing was charged")
    await checkout.page.context.set_offline(False)
    await expect(checkout.offline).to_be_hidden()
    await expect(checkout.part("pay")).to_be_enabled()
    await expect(checkout.paying).to_be_hidden()
    await checkout.pay()
    await checkout.until_ordered()


async def test_more_time_once_a_word_that_passes_and_a_bank_that_is_waited_for(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    page = await visitor()
    checkout = await come_to_checkout(page, SHOW, seat)
    await expect(checkout.part("extend")).to_be_visible()
    other = CheckoutPage(await page.context.new_page())
    await other.page.clock.install()
    await other.page.goto(page.url)
    await expect(other.part("extend")).to_be_visible()
    await checkout.part("extend").click()
    await expect(checkout.part("extend")).to_be_hidden()

    await other.part("extend").click()
    await expect(other.notice).to_contain_text("works once")
    await other.notice.hover()
    await other.page.clock.fast_forward(LONG_ENOUGH_TO_READ)
    await expect(other.notice).to_be_visible()
    await other.part("notice-close").focus()
    await other.title.hover()
    await other.page.clock.fast_forward(LONG_ENOUGH_TO_READ)
    await expect(other.notice).to_be_visible()
    await other.part("buyer-name").focus()
    await other.page.clock.fast_forward(LONG_ENOUGH_TO_READ)
    await expect(other.notice).to_be_hidden()

    await checkout.fill_in(somebody(), card=CHALLENGED_CARD)
    await checkout.pay()
    await expect(checkout.challenge).to_be_visible()
    await expect(checkout.paying).to_contain_text("Your bank is waiting for your answer")
    await expect(checkout.paying).not_to_contain_text("You can close this page")
    await checkout.answer_bank(approve=True)
    await checkout.until_ordered()
