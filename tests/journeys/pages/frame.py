"""What every page has: the way around, who is looking, passing words, and whether we are still connected."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect


class Frame:
    def __init__(self, page: Page) -> None:
        self.page = page

    def part(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def parts(self, prefix: str) -> Locator:
        """Everything whose test id begins like this, such as every ticket."""
        return self.page.locator(f'[data-testid^="{prefix}"]')

    @property
    def title(self) -> Locator:
        return self.part("page-title")

    @property
    def notice(self) -> Locator:
        """A passing word, such as why a seat could not be had."""
        return self.part("notice")

    @property
    def offline(self) -> Locator:
        return self.part("offline")

    @property
    def menu(self) -> Locator:
        return self.part("menu")

    async def log_out(self) -> None:
        await self.menu.click()
        await self.part("sign-out").click()
        await expect(self.part("sign-in")).to_be_visible()

    async def go_to_orders(self) -> None:
        await self.part("nav-orders").click()
        await self.page.wait_for_url("**/orders")
