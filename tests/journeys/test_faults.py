"""What goes wrong around a buyer: lost connections, killed processes, a Redis that does not answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.async_api import expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import BrowsePage, ListingPage
from tests.journeys.people import somebody
from tests.journeys.running import Running
from tests.journeys.steps import fill_in_and_pay
from tests.waiting import eventually

SHOW = "gravity-lessons"


async def test_a_lost_connection_is_told_and_heals_and_what_was_missed_is_seen(visitor: Visitor, market: Market, shots):
    mine, other = await market.free_seats(SHOW, 2)
    ann, ben = ListingPage(await visitor()), ListingPage(await visitor())
    await ann.open(SHOW)
    await ben.open(SHOW)
    await ann.page.context.set_offline(True)
    await expect(ann.banner).to_contain_text("connection is gone")
    await ann.page.screenshot(path=shots("connection-lost"))
    await ben.pick(other)
    await ann.page.context.set_offline(False)
    await expect(ann.banner).to_be_hidden()
    await ann.expect_seat(other, "held")
    await ann.pick(mine)
    await expect(ann.offline).to_be_hidden()


async def test_a_seat_pressed_while_offline_is_nobody_s_and_is_not_asked_for_later(visitor: Visitor, market: Market):
    seat, later = await market.free_seats(SHOW, 2)
    ann = ListingPage(await visitor())
    await ann.open(SHOW)
    await ann.page.context.set_offline(True)
    await expect(ann.banner).to_contain_text("connection is gone")
    await ann.press(seat)
    await expect(ann.part("map-chosen")).to_contain_text("Picking")
    await expect(ann.part("map-chosen")).to_have_text("No places yet")
    await expect(ann.said).to_contain_text("nothing was picked")
    await ann.page.context.set_offline(False)
    await expect(ann.offline).to_be_hidden()
    await ann.pick(later)
    await ann.expect_mine(later)
    await ann.expect_seat(seat, "free")


async def run_all_jobs(market: Market) -> None:
    """Any of them may be the one that heals: which depends on how far the killed processes came."""
    for job in ("deliver-events", "simulate", "read-webhooks", "settle-payments"):
        await market.run_job(job)


async def test_web_processes_killed_during_a_payment_cost_nobody_an_order(
    visitor: Visitor, market: Market, running: Running
):
    await market.change_simulator_settings(processing_seconds=120)
    nora, [seat] = somebody(), await market.free_seats(SHOW)
    checkout = await fill_in_and_pay(await visitor(), SHOW, seat, buyer=nora)
    await expect(checkout.paying).to_be_visible()
    for victim in running.workers():  # one after the other, so that whoever served this buyer is among them
        os.kill(victim, signal.SIGKILL)
        await eventually(lambda gone=victim: len(set(running.workers()) - {gone}) == 2, within=30)
    await market.until_ready()

    # Whatever the killed ones had taken on is due again after its lease; then the bank takes its time. Both together are
    # less than the buyer's time to pay.
    await market.advance(minutes=1.1)
    await run_all_jobs(market)
    await market.advance(minutes=2.1)

    async def is_settled() -> bool:
        await run_all_jobs(market)
        return (await market.latest_payment())["status"] == "succeeded"

    await eventually(is_settled, within=30)
    order_id = await checkout.until_ordered()
    assert [payment["status"] for payment in await market.payments_of(order_id)] == ["succeeded"]
    await market.mail_to(nora.email)


async def test_while_redis_hangs_every_page_says_so_by_itself_and_comes_back(
    visitor: Visitor, market: Market, running: Running
):
    before, after = BrowsePage(await visitor()), BrowsePage(await visitor())
    await before.open()
    with frozen(running.redis()):
        await expect(before.offline).to_contain_text("we lost the connection")
        # Nobody has a state for a page that is opened now: it has words all the same.
        await after.page.goto("/browse")
        await expect(after.offline).to_contain_text("we lost the connection")
    for tab in (before, after):
        await expect(tab.offline).to_be_hidden(timeout=30_000)
    await after.open()


async def test_an_embedded_redis_that_is_killed_comes_back_and_one_event_is_one_line_of_the_log(
    visitor: Visitor, market: Market, running: Running
):
    browse = BrowsePage(await visitor())
    await browse.open()
    victim, began = running.redis(), running.log.stat().st_size
    os.kill(victim, signal.SIGKILL)
    await eventually(lambda: running.redis_or_none() not in {None, victim}, within=30)
    await market.until_ready()
    await browse.open()
    assert running.log.stat().st_size - began < 20_000  # without end, it was a megabyte a second


async def test_while_redis_is_away_pages_can_be_read_picking_is_paused_and_all_heals(
    visitor: Visitor, market: Market, running: Running, shots
):
    [seat] = await market.free_seats(SHOW)
    listing = ListingPage(await visitor())
    await listing.open(SHOW)
    with frozen(running.redis()):
        await expect(listing.banner).to_contain_text("paused", ignore_case=True)
        await listing.page.screenshot(path=shots("holds-paused"))
        assert (await market.listing(SHOW))["title"] == "Gravity Lessons"
        assert (await listing.page.request.get("/browse")).ok
    await expect(listing.banner).to_be_hidden()
    await listing.pick(seat)
    browse = BrowsePage(listing.page)
    await browse.open()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """The process answers nobody for as long as the block lasts."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
