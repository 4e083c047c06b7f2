from __future__ import annotations

import reflex as rx


def frame(*content: rx.Component) -> rx.Component:
    return rx.el.main(*content)
