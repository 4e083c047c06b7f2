"""Log in, and make an account."""

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

    @property
    def problem(self) -> Locator:
        return self.part("problem")


async def _until_it_can_be_sent(form: Frame) -> None:
    # The proof that the form is ours arrives with the websocket, a moment after the prerendered page.
    await expect(form.page.locator('main input[name="csrf"]')).not_to_have_value("")
