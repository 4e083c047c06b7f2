"""An address that leads to no page."""

from __future__ import annotations

import reflex as rx

from marketplace.components.buttons import link_button
from marketplace.components.feedback import empty_state
from marketplace.pages.frame import frame


def nowhere() -> rx.Component:
    return frame(
        empty_state(
            "There is no page here",
            "The address has a slip in it, or what was here has gone.",
            testid="no-page",
            action=link_button("See what is on", "/browse", testid="no-page-browse", tone="primary"),
        ),
    )
