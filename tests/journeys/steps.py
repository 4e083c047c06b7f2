"""What many journeys begin with."""

from __future__ import annotations

from playwright.async_api import Page

from tests.journeys.market import Seat
from tests.journeys.pages import CheckoutPage, ListingPage
from tests.journeys.pages.checkout import GOOD_CARD, Buyer

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


async def come_to_checkout(page: Page, slug: str, *seats: Seat) -> CheckoutPage:
    """Pick these seats and go to check-out."""
    listing = ListingPage(page)
    await listing.open(slug)
    await listing.pick(*seats)
    await listing.check_out()
    return CheckoutPage(page)


async def fill_in_and_pay(page: Page, slug: str, *seats: Seat, buyer: Buyer, card: str = GOOD_CARD) -> CheckoutPage:
    """The same, and on until the payment has been sent off."""
    checkout = await come_to_checkout(page, slug, *seats)
    await checkout.fill_in(buyer, card)
    await checkout.pay()
    return checkout
