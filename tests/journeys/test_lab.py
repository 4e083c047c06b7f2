"""The lab, by its page: how the provider behaves, what comes of the next payment, what was paid and mailed, what time it is."""

from __future__ import annotations

from playwright.async_api import expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import LabPage, LoginPage
from tests.journeys.people import somebody
from tests.journeys.running import Running
from tests.journeys.steps import fill_in_and_pay
from tests.waiting import eventually

SHOW = "on-repair"


async def test_habits_are_changed_and_kept(visitor: Visitor, market: Market, shots):
    lab = LabPage(await visitor())
    await lab.open()
    await lab.set("processing", "1.5")
    await lab.set("duplicates", "2")
    await lab.part("lab-forge").check()
    await lab.keep()
    simulator_settings = await market.simulator_settings()
    assert simulator_settings["processing_seconds"] == 1.5
    assert (simulator_settings["faults"]["duplicates"], simulator_settings["faults"]["forge"]) == (2, True)
    await lab.page.reload()
    await expect(lab.part("lab-duplicates")).to_have_value("2")
    await expect(lab.part("lab-forge")).to_be_checked()
    await lab.page.screenshot(path=shots("lab"), full_page=True)


async def test_a_outcome_decides_the_next_payment_once(visitor: Visitor, market: Market):
    [seat] = await market.free_seats(SHOW)
    lab = LabPage(await visitor())
    await lab.open()
    await lab.decide("insufficient_funds")
    checkout = await fill_in_and_pay(await visitor(), SHOW, seat, buyer=somebody())
    await expect(checkout.problem).to_contain_text("too little money")
    await checkout.pay()
    await checkout.until_ordered()


async def test_webhooks_that_come_twice_late_forged_or_never_sell_no_seat_twice(visitor: Visitor, market: Market):
    for faults in (
        {"duplicates": 3, "reorder": True, "forge": True},
        {"drop": True},
    ):
        await market.change_simulator_settings(faults={**(await market.simulator_settings())["faults"], **faults})
        [seat] = await market.free_seats(SHOW)
        checkout = await fill_in_and_pay(await visitor(), SHOW, seat, buyer=somebody())
        await expect(checkout.paying).to_be_visible()
        if faults.get("drop"):
            # Nobody tells us: we ask, when the answer is overdue.
            async def is_settled() -> bool:
                await market.advance(minutes=1)
                await market.run_job("simulate")
                await market.run_job("settle-payments")
                return (await market.latest_payment())["status"] == "succeeded"

            await eventually(is_settled, within=15)
        order_id = await checkout.until_ordered()
        assert [payment["status"] for payment in await market.payments_of(order_id)] == ["succeeded"]


async def test_payments_with_their_trail_and_mails_are_there_to_read(visitor: Visitor, market: Market):
    nora, [seat] = somebody(), await market.free_seats(SHOW)
    checkout = await fill_in_and_pay(await visitor(), SHOW, seat, buyer=nora)
    order_id = await checkout.until_ordered()
    subject = (await market.mail_to(nora.email))["card"]["subject"]
    lab = LabPage(await visitor())
    await lab.open()
    payment = lab.payments.filter(has_text=order_id)
    await payment.locator("summary").click()
    await expect(payment).to_contain_text("Payment started")
    await expect(payment).to_contain_text("Paid")
    email = await lab.open_mail(subject)
    await expect(email.get_by_role("link", name="Open your ticket")).to_be_visible()
    await expect(await lab.email_as_text()).to_contain_text("Open your ticket:")


async def test_every_email_can_be_read_in_every_language_and_form(visitor: Visitor, shots):
    lab = LabPage(await visitor())
    await lab.open()
    email = await lab.open_email("confirmed")
    await expect(email.get_by_role("heading", name="You're going")).to_be_visible()
    await expect(email.get_by_role("link", name="Open your tickets")).to_be_visible()
    await lab.page.screenshot(path=shots("email"))
    await expect(await lab.email_as_text()).to_contain_text("Stalls, row C, seat 12: €42.50")
    await lab.close_email()
    email = await lab.open_email("declined", language="de")
    await expect(email.get_by_role("link", name="Noch einmal versuchen")).to_be_visible()
    await expect(await lab.email_as_text()).to_contain_text("zu wenig Guthaben")


async def test_the_clock_goes_forward_and_back_to_real_time(visitor: Visitor):
    lab = LabPage(await visitor())
    await lab.open()
    await expect(lab.clock).to_contain_text("real time")
    await lab.part("lab-step-900").click()
    await expect(lab.clock).to_contain_text("ahead of real time")
    await lab.part("lab-clock-reset").click()
    await expect(lab.clock).not_to_contain_text("ahead of real time")


async def test_a_storm_fills_the_hall_and_says_how_it_went(visitor: Visitor, market: Market):
    lab = LabPage(await visitor())
    await lab.open()
    await lab.raise_storm("Cellar Brass on a Sunday · Berlin", buyers=6)
    await expect(lab.part("storm-state")).to_have_attribute("data-raging", "false", timeout=40_000)
    await expect(lab.part("storm-served").locator(".stat-value")).to_have_text("6 of 6")
    held = await lab.part("storm-held").locator(".stat-value").inner_text()
    await expect(lab.part("storm-sold").locator(".stat-value")).to_have_text(held)


async def test_a_fresh_start_brings_the_first_world_back_and_leads_home(
    visitor: Visitor, market: Market, running: Running
):
    page = await visitor()
    login = LoginPage(page)
    await login.open()
    await login.log_in("ada@holdfast.example", "holdfast-demo")
    await expect(login.menu).to_contain_text("Ada")
    [seat] = await market.free_seats(SHOW)
    order_id = await (await fill_in_and_pay(await visitor(), SHOW, seat, buyer=somebody())).until_ordered()
    assert await market.state_of(SHOW, seat) == "sold"
    lab = LabPage(page)
    await lab.open()
    await lab.part("lab-step-86400").click()
    await lab.part("lab-fresh-start").click()
    await lab.part("lab-fresh-start-keep").click()
    await expect(lab.part("lab-fresh-start-dialog")).to_be_hidden()
    await lab.start_anew()
    assert await market.state_of(SHOW, seat) == "free"
    await lab.open()
    await expect(lab.clock).not_to_contain_text("ahead of real time")
    await expect(lab.payments).not_to_have_count(0)
    await expect(lab.payments.filter(has_text=order_id)).to_have_count(0)
    await login.open()
    await login.log_in("ada@holdfast.example", "holdfast-demo")
    await expect(login.menu).to_contain_text("Ada")
    [seat] = await market.free_seats(SHOW)
    await (await fill_in_and_pay(await visitor(), SHOW, seat, buyer=somebody())).until_ordered()
