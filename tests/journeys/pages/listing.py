"""A listing: the live seat map, and what this visitor has picked."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.journeys.market import Seat
from tests.journeys.pages.frame import Frame


class ListingPage(Frame):
    async def open(self, slug: str) -> None:
        await self.page.goto(f"/l/{slug}")
        await self.until_the_map_is_live()

    async def until_the_map_is_live(self) -> None:
        """The hall is drawn and the stream of everybody's seats has begun."""
        await self.page.wait_for_function("() => window.holdfastSeatMap?.desk.painter?.k > 0")
        await expect(self.part("map-banner")).to_be_hidden()

    async def pick(self, *seats: Seat) -> None:
        """Press these seats on the canvas, one after the other, and wait until they are ours."""
        for seat in seats:
            await self.press(seat)
            await expect(self.picked).to_contain_text(seat.where)

    async def press(self, seat: Seat) -> None:
        """Press a seat on the canvas as it stands there; whether it can be had is another question."""
        place = await self._show(seat)
        await self.page.mouse.click(place["x"], place["y"])

    async def tap(self, seat: Seat) -> None:
        """The same with a finger."""
        place = await self._show(seat)
        await self.page.touchscreen.tap(place["x"], place["y"])

    async def _show(self, seat: Seat) -> dict[str, float]:
        """Bring the hall into view and the seat to its centre, large enough; returns where on the screen it is."""
        await self.canvas.scroll_into_view_if_needed()
        return await self.page.evaluate(
            "guid => { holdfastSeatMap.show(guid); return holdfastSeatMap.positionOf(guid); }", seat.guid
        )

    async def pick_in_list(self, seat: Seat) -> None:
        """The same by the list that stands for the map."""
        await self.part("map-view-list").click()
        button = self.part(f"seat-{seat.guid}")
        zone, row = await self.page.evaluate(
            """guid => {
                const { hall } = holdfastSeatMap.desk, seat = hall.indexOf.get(guid);
                return [hall.zoneOf(seat), hall.row[seat]];
            }""",
            seat.guid,
        )
        for testid in (f"list-zone-{zone}", f"list-row-{row}"):
            summary = self.part(testid)
            if not await summary.locator("..").evaluate("details => details.open"):
                await summary.click()
        await button.click()
        await expect(self.picked).to_contain_text(seat.where)

    async def find_best(self, quantity: int, up_to: str | None = None) -> None:
        """Have the best seats found and held; `up_to` is a price as the form says it, such as “Up to £19.00”."""
        await self.part("map-best-quantity").select_option(str(quantity))
        if up_to is not None:
            await self.part("map-best-amount").select_option(label=up_to)
        await self.part("map-best-find").click()

    async def stand(self, area: str, places: int) -> None:
        """Add places in a standing area, by its guid."""
        for _ in range(places):
            await self.part(f"stand-more-{area}").click()
        await expect(self.part(f"stand-count-{area}")).to_have_text(str(places))

    async def check_out(self) -> None:
        await self.part("check-out").click()
        await self.page.wait_for_url("**/checkout/*")

    async def expect_seat(self, seat: Seat, state: str, within: float | None = None) -> None:
        """The map shows the seat as free, held or sold, within so many milliseconds."""
        await self.page.wait_for_function(
            "([guid, state]) => holdfastSeatMap.statusOf(guid) === state", arg=[seat.guid, state], timeout=within
        )

    async def expect_mine(self, *seats: Seat) -> None:
        """These seats are held for this visitor, and no others."""
        await expect(self.picked.locator(".price-line:not(.price-total)")).to_have_count(len(seats))
        for seat in seats:
            await expect(self.picked).to_contain_text(seat.where)

    @property
    def canvas(self) -> Locator:
        return self.part("seat-map")

    @property
    def picked(self) -> Locator:
        """The lines of what we hold."""
        return self.part("picked")

    @property
    def total(self) -> Locator:
        return self.part("picked-total")

    @property
    def countdown(self) -> Locator:
        return self.part("countdown")

    @property
    def banner(self) -> Locator:
        """What the map says while it cannot be trusted, or nothing can be taken."""
        return self.part("map-banner")

    @property
    def said(self) -> Locator:
        """What the map has told screen readers last."""
        return self.part("map-said")

    def told(self, words: re.Pattern[str]) -> Locator:
        """What the map has told screen readers last, if it is this."""
        return self.said.filter(has_text=words)

    @property
    def missing(self) -> Locator:
        return self.part("listing-missing")
