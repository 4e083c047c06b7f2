"""The testers' lab."""

from __future__ import annotations

from playwright.async_api import FrameLocator, Locator, expect

from tests.journeys.pages.frame import Frame


class LabPage(Frame):
    async def open(self) -> None:
        await self.page.goto("/lab")
        await expect(self.part("lab-keep")).to_be_visible()

    async def set(self, name: str, value: str) -> None:
        """Fill in one of: failure-percent, processing, duplicates, delay. `keep` sends them."""
        await self.part(f"lab-{name}").fill(value)

    async def keep(self) -> None:
        await self.part("lab-keep").click()
        await expect(self.notice).to_contain_text("Saved")

    async def decide(self, fate: str) -> None:
        await self.part(f"lab-fate-{fate}").click()
        await expect(self.fates).to_contain_text(fate)

    async def raise_storm(self, listing: str, buyers: int) -> None:
        """Let simulated buyers loose on the listing with this title and city."""
        await self.part("storm-listing").select_option(label=listing)
        await self.part("storm-buyers").fill(str(buyers))
        await self.part("storm-begin").click()
        await expect(self.part("storm-state")).to_be_visible()

    async def open_mail(self, subject: str) -> FrameLocator:
        """Open the newest mail with these words in its subject; returns its inside."""
        await self.part("lab-mailbox").get_by_role("button", name=subject).first.click()
        await expect(self.part("lab-letter")).to_be_visible()
        return self.letter

    async def open_letter(self, kind: str, *, language: str = "en") -> FrameLocator:
        """Look at a letter that nobody is sent; returns its inside."""
        await self.part(f"lab-letters-{language}").click()
        await expect(self.part(f"lab-letters-{language}")).to_have_attribute("aria-pressed", "true")
        await self.part(f"lab-sample-{kind}").click()
        await expect(self.part("lab-letter")).to_be_visible()
        return self.letter

    async def letter_as_text(self) -> Locator:
        """The plain text of the letter that is open."""
        await self.part("lab-letter-text").click()
        return self.part("lab-letter-plain")

    async def close_letter(self) -> None:
        await self.part("lab-letter-close").click()
        await expect(self.part("lab-letter")).to_be_hidden()

    @property
    def letter(self) -> FrameLocator:
        return self.part("lab-letter").frame_locator("iframe")

    async def start_anew(self) -> None:
        """Put the world back to its beginning; ends at home, logged out."""
        await self.part("lab-fresh-start").click()
        await expect(self.part("lab-fresh-start-dialog")).to_be_visible()
        await self.part("lab-fresh-start-confirm").click()
        await self.page.wait_for_url("/", timeout=60_000)
        await expect(self.part("sign-in")).to_be_visible()

    @property
    def fates(self) -> Locator:
        return self.part("lab-fates")

    @property
    def clock(self) -> Locator:
        return self.part("lab-clock")

    @property
    def payments(self) -> Locator:
        return self.parts("lab-payment-")
