"""Every page: where it is, what it is called, and what fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from marketplace.pages.home import home
from marketplace.pages.welcome import login, register
from marketplace.state.viewer import ViewerState
from marketplace.state.welcome import WelcomeState


@dataclass(frozen=True, slots=True)
class Route:
    """One page. `path` may hold `[name]`, which a State reads as `self.name`; `on_load` follows `ViewerState.look`."""

    path: str
    page: Callable[[], rx.Component]
    title: str
    about: str
    on_load: tuple[Any, ...] = ()


ROUTES = (
    Route("/", home, "Holdfast – seats that are yours", "Reserved seats, held while you pay and never sold twice."),
    Route("/login", login, "Log in – Holdfast", "Log in to your account.", (WelcomeState.open_form,)),
    Route("/register", register, "Make an account – Holdfast", "Make an account.", (WelcomeState.open_form,)),
)


def add_pages(app: rx.App) -> None:
    for route in ROUTES:
        app.add_page(
            route.page,
            route=route.path,
            title=route.title,
            description=route.about,
            image="/favicon.svg",
            on_load=[ViewerState.look, *route.on_load],
        )
