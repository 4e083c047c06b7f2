"""The front page."""

from __future__ import annotations

import reflex as rx

from marketplace.components.buttons import link_button
from marketplace.components.shell import page_header
from marketplace.pages.frame import frame


def home() -> rx.Component:
    return frame(
        page_header("Seats that are yours the moment you pick them.", lead="Held while you pay. Sold once."),
        link_button("See what is on", "/browse", testid="home-browse", tone="primary"),
    )
