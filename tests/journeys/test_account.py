"""Looking after one's account: address, password, second factor, log-ins, leaving."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pyotp
from playwright.async_api import Page, expect

from tests.journeys.conftest import Visitor
from tests.journeys.market import Market
from tests.journeys.pages import AccountPage, CodePage, LoginPage, PasswordPage, RegisterPage
from tests.journeys.people import somebody

PASSWORD, NEW = "correct horse battery", "another horse battery"
PHONE = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}


async def link_to(market: Market, address: str, *, about: str) -> str:
    """Where the button in the mail leads."""
    found = re.search(r'href="([^"]*token=[^"]*)"', (await market.mail_to(address, about=about))["html"])
    assert found, "the mail has no link"
    return found[1].replace("&amp;", "&")


async def come_in(page: Page) -> str:
    """Register; the address."""
    who = somebody()
    registering = RegisterPage(page)
    await registering.open()
    await registering.register_and_log_in(who.name, who.email, PASSWORD)
    await expect(registering.menu).to_contain_text(who.name)
    return who.email


async def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    entrance = LoginPage(page)
    await entrance.open()
    await entrance.log_in(email, password)


async def test_a_new_account_confirms_its_address_and_a_forgotten_password_is_set_anew(
    visitor: Visitor, market: Market
):
    page = await visitor()
    email = await come_in(page)
    account = AccountPage(page)
    await account.open_from_the_menu()
    await expect(account.part("unverified")).to_be_visible()
    await page.goto(await link_to(market, email, about="confirm"))
    await expect(account.part("verified")).to_contain_text(email)
    await account.open()
    await expect(account.part("profile-name")).to_have_value("Nora Lindqvist")
    await expect(account.part("unverified")).to_have_count(0)

    elsewhere = await visitor()
    forgetting = PasswordPage(elsewhere)
    await forgetting.ask(email)
    link = await link_to(market, email, about="new password")
    await forgetting.set(link, "short")
    await expect(forgetting.problem).to_be_visible()
    await forgetting.set(link, NEW)
    await expect(forgetting.done).to_be_visible()
    await forgetting.set(link, PASSWORD)
    await expect(forgetting.problem).to_be_visible()

    await page.reload()
    await expect(account.stranger).to_be_visible()
    await log_in(elsewhere, email, PASSWORD)
    await expect(LoginPage(elsewhere).problem).to_be_visible()
    await log_in(elsewhere, email, NEW)
    await expect(LoginPage(elsewhere).menu).to_contain_text("Nora Lindqvist")


async def test_a_second_factor_is_set_up_and_asked_for_on_the_next_device(visitor: Visitor):
    page = await visitor()
    heard: list[str] = []
    page.on("websocket", lambda line: line.on("framereceived", lambda frame: heard.append(str(frame))))
    email = await come_in(page)
    account = AccountPage(page)
    await account.open()
    await account.part("factor-password").fill("wrong horse battery")
    await account.part("factor-begin").click()
    await expect(account.part("factor-password-error")).not_to_be_empty()
    app = pyotp.TOTP(await account.begin_second_factor(PASSWORD))
    await account.part("factor-code").fill("000000x")
    await account.part("factor-confirm").click()
    await expect(account.part("factor-code-error")).not_to_be_empty()
    codes = await account.confirm_second_factor(app.at(datetime.now(UTC)))

    assert any("enrolling_qr" in frame for frame in heard)
    assert not any(code in frame for frame in heard for code in codes)

    phone = await visitor(**PHONE)
    await log_in(phone, email)
    second_half = CodePage(phone)
    await second_half.enter("000000x")
    await expect(second_half.problem).to_be_visible()
    await second_half.enter(codes[0])
    await expect(second_half.menu).to_be_visible()
    on_phone = AccountPage(phone)
    await on_phone.open()
    await expect(on_phone.log_ins).to_have_count(2)
    assert await phone.evaluate("document.documentElement.scrollWidth") == 360

    await page.reload()
    await account.part("end-others").click()
    await expect(account.log_ins).to_have_count(1)
    await phone.reload()
    await expect(on_phone.stranger).to_be_visible()


async def test_logging_out_empties_every_open_tab(visitor: Visitor):
    page = await visitor()
    other = await page.context.new_page()
    email = await come_in(page)
    shown = AccountPage(other)
    await shown.open()
    await expect(shown.part("profile-name")).to_have_value("Nora Lindqvist")
    began_with = await other.evaluate("sessionStorage.getItem('token')")
    assert began_with
    await AccountPage(page).log_out()
    await expect(shown.stranger).to_be_visible()
    await expect(other.get_by_text(email)).to_have_count(0)
    assert await other.evaluate("sessionStorage.getItem('token')") != began_with
    await log_in(page, email)
    await expect(shown.part("profile-name")).to_have_value("Nora Lindqvist")


async def test_somebody_renames_themselves_takes_their_data_and_leaves(visitor: Visitor):
    page = await visitor()
    email = await come_in(page)
    account = AccountPage(page)
    await account.open()
    await account.part("profile-name").fill("Nora Berg")
    await account.part("profile-save").click()
    await expect(account.menu).to_contain_text("Nora Berg")
    async with page.expect_download() as download:
        await account.part("export").click()
    told = json.loads((await (await download.value).path()).read_text())
    assert (told["account"]["email"], told["account"]["name"], told["orders"]) == (email, "Nora Berg", [])

    await account.open()
    await account.part("erase").click()
    await account.confirm_erasing("wrong horse battery")
    await expect(account.part("erase-dialog").get_by_test_id("erase-problem")).to_be_visible()
    await account.confirm_erasing(PASSWORD)
    await expect(account.part("account-erased")).to_be_visible()
    await log_in(page, email)
    await expect(LoginPage(page).problem).to_be_visible()
