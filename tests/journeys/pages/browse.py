"""Home and Browse: finding something."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from tests.journeys.pages.frame import Frame


class BrowsePage(Frame):
    async def open(self) -> None:
        await self.page.goto("/browse")
        await expect(self.cards.first).to_be_visible()

    @property
    def cards(self) -> Locator:
        return self.page.get_by_test_id("cards").locator("h3")  # not those that stand there before the page is alive

    async def search(self, text: str) -> None:
        await self.part("search").fill(text)
        await self.part("search-go").click()

    async def open_listing(self, title: str) -> None:
        await self.page.get_by_role("link", name=title, exact=True).click()
        await expect(self.title).to_have_text(title)
