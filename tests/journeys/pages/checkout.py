"""Check-out: who buys, how they pay, and the payment as it happens."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Locator, expect

from tests.journeys.pages.frame import Frame

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
POOR_CARD = "4000 0000 0000 9995"
CHALLENGED_CARD = "4000 0027 6000 3184"


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str
    email: str


class CheckoutPage(Frame):
    async def fill_in(self, buyer: Buyer | None = None, card: str | None = GOOD_CARD) -> None:
        """Everything that the form asks; a buyer with an account is filled in already, and a free order has no card."""
        await expect(self.form).to_be_visible()
        if buyer is not None:
            await self.part("buyer-name").fill(buyer.name)
            await self.part("buyer-email").fill(buyer.email)
        if card is not None:
            await self.part("card-number").fill(card)
            await self.part("card-expiry").fill("12/34")
            await self.part("card-cvc").fill("123")
        await self.part("terms").check()

    async def pay(self) -> None:
        await self.part("pay").click()

    async def answer_bank(self, *, approve: bool) -> None:
        """Answer the bank's question (3-D Secure)."""
        await expect(self.challenge).to_be_visible()
        await self.part("challenge-approve" if approve else "challenge-decline").click()

    async def until_ordered(self) -> str:
        """Wait for the order's page; returns the order's id."""
        await self.page.wait_for_url("**/o/bkg_*")
        await expect(self.part("confirmed")).to_be_visible()
        return self.page.url.rpartition("/")[2].partition("?")[0]

    @property
    def form(self) -> Locator:
        return self.part("checkout-form")

    @property
    def bill(self) -> Locator:
        return self.part("bill")

    @property
    def total(self) -> Locator:
        return self.part("bill-total")

    @property
    def countdown(self) -> Locator:
        return self.part("countdown")

    @property
    def problem(self) -> Locator:
        """Why it did not work."""
        return self.part("problem")

    @property
    def paying(self) -> Locator:
        """The payment under way."""
        return self.part("paying")

    @property
    def challenge(self) -> Locator:
        return self.part("challenge")

    @property
    def gone(self) -> Locator:
        """The seats are no longer held."""
        return self.part("gone")

    @property
    def missing(self) -> Locator:
        return self.part("missing")
