"""Holding: who sees what, who gets it, how long it lasts."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import WebSocketRoute, expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import CheckoutPage, ListingPage
from tests.journeys.steps import come_to_checkout

SHOW = "harbour-sessions-pale-harbour"
A_SECOND = 1000
TOO_LATE = re.compile(r"is taken|quicker")


async def test_two_browsers_see_each_others_picks_within_a_second_without_a_reload(visitor: Visitor, market: Market):
    left, right = await market.free_seats(SHOW, 2)
    ann, ben = ListingPage(await visitor()), ListingPage(await visitor())
    await ann.open(SHOW)
    await ben.open(SHOW)
    await ann.pick(left)
    await ben.expect_seat(left, "held", within=A_SECOND)
    await ben.pick(right)
    await ann.expect_seat(right, "held", within=A_SECOND)
    await ann.press(left)
    await expect(ann.picked).to_be_hidden()
    await ben.expect_seat(left, "free", within=A_SECOND)


async def test_of_two_who_press_the_same_seat_one_has_it_and_the_other_is_told(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    both = [ListingPage(await visitor()) for _ in range(2)]
    for one in both:
        await one.open(SHOW)
    await asyncio.gather(*(one.press(seat) for one in both))
    # The slower one hears it from the server or, if the news of it was quicker than the finger, from the map.
    for one in both:
        await expect(one.picked.or_(one.told(TOO_LATE))).to_be_attached()
    [winner] = [one for one in both if await one.picked.is_visible()]
    [loser] = [one for one in both if one is not winner]
    await winner.expect_mine(seat)
    await expect(loser.told(TOO_LATE)).to_be_attached()
    await expect(loser.picked).to_be_hidden()
    await loser.expect_seat(seat, "held")
    assert await market.state_of(SHOW, seat) == "held"


async def test_what_one_holds_is_there_after_a_reload_and_in_a_second_tab_as_one_hold(visitor: Visitor, market: Market):
    first, second, third = await market.free_seats(SHOW, 3)
    here = ListingPage(await visitor())
    await here.open(SHOW)
    await here.pick(first)
    await here.page.reload()
    await here.expect_mine(first)
    there = ListingPage(await here.page.context.new_page())
    await there.open(SHOW)
    await there.expect_mine(first)
    await there.pick(second)
    await there.expect_mine(first, second)
    await here.pick(third)
    await here.expect_mine(first, second, third)


async def test_what_is_given_back_in_a_second_tab_is_not_said_to_have_run_out(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    here = ListingPage(await visitor())
    await here.open(SHOW)
    await here.pick(seat)
    there = ListingPage(await here.page.context.new_page())
    await there.open(SHOW)
    await there.expect_mine(seat)
    await there.part("let-go").click()
    await expect(here.part("ran-out")).to_contain_text("were released")
    await expect(here.part("ran-out")).not_to_contain_text("time")


async def test_nobody_takes_more_than_the_seller_allows(visitor: Visitor, market: Market):
    show = "the-slow-road-to-bolzano"
    listing = ListingPage(await visitor())
    await listing.open(show)
    await listing.find_best(5)
    await expect(listing.part("bar")).to_contain_text("5 picked")
    [another] = await market.free_seats(show)
    await listing.press(another)
    await expect(listing.said).to_contain_text("at most 5")
    await expect(listing.part("bar")).to_contain_text("5 picked")


async def test_a_hold_that_runs_out_is_told_and_seen_free_by_everybody_and_taken_again_in_one_click(
    visitor: Visitor, market: Market
):
    [seat] = await market.free_seats(SHOW)
    ann, ben = ListingPage(await visitor()), ListingPage(await visitor())
    await ann.open(SHOW)
    await ben.open(SHOW)
    await ann.pick(seat)
    await ben.expect_seat(seat, "held")
    await market.advance(minutes=16)
    await market.run_job("expire")
    await ben.expect_seat(seat, "free")
    await expect(ann.part("ran-out")).to_contain_text("Your time ran out")
    await ann.part("again").click()
    await ann.expect_mine(seat)
    await ben.expect_seat(seat, "held")


async def test_where_the_lab_is_closed_the_map_gives_nobody_a_handle(visitor: Visitor, market: Market):
    def tell_that_the_lab_is_closed(here: WebSocketRoute) -> None:
        server = here.connect_to_server()
        server.on_message(lambda said: here.send(re.sub(r'("has_lab_rx_state_": ?)true', r"\1false", said)))

    page, control = await visitor(), await visitor()
    await page.route_web_socket("**/_event/**", tell_that_the_lab_is_closed)
    for one in (page, control):
        await one.goto(f"/l/{SHOW}")
        await one.wait_for_function("() => performance.getEntriesByName('seats-drawn').length > 0")
    assert await control.evaluate("() => 'holdfastSeatMap' in window")
    assert not await page.evaluate("() => 'holdfastSeatMap' in window")


async def test_a_check_out_whose_time_runs_out_says_so_and_leads_back(visitor: Visitor, market: Market, shots):
    [seat] = await market.free_seats(SHOW)
    checkout = await come_to_checkout(await visitor(), SHOW, seat)
    await expect(checkout.form).to_be_visible()
    await market.advance(minutes=16)
    await expect(checkout.gone).to_contain_text("Nothing was charged")
    await checkout.page.screenshot(path=shots("time-ran-out"))
    await checkout.part("gone-again").click()
    listing = ListingPage(checkout.page)
    await listing.until_the_map_is_live()
    await listing.pick(seat)


async def test_more_time_is_given_once(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    listing = ListingPage(await visitor())
    await listing.open(SHOW)
    await listing.pick(seat)
    await market.advance(minutes=10)
    await listing.part("extend").click()
    await expect(listing.part("extend")).to_be_hidden()
    await market.advance(minutes=8)
    await listing.page.reload()
    await listing.expect_mine(seat)
    await listing.check_out()
    await expect(CheckoutPage(listing.page).form).to_be_visible()
