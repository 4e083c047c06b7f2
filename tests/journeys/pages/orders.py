"""Orders, and one order with its tickets."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Locator, expect

from tests.journeys.pages.frame import Frame


class OrdersPage(Frame):
    async def open(self) -> None:
        await self.page.goto("/orders")

    def order(self, id: str) -> Locator:
        return self.part(f"order-{id}")

    async def ask_for_links(self, email: str) -> None:
        """Say that orders made without an account are missing."""
        await self.part("links-email").fill(email)
        await self.part("links-submit").click()
        await expect(self.part("links-sent")).to_be_visible()

    @property
    def coming(self) -> Locator:
        return self.part("orders-coming")

    @property
    def past(self) -> Locator:
        return self.part("orders-past")

    @property
    def nothing(self) -> Locator:
        return self.part("no-orders")


class OrderPage(Frame):
    async def open(self, id: str) -> None:
        await self.page.goto(f"/o/{id}")

    async def download(self, testid: str) -> Path:
        """Press a link to a file (pdf, calendar); returns where it lies."""
        async with self.page.expect_download() as coming:
            await self.part(testid).click()
        return await (await coming.value).path()

    async def cancel(self) -> None:
        """Cancel, having been told what comes back."""
        await self.part("cancel").click()
        await expect(self.part("cancel-quote")).to_be_visible()
        await self.part("cancel-confirm").click()

    @property
    def status(self) -> Locator:
        return self.part("order-status")

    @property
    def when(self) -> Locator:
        """When it takes place."""
        return self.page.locator(".page-header .eyebrow")

    @property
    def confirmed(self) -> Locator:
        return self.part("confirmed")

    @property
    def tickets(self) -> Locator:
        return self.parts("ticket-")

    @property
    def codes(self) -> Locator:
        """The QR code of each ticket."""
        return self.tickets.locator("img.ticket-qr")

    @property
    def receipt(self) -> Locator:
        return self.part("receipt")

    @property
    def trail(self) -> Locator:
        """What happened, in order."""
        return self.part("trail")

    @property
    def missing(self) -> Locator:
        return self.part("order-missing")
