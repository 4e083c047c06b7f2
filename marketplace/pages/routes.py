"""Every page: where it is, what it is called, and what fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from marketplace import settings
from marketplace.brand import NAME
from marketplace.i18n import LANGUAGES, _, page_at, speaking
from marketplace.pages.account import account, forgot, reset, verify
from marketplace.pages.browse import browse, home
from marketplace.pages.checkout import checkout
from marketplace.pages.lab import lab
from marketplace.pages.listing import listing
from marketplace.pages.not_found import nowhere
from marketplace.pages.operate import operate
from marketplace.pages.orders import order, orders
from marketplace.pages.owed import owed
from marketplace.pages.sell import sell, sell_new
from marketplace.pages.sell_edit import sell_edit
from marketplace.pages.sell_sales import sell_sales
from marketplace.pages.styleguide import styleguide
from marketplace.pages.terms import terms
from marketplace.pages.welcome import login, login_code, register
from marketplace.state.account import AccountState, ResetState, VerifyState
from marketplace.state.browse import BrowseState, HomeState
from marketplace.state.checkout import CheckoutState
from marketplace.state.lab import LabFiguresState, LabMailState, LabState, StormState
from marketplace.state.listing import ListingState
from marketplace.state.operate import OperateState
from marketplace.state.orders import OrdersState, OrderState
from marketplace.state.owed import OwedState
from marketplace.state.sell import SellState
from marketplace.state.sell_edit import SellEditState, SellGridState
from marketplace.state.sell_sales import BoxOfficeState, CallOffState, SellSalesState
from marketplace.state.styleguide import StyleguideState
from marketplace.state.viewer import ViewerState
from marketplace.state.welcome import WelcomeState

NOWHERE = "404"


@dataclass(frozen=True, slots=True)
class Route:
    """One page. `path` may hold `[name]`, which a State reads as `self.name`; `on_load` follows `ViewerState.look`."""

    path: str
    page: Callable[[], rx.Component]
    title: str | rx.Var[str]
    about: str
    on_load: tuple[Any, ...] = ()


def routes() -> tuple[Route, ...]:
    """All of them, with their titles in the language that is being spoken."""
    of_listing = rx.cond(ListingState.details.title, _title(ListingState.details.title), NAME)
    return (
        Route(
            "/", home, _("{brand} – seats that are yours", brand=NAME),
            _("Reserved seats, held while you pay and never sold twice."), (HomeState.load,),
        ),
        Route("/browse", browse, _title(_("What is on")), _("Theatre, concerts, sport and trips."), (BrowseState.load,)),
        Route("/l/[listing_slug]", listing, of_listing, _("Pick your seats in the live plan."), (ListingState.load,)),
        Route("/checkout/[checkout_hold]", checkout, _title(_("Check out")), _("Pay for your seats."), (CheckoutState.load,)),
        Route("/terms", terms, _title(_("How buying works")), _("What you can count on, and what you agree to.")),
        Route("/orders", orders, _title(_("Your orders")), _("What you have bought."), (OrdersState.load,)),
        Route("/o/[order_id]", order, _title(_("Your order")), _("Your tickets."), (OrderState.load,)),
        Route("/login", login, _title(_("Log in")), _("Log in to your account."), (WelcomeState.open_form,)),
        Route("/login/code", login_code, _title(_("Log in")), _("Enter your code."), (WelcomeState.open_form,)),
        Route("/forgot", forgot, _title(_("New password")), _("Forgot your password?"), (ResetState.open_form,)),
        Route("/reset", reset, _title(_("New password")), _("Set a new password."), (ResetState.open_form,)),
        Route("/verify", verify, _title(_("Confirm your address")), _("Confirm your address."), (VerifyState.load,)),
        Route("/account", account, _title(_("Your account")), _("Profile, password, log-ins."), (AccountState.load,)),
        Route("/register", register, _title(_("Create account")), _("Create an account."), (WelcomeState.open_form,)),
        Route("/sell", sell, _title(_("Sell")), _("Your shop."), (SellState.load,)),
        Route("/sell/new", sell_new, _title(_("New listing")), _("Write a new listing."), (SellState.begin,)),
        Route(
            "/sell/[sell_id]", sell_sales, _title(_("Sales")), _("How a listing sells."),
            (SellSalesState.load, BoxOfficeState.clear, CallOffState.keep),
        ),
        Route("/sell/[sell_id]/edit", sell_edit, _title(_("Listing")), _("Write a listing."), (SellEditState.load, SellGridState.begin)),
        Route("/operate", operate, _title(_("Operate")), _("The marketplace today."), (OperateState.load,)),
        Route("/operate/owed", owed, _title(_("Owed money")), _("What is owed back to buyers."), (OwedState.load,)),
        Route(
            "/lab", lab, _title(_("Lab")), _("Test the marketplace."),
            (LabState.load, LabFiguresState.load, LabMailState.load, StormState.load),
        ),
        *_in_development(),
    )  # fmt: skip


def _in_development() -> tuple[Route, ...]:
    """What is there only where the lab is open: elsewhere nobody can tell it from a page that never was."""
    if not settings.current().lab_is_open:
        return ()
    return (
        Route("/styleguide", styleguide, _title(_("Style guide")), _("What every page is made of."), (StyleguideState.load,)),
    )  # fmt: skip


def add_pages(app: rx.App) -> None:
    """Compile every page once for each language, at an address of its own."""
    for language in LANGUAGES:
        with speaking(language):
            for route in routes():
                app.add_page(
                    _spoken(route.page, language),
                    route=page_at(route.path),
                    title=route.title,
                    description=route.about,
                    image="/og.png",
                    on_load=[ViewerState.look, *route.on_load],
                )
    app.add_page(
        lambda: _in_every_language(nowhere),
        route=NOWHERE,
        title=_in_every_language(lambda: _title(_("Page not found"))),
        description=_in_every_language(lambda: _("This page does not exist.")),
        image="/og.png",
        on_load=[ViewerState.look],
    )


def _title(name: str | rx.Var[str]) -> str:
    return f"{name} – {NAME}"


def _spoken(page: Callable[[], rx.Component], language: str) -> Callable[[], rx.Component]:
    """`page` as it is compiled in `language`.

    Reflex puts what pages of one module have in common into one file. Each language pretends to be a module of its own,
    so that nobody loads words of another.
    """

    def compiled() -> rx.Component:
        with speaking(language):
            return page()

    compiled.__name__ = page.__name__
    compiled.__module__ = page.__module__ if language == "en" else f"{page.__module__}.{language}"
    return compiled


def _in_every_language(said: Callable[[], Any]) -> Any:
    """What is said in the language of whatever address is open: for the one page that has no address of its own."""
    path = rx.Var(
        "here.pathname",
        _var_type=str,
        _var_data=rx.vars.VarData(
            imports={"react-router": [rx.ImportVar("useLocation")]}, hooks={"const here = useLocation()": None}
        ),
    ).to(str)
    otherwise = said()
    for language in LANGUAGES:
        if language != "en":
            with speaking(language):
                otherwise = rx.cond((path + "/").startswith(page_at("/") + "/"), said(), otherwise)
    return otherwise
