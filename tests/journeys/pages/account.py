"""Log in, make an account, and look after it."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from tests.journeys.pages.frame import Frame


class LoginPage(Frame):
    async def open(self) -> None:
        await self.page.goto("/login")

    async def log_in(self, email: str, password: str) -> None:
        await _until_it_can_be_sent(self)
        await self.part("email").fill(email)
        await self.part("password").fill(password)
        await self.part("submit").click()

    @property
    def problem(self) -> Locator:
        return self.part("problem")


class RegisterPage(Frame):
    async def open(self) -> None:
        await self.page.goto("/register")

    async def register(self, name: str, email: str, password: str) -> None:
        await _until_it_can_be_sent(self)
        await self.part("name").fill(name)
        await self.part("email").fill(email)
        await self.part("password").fill(password)
        await self.part("submit").click()

    async def register_and_log_in(self, name: str, email: str, password: str) -> None:
        await self.register(name, email, password)
        await expect(self.part("registered")).to_be_visible()
        await expect(self.part("email")).to_have_value(email)
        await LoginPage(self.page).log_in(email, password)

    @property
    def problem(self) -> Locator:
        return self.part("problem")


class CodePage(Frame):
    """The second half of a log-in."""

    async def enter(self, code: str) -> None:
        await self.page.wait_for_url("**/login/code**")
        await _until_it_can_be_sent(self)
        await self.part("code").fill(code)
        await self.part("submit").click()

    @property
    def problem(self) -> Locator:
        return self.part("problem")


class PasswordPage(Frame):
    """Ask for a link by mail, and set a new password with it."""

    async def ask(self, email: str) -> None:
        await self.page.goto("/forgot")
        await _until_it_can_be_sent(self)
        await self.part("email").fill(email)
        await self.part("submit").click()
        await expect(self.part("reset-sent")).to_be_visible()

    async def set(self, link: str, password: str) -> None:
        await self.page.goto(link)
        await _until_it_can_be_sent(self)
        await self.part("new-password").fill(password)
        await self.part("submit").click()

    @property
    def problem(self) -> Locator:
        return self.part("problem")

    @property
    def done(self) -> Locator:
        return self.part("reset-done")


class AccountPage(Frame):
    async def open(self) -> None:
        await self.page.goto("/account")

    async def open_from_the_menu(self) -> None:
        await self.menu.click()
        await self.part("menu-account").click()
        await self.page.wait_for_url("**/account")

    async def begin_second_factor(self, password: str) -> str:
        """The key for an authenticator app."""
        await self.part("factor-password").fill(password)
        await self.part("factor-begin").click()
        await expect(self.part("factor-qr")).to_be_visible()
        return (await self.part("factor-secret").inner_text()).replace(" ", "")

    async def confirm_second_factor(self, code: str) -> list[str]:
        """The recovery codes, as they are shown once."""
        await self.part("factor-code").fill(code)
        await self.part("factor-confirm").click()
        await expect(self.part("recovery-code")).to_have_count(10)
        codes = await self.part("recovery-code").all_inner_texts()
        await self.part("factor-codes-kept").click()
        await expect(self.part("factor-on")).to_be_visible()
        return codes

    async def confirm_erasing(self, password: str) -> None:
        await self.part("erase-password").fill(password)
        await self.part("erase-confirm").click()

    @property
    def stranger(self) -> Locator:
        return self.part("account-stranger")

    @property
    def log_ins(self) -> Locator:
        return self.part("log-ins").locator(".row")


async def _until_it_can_be_sent(form: Frame) -> None:
    # The proof that the form is ours arrives with the websocket, a moment after the prerendered page.
    await expect(form.page.locator('main input[name="csrf"]')).not_to_have_value("")
