"""What stands where there is no page: the ways on."""

from __future__ import annotations

import reflex as rx

from marketplace.components.buttons import link_button
from marketplace.components.shell import page_header
from marketplace.i18n import _, page_at
from marketplace.pages.browse import search_form
from marketplace.pages.frame import frame
from marketplace.state.filters import BROWSE


def nowhere() -> rx.Component:
    return frame(
        rx.el.div(
            page_header(_("Page not found"), lead=_("The address may be mistyped, or the page has moved.")),
            search_form(),
            rx.el.div(
                link_button(_("See what is on"), page_at(BROWSE), testid="no-page-browse"),
                link_button(_("Your orders"), page_at("/orders"), testid="no-page-orders", tone="plain"),
                class_name="cluster",
            ),
            class_name="stack stack-loose nowhere",
            data_testid="no-page",
        )
    )
