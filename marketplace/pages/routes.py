"""Every page: where it is, what it is called, and what fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from marketplace.pages.account import account, forgot, reset, verify
from marketplace.pages.browse import browse, home
from marketplace.pages.checkout import checkout
from marketplace.pages.lab import lab
from marketplace.pages.listing import listing
from marketplace.pages.nowhere import nowhere
from marketplace.pages.orders import order, orders
from marketplace.pages.sell import sell, sell_new
from marketplace.pages.sell_edit import sell_edit
from marketplace.pages.sell_sales import sell_sales
from marketplace.pages.welcome import login, login_code, register
from marketplace.state.account import AccountState, ResetState, VerifyState
from marketplace.state.browse import BrowseState, HomeState
from marketplace.state.checkout import CheckoutState
from marketplace.state.lab import LabState
from marketplace.state.listing import ListingState
from marketplace.state.orders import OrdersState, OrderState
from marketplace.state.sell import SellState
from marketplace.state.sell_edit import SellEditState
from marketplace.state.sell_sales import SellSalesState
from marketplace.state.viewer import ViewerState
from marketplace.state.welcome import WelcomeState


@dataclass(frozen=True, slots=True)
class Route:
    """One page. `path` may hold `[name]`, which a State reads as `self.name`; `on_load` follows `ViewerState.look`."""

    path: str
    page: Callable[[], rx.Component]
    title: str | rx.Var[str]
    about: str
    on_load: tuple[Any, ...] = ()


_OF_LISTING = rx.cond(ListingState.facts.title, f"{ListingState.facts.title} – Holdfast", "Holdfast")

ROUTES = (
    Route(
        "/", home, "Holdfast – seats that are yours", "Reserved seats, held while you pay and never sold twice.",
        (HomeState.load,),
    ),
    Route("/browse", browse, "What is on – Holdfast", "Theatre, concerts, sport and trips.", (BrowseState.load,)),
    Route("/l/[listing_slug]", listing, _OF_LISTING, "Pick your seats in the live plan.", (ListingState.load,)),
    Route("/checkout/[checkout_hold]", checkout, "Check out – Holdfast", "Pay for your seats.", (CheckoutState.load,)),
    Route("/orders", orders, "Your orders – Holdfast", "What you have bought.", (OrdersState.load,)),
    Route("/o/[order_id]", order, "Your order – Holdfast", "Your tickets.", (OrderState.load,)),
    Route("/login", login, "Log in – Holdfast", "Log in to your account.", (WelcomeState.open_form,)),
    Route("/login/code", login_code, "Log in – Holdfast", "Enter your code.", (WelcomeState.open_form,)),
    Route("/forgot", forgot, "New password – Holdfast", "Forgot your password?", (ResetState.open_form,)),
    Route("/reset", reset, "New password – Holdfast", "Set a new password.", (ResetState.open_form,)),
    Route("/verify", verify, "Confirm your address – Holdfast", "Confirm your address.", (VerifyState.load,)),
    Route("/account", account, "Your account – Holdfast", "Profile, password, log-ins.", (AccountState.load,)),
    Route("/register", register, "Make an account – Holdfast", "Make an account.", (WelcomeState.open_form,)),
    Route("/sell", sell, "Sell – Holdfast", "Your shop.", (SellState.load,)),
    Route("/sell/new", sell_new, "New listing – Holdfast", "Write a new listing.", (SellState.begin,)),
    Route("/sell/[sell_id]", sell_sales, "Sales – Holdfast", "How a listing sells.", (SellSalesState.load,)),
    Route("/sell/[sell_id]/edit", sell_edit, "Listing – Holdfast", "Write a listing.", (SellEditState.load,)),
    Route("/lab", lab, "Lab – Holdfast", "Test the marketplace.", (LabState.load,)),
    Route("404", nowhere, "Not here – Holdfast", "There is no such page."),
)  # fmt: skip


def add_pages(app: rx.App) -> None:
    for route in ROUTES:
        app.add_page(
            route.page,
            route=route.path,
            title=route.title,
            description=route.about,
            image="/og.png",
            on_load=[ViewerState.look, *route.on_load],
        )
