"""The seller's desk: the shop, the editor, the sales."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.journeys.market import Seat
from tests.journeys.pages.frame import Frame
from tests.journeys.pages.listing import ListingPage


class ShopPage(Frame):
    async def open(self) -> None:
        await self.page.goto("/sell")

    async def open_shop(self, name: str) -> None:
        await self.part("shop-name").fill(name)
        await self.part("shop-open").click()
        await expect(self.title).to_have_text(name)

    async def begin_a_listing(self) -> None:
        await self.part("new-listing").click()
        await self.page.wait_for_url("**/sell/lst_*/edit")

    def todo(self, key: str) -> Locator:
        return self.part(f"todo-{key}")


class EditorPage(Frame):
    async def open(self, id: str) -> None:
        await self.page.goto(f"/sell/{id}/edit")

    async def go(self, step: str) -> None:
        await self.part(f"step-{step}").click()
        await expect(self.part(f"step-{step}")).to_have_attribute("aria-current", "step")

    async def say_what(self, title: str, story: str) -> None:
        await self.part("title").fill(title)
        await self.part("story").fill(story)

    async def say_where_and_when(self, day: date) -> None:
        await self.go("place")
        await self.part("place-name").fill("Boat Shed")
        await self.part("place-city").fill("Kiel")
        await self.part("place-country").select_option("DE")
        await self.part("place-zone").select_option("Europe/Berlin")
        await self._on(day)
        await self.part("starts-at-clock").fill("19:30")
        await self.part("ends-at-clock").fill("22:00")
        await expect(self.part("both-times")).to_contain_text("Berlin time")

    async def move_to(self, day: date) -> None:
        await self.go("place")
        await self._on(day)

    async def _on(self, day: date) -> None:
        for instant in ("starts-at", "ends-at"):
            await self.part(f"{instant}-day").fill(day.isoformat())

    async def import_plan(self, file: Path) -> None:
        await self.go("plan")
        await self.part("plan-file").set_input_files(file)

    async def draw_a_hall(self, *, rows: int, seats: int) -> None:
        await self.go("plan")
        await self.part("grid-open").click()
        await self.part("grid-rows").fill(str(rows))
        await self.part("grid-seats").fill(str(seats))
        await self.part("grid-draw").click()
        await expect(self.part("plan-sketch")).to_be_visible()

    async def price(self, *prices: str) -> None:
        await self.go("prices")
        for at, price in enumerate(prices):
            await self.part(f"price-{at}").fill(price)

    async def publish(self) -> None:
        await self.go("preview")
        await self.part("publish").click()

    async def make_public(self) -> None:
        """Make a change public, having been told who hears of it."""
        await self.part("take-over").click()
        await expect(self.told).to_be_visible()
        await self.part("take-over-confirm").click()
        await expect(self.part("changes")).to_be_hidden()

    @property
    def told(self) -> Locator:
        """What is said before a change becomes public that buyers are told of."""
        return self.part("take-over-dialog")

    @property
    def refusal(self) -> Locator:
        return self.part("plan-refused")

    @property
    def lacks(self) -> Locator:
        return self.part("lacks")


class SalesPage(ListingPage):
    @property
    def sold(self) -> Locator:
        return self.part("figure-sold").locator(".stat-value")

    @property
    def held_back(self) -> Locator:
        return self.part("figure-back").locator(".stat-value")

    @property
    def revenue(self) -> Locator:
        return self.part("figure-revenue").locator(".stat-value")

    @property
    def orders(self) -> Locator:
        return self.parts("order-bkg")

    @property
    def quote(self) -> Locator:
        return self.part("call-off-quote")

    async def until_live(self) -> str:
        """Wait for the hall; returns the listing's id."""
        await self.page.wait_for_url(re.compile(r"/sell/lst_\w+$"))
        await self.until_the_map_is_live()
        return self.page.url.rpartition("/")[2]

    async def hold_back(self, seat: Seat) -> None:
        await self.press(seat)
        await expect(self.part("picked-for-box-office")).to_have_text("1 place picked")
        await self.part("hold-back").click()

    async def call_off(self, reason: str) -> None:
        await self.part("call-off-reason").fill(reason)
        await self.part("call-off-confirm").click()

    async def download_orders(self) -> str:
        async with self.page.expect_download() as coming:
            await self.part("csv").click()
        return (await (await coming.value).path()).read_text(encoding="utf-8-sig")
