"""The front door."""

from __future__ import annotations

import reflex as rx

from marketplace.pages.home import home

app = rx.App(stylesheets=["/holdfast.css"])


class VState(rx.State):
    n: int = 0

    @rx.event
    def inc(self):
        self.n += 1


app.add_page(lambda: rx.el.div(home(), rx.el.button(VState.n, on_click=VState.inc)), route="/", title="Holdfast")
app.add_page(lambda: rx.el.div(VState.n, rx.el.p("listing")), route="/l/[slug]", title="Listing")
