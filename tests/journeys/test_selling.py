"""Selling: from an empty account to the first sale, and to the day on which nothing takes place."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from marketplace.ids import ulid
from tests.journeys.conftest import Visitor
from tests.journeys.market import Market, Seat
from tests.journeys.pages import CheckoutPage, ListingPage, OrderPage, RegisterPage
from tests.journeys.pages.checkout import Buyer
from tests.journeys.pages.sell import EditorPage, SalesPage, ShopPage
from tests.journeys.test_account import link_to
from tests.makers.catalog import plan_document

STORY = "Four voices, no microphones.\n\nThe bar opens at seven."


def wrong_plan(folder: Path) -> Path:
    document = plan_document(rows=4, seats=8, name="Boat Shed")
    del document["zones"][0]["rows"][1]["seats"][3]["seat_guid"]
    document["zones"][0]["rows"][2]["seats"][5]["category"] = "Balcony"
    file = folder / "boat-shed.json"
    file.write_text(json.dumps(document))
    return file


async def open_a_shop(seller: Page, market: Market) -> None:
    register, email = RegisterPage(seller), f"{ulid().lower()}@example.org"
    await register.open()
    await register.register_and_log_in("Juno Adeyemi", email, "a few words in a row")
    await expect(register.part("sign-in")).to_be_hidden()
    shop = ShopPage(seller)
    await shop.open()
    await expect(shop.part("sell-unverified")).to_contain_text(email)
    await seller.goto(await link_to(market, email, about="confirm"))
    await expect(shop.part("verified")).to_be_visible()
    await shop.open()
    await shop.open_shop(f"Shed Songs {ulid()[-6:]}")
    await expect(shop.todo("listing")).to_have_attribute("data-state", "open")
    await shop.begin_a_listing()


async def publish_a_listing(seller: Page, folder: Path) -> str:
    """Write what is wrong first, and put it right; the listing's id."""
    editor = EditorPage(seller)
    await editor.go("preview")
    await expect(editor.lacks).to_contain_text("Title")
    await editor.go("what")
    title = f"Shanties {ulid()[-6:]}"
    await editor.say_what(title, STORY)
    await editor.say_where_and_when((datetime.now(UTC) + timedelta(days=30)).date())
    await editor.import_plan(wrong_plan(folder))
    await expect(editor.refusal).to_contain_text("$.zones[0].rows[1].seats[3].seat_guid")
    await expect(editor.refusal).to_contain_text("“Balcony”")
    await expect(editor.part("plan-drawing")).to_be_visible()
    await editor.draw_a_hall(rows=6, seats=10)
    await editor.price("24.5055", "18")
    await editor.go("rules")
    await editor.go("prices")
    await expect(editor.page.get_by_text("EUR has 2 decimals")).to_be_visible()
    await editor.price("24.50")
    await expect(editor.page.get_by_text("EUR has 2 decimals")).to_be_hidden()
    await seller.reload()
    await expect(editor.title).to_have_text(title)
    await editor.publish()
    return await SalesPage(seller).until_live()


async def buy(page: Page, market: Market, id: str, seat: Seat, buyer: Buyer) -> None:
    listing = ListingPage(page)
    await listing.open((await market.listing(id))["slug"])
    await listing.pick(seat)
    await listing.check_out()
    checkout = CheckoutPage(page)
    await checkout.fill_in(buyer)
    await checkout.pay()
    await checkout.until_ordered()


async def test_somebody_opens_a_shop_publishes_a_listing_watches_the_first_sale_arrive_and_calls_it_off(
    visitor: Visitor, market: Market, tmp_path: Path
):
    seller = await visitor()
    await open_a_shop(seller, market)
    id = await publish_a_listing(seller, tmp_path)
    sales = SalesPage(seller)
    await expect(sales.sold).to_have_text("0")
    kept, bought, *_ = await market.free_seats(id, 2, category="Category 1")
    await sales.hold_back(kept)
    await expect(sales.held_back).to_have_text("1")
    assert await market.state_of(id, kept) == "sold"

    nora = Buyer("=Nora Lindqvist", f"{ulid().lower()}@example.org")
    await buy(await visitor(), market, id, bought, nora)
    await expect(sales.sold).to_have_text("1")
    await expect(sales.revenue).to_have_text("€24.50")
    await expect(sales.orders).to_have_count(1)
    assert "'=Nora Lindqvist" in await sales.download_orders()

    await sales.part("call-off").click()
    await expect(sales.quote).to_contain_text("€26.95")
    await sales.call_off("The shed is under water.")
    await expect(sales.part("sales-status")).to_have_text("Event cancelled")
    await expect(sales.orders.first).to_contain_text("Cancelled by the seller")
    order = OrderPage(await visitor())
    await order.page.goto(await market.magic_link_to(nora.email, about="has been cancelled"))
    await expect(order.part("order-status")).to_have_text("Cancelled by the seller")


async def test_a_seller_moves_an_event_by_a_day_and_its_buyer_hears_of_it(
    visitor: Visitor, market: Market, tmp_path: Path
):
    seller = await visitor()
    await open_a_shop(seller, market)
    id = await publish_a_listing(seller, tmp_path)
    before = datetime.fromisoformat((await market.listing(id))["starts_at"])
    after = before + timedelta(days=1)
    [seat] = await market.free_seats(id)
    nora, page = Buyer("Nora Lindqvist", f"{ulid().lower()}@example.org"), await visitor()
    await buy(page, market, id, seat, nora)
    order = OrderPage(page)
    await expect(order.when).to_contain_text(f"{before.day} {before:%b %Y}, 19:30")

    editor = EditorPage(seller)
    await editor.open(id)
    await editor.move_to(after.date())
    await editor.part("take-over").click()
    await expect(editor.told).to_contain_text("1 buyer gets a mail")
    await expect(editor.told).to_contain_text(f"{before:%A}, {before.day} {before:%B %Y} at 19:30")
    await editor.part("take-over-keep").click()
    await expect(editor.told).to_be_hidden()
    assert datetime.fromisoformat((await market.listing(id))["starts_at"]) == before
    await editor.make_public()

    mail = await market.mail_to(nora.email, about="has changed")
    for day in (before, after):
        assert f"{day:%A}, {day.day} {day:%B %Y} at 19:30 (Berlin time)" in mail["html"]
    await page.reload()
    await expect(order.when).to_contain_text(f"{after.day} {after:%b %Y}, 19:30")
    await expect(order.tickets.first).to_contain_text(f"{after.day} {after:%b %Y}, 19:30")


async def test_to_a_stranger_somebody_s_desk_does_not_exist(visitor: Visitor, market: Market):
    page = await visitor()
    id = (await market.listing("the-cherry-orchard"))["id"]
    await page.goto(f"/sell/{id}")
    await expect(page.get_by_test_id("sales-missing")).to_be_visible()
    await page.goto(f"/sell/{id}/edit")
    await expect(page.get_by_test_id("sell-missing")).to_be_visible()
    answer = await page.request.get(f"/api/v1/listings/{id}/orders.csv")
    assert answer.status == 404
