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

    async def decide(self, outcome: str) -> None:
        await self.part(f"lab-outcome-{outcome}").click()
        await expect(self.forced_outcomes).to_contain_text(outcome)

    async def raise_storm(self, listing: str, buyers: int) -> None:
        """Let simulated buyers loose on the listing with this title and city."""
        await self.part("storm-listing").select_option(label=listing)
        await self.part("storm-buyers").fill(str(buyers))
        await self.part("storm-begin").click()
        await expect(self.part("storm-state")).to_be_visible()

    async def open_mail(self, subject: str) -> FrameLocator:
        """Open the newest mail with these words in its subject; returns its inside."""
        await self.part("lab-mailbox").get_by_role("button", name=subject).first.click()
        await expect(self.part("lab-email")).to_be_visible()
        return self.email

    async def open_email(self, kind: str, *, language: str = "en") -> FrameLocator:
        """Look at an email that nobody is sent; returns its inside."""
        await self.part(f"lab-emails-{language}").click()
        await expect(self.part(f"lab-emails-{language}")).to_have_attribute("aria-pressed", "true")
        await self.part(f"lab-sample-{kind}").click()
        await expect(self.part("lab-email")).to_be_visible()
        return self.email

    async def email_as_text(self) -> Locator:
        """The plain text of the email that is open."""
        await self.part("lab-email-text").click()
        return self.part("lab-email-plain")

    async def close_email(self) -> None:
        await self.part("lab-email-close").click()
        await expect(self.part("lab-email")).to_be_hidden()

    @property
    def email(self) -> FrameLocator:
        return self.part("lab-email").frame_locator("iframe")

    async def start_anew(self) -> None:
        """Put the world back to its beginning; ends at home, logged out."""
        await self.part("lab-fresh-start").click()
        await expect(self.part("lab-fresh-start-dialog")).to_be_visible()
        await self.part("lab-fresh-start-confirm").click()
        await self.page.wait_for_url("/", timeout=60_000)
        await expect(self.part("sign-in")).to_be_visible()

    @property
    def forced_outcomes(self) -> Locator:
        return self.part("lab-forced-outcomes")

    @property
    def clock(self) -> Locator:
        return self.part("lab-clock")

    @property
    def payments(self) -> Locator:
        return self.parts("lab-payment-")
