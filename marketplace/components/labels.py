"""Small words that mark or filter: badges say something, chips can be pressed."""

from __future__ import annotations

import reflex as rx

from marketplace.components.values import Flag, Handler, Text, Tone, given


def badge(text: Text, *, tone: Tone | rx.Var[str] = "neutral", testid: Text | None = None) -> rx.Component:
    """A short state, such as “Confirmed”."""
    return rx.el.span(text, class_name=f"badge badge-{tone}", **given(data_testid=testid))


def chip(
    text: Text, *, testid: Text, on_click: Handler = None, href: Text | None = None, is_on: Flag = False
) -> rx.Component:
    """A filter to switch on and off: a link where the address carries it, otherwise a button."""
    if href is not None:
        return rx.el.a(text, href=href, class_name="chip", aria_current=is_on, data_testid=testid)
    return rx.el.button(
        text, type="button", class_name="chip", aria_pressed=is_on, data_testid=testid, **given(on_click=on_click)
    )


def chips(*children: rx.Component, label: Text, scrolls: bool = False) -> rx.Component:
    """A row of chips; `scrolls` keeps it to one line on a phone."""
    return rx.el.div(*children, role="group", aria_label=label, class_name="chips chips-scroll" if scrolls else "chips")
