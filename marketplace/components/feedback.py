"""Loading, nothing, failure, success: what a screen says when it is not simply showing what was asked for."""

from __future__ import annotations

from html import escape
from typing import Literal

import reflex as rx

from marketplace.components.buttons import button
from marketplace.components.icons import IconName, icon
from marketplace.components.values import Handler, Node, Text, Tone, given, when
from marketplace.i18n import _

SOONEST = ("<!--soonest-->", "<!--/soonest-->")
"""What stands around the places of cards that the server may fill."""

CARDS_AT_FIRST = 12
SEEN_AT_ONCE = 4
"""Cards that a phone shows without scrolling."""

_ICONS: dict[str, IconName] = {
    "neutral": "info",
    "accent": "info",
    "good": "check",
    "warning": "alert",
    "danger": "alert",
}


def skeleton(shape: Literal["line", "title", "poster", "block"] = "line", *, width: str | None = None) -> rx.Component:
    """The place of something that is on its way."""
    return rx.el.span(
        class_name=f"skeleton skeleton-{shape}", aria_hidden="true", **given(style={"width": width} if width else None)
    )


def skeleton_cards(count: int = 8) -> rx.Component:
    """The place of a grid of listing cards."""
    one = rx.el.div(skeleton("poster"), skeleton(width="80%"), skeleton(width="55%"), class_name="listing-card")
    return rx.el.div(*([one] * count), class_name="grid-cards", role="status", aria_label=_("Loading"))


def cards_on_their_way() -> rx.Component:
    """The same for the soonest listings of all, whose cards the server may put here (see api/meta.py).

    They are HTML to React, which leaves alone what it finds, until the State brings its own.
    """
    one = (
        '<div class="listing-card"><span class="skeleton skeleton-poster"></span><span class="skeleton skeleton-line"></span>'
        '<span class="skeleton skeleton-line"></span></div>'
    )
    places = f'<div class="grid-cards" role="status" aria-label="{escape(_("Loading"))}">{one * CARDS_AT_FIRST}</div>'
    return rx.html(f"{SOONEST[0]}{places}{SOONEST[1]}", custom_attrs={"suppressHydrationWarning": True})


def empty_state(
    title: Text, text: Text, *, testid: Text, action: rx.Component | None = None, is_page: bool = False
) -> rx.Component:
    """Nothing here yet, and what to do next. `is_page` where the page has nothing else, so that this is its heading."""
    return rx.el.div(
        rx.el.svg(
            rx.el.path(d="M22 76V14m76 62V14M22 46c25-30 51 30 76 0"),
            rx.el.path(d="M8 76h104"),
            view_box="0 0 120 90",
            class_name="icon empty-art",
            aria_hidden="true",
        ),
        rx.el.h1(title, class_name="empty-title") if is_page else rx.el.h2(title),
        rx.el.p(text),
        *([action] if action is not None else []),
        class_name="empty",
        data_testid=testid,
    )


def notice(
    text: Node, *, testid: Text, title: Text | None = None, tone: Tone = "accent", action: rx.Component | None = None
) -> rx.Component:
    """A few words in the flow of the page. A danger interrupts a screen reader, anything else waits its turn."""
    return rx.el.div(
        icon(_ICONS[tone]),
        rx.el.div(*([rx.el.p(title, class_name="notice-title")] if title is not None else []), rx.el.p(text)),
        *([rx.el.div(action, class_name="notice-actions")] if action is not None else []),
        class_name=f"notice notice-{tone}",
        role="alert" if tone == "danger" else "status",
        data_testid=testid,
    )


class FocusError(rx.Component):
    """The hand-written React part of assets/focus_error.js."""

    library = "$/public/focus_error.js"
    tag = "FocusError"


class Unsent(rx.Component):
    """The hand-written React part of assets/line.js: says so when something could not be sent and was dropped."""

    library = "$/public/line.js"
    tag = "Unsent"

    text: rx.Var[str]


def unsent(text: Text) -> rx.Component:
    """A passing word, there only when something could not be sent; put it among the `toasts`."""
    return Unsent.create(text=text)


def obstacle(text: Text, *, testid: Text) -> rx.Component:
    """What kept a form from being taken, while there is something: it comes into view, or the field at fault does."""
    return when(text, FocusError.create(notice(text, testid=testid, tone="danger")))


def error_note(title: Text, text: Text, *, testid: str, on_retry: Handler = None) -> rx.Component:
    """What happened, what was not lost, what to do."""
    action = button(_("Try again"), testid=f"{testid}-retry", on_click=on_retry) if on_retry is not None else None
    return notice(text, title=title, tone="danger", testid=testid, action=action)


def toasts(*children: rx.Component) -> rx.Component:
    """Where toasts appear; put it in the page once, also while it is empty, so that they are read out."""
    return rx.el.div(*children, class_name="toasts", role="status", aria_live="polite")


class Passing(rx.Component):
    """The hand-written React part of assets/toast.js: passes after a while, unless somebody is at it."""

    library = "$/public/toast.js"
    tag = "Passing"

    text: rx.Var[str]

    on_end: rx.EventHandler[rx.event.no_args_event_spec]


def toast(text: Text, *, testid: str, on_close: Handler = None) -> rx.Component:
    """A passing word that floats above the page; `on_close` fires when it is closed, and when it has been there a while."""
    closing = (
        [button(_("Close"), testid=f"{testid}-close", tone="plain", on_click=on_close)] if on_close is not None else []
    )
    shown = (rx.el.span(text), *closing)
    if on_close is None:
        return rx.el.div(*shown, class_name="toast", data_testid=testid)
    return Passing.create(*shown, text=text, on_end=on_close, class_name="toast", data_testid=testid)
