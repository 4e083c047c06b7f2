"""The front page."""

from __future__ import annotations

import reflex as rx

from marketplace.pages.frame import frame


def home() -> rx.Component:
    return frame(rx.el.h1("Hello"))
