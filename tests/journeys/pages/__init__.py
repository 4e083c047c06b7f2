"""Page objects: what can be done and seen on each page, by the `data-testid`s that the pages promise to keep.

An object is made from a Playwright page (the async API). Its methods do what a visitor does; its properties are locators,
to be looked at with `expect`.
"""

from tests.journeys.pages.account import AccountPage, CodePage, LoginPage, PasswordPage, RegisterPage
from tests.journeys.pages.browse import BrowsePage
from tests.journeys.pages.checkout import CheckoutPage
from tests.journeys.pages.frame import Frame
from tests.journeys.pages.lab import LabPage
from tests.journeys.pages.listing import ListingPage
from tests.journeys.pages.orders import OrderPage, OrdersPage

__all__ = [
    "AccountPage",
    "BrowsePage",
    "CheckoutPage",
    "CodePage",
    "Frame",
    "LabPage",
    "ListingPage",
    "LoginPage",
    "OrderPage",
    "OrdersPage",
    "PasswordPage",
    "RegisterPage",
]
