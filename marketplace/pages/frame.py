"""The shell of every page: the way around, the content, what is told in passing, and whether we are still connected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.el.element import Element

from marketplace.components.feedback import notice, toast, toasts
from marketplace.components.shell import site_footer, site_header
from marketplace.components.values import Link
from marketplace.state.viewer import ViewerState

NAV: Sequence[Link] = (
    Link(label="Browse", href="/browse", testid="nav-browse"),
    Link(label="Orders", href="/orders", testid="nav-orders"),
)
OWN: Sequence[Link] = (
    Link(label="Sell", href="/sell", testid="menu-sell"),
    Link(label="Account", href="/account", testid="menu-account"),
)
MORE: Sequence[Link] = (
    Link(label="What is on", href="/browse", testid="footer-browse"),
    Link(label="Sell tickets", href="/sell", testid="footer-sell"),
    Link(label="API", href="/api/v1/docs", testid="footer-api"),
)

OFFLINE = "We lost the connection and are trying again. What you hold stays held."

LEAVE = "leave"
"""Id of the form that logs out. What the tab remembers of its viewer goes first."""

_leave = rx.call_function(
    rx.Var(f"(() => {{ sessionStorage.clear(); document.getElementById('{LEAVE}').requestSubmit(); }})")
)


def frame(*content: rx.Component, current: str = "") -> rx.Component:
    """`content` inside the shell; `current` is the href of the entry in the navigation that is open."""
    passing_word = toast(ViewerState.notice, testid="notice", on_close=ViewerState.dismiss)
    return rx.fragment(
        site_header(
            NAV, viewer_name=ViewerState.name, menu=OWN, current=current, on_sign_out=_leave, sign_in_href="/login",
            sign_in_label="Log in", sign_out_label="Log out",
        ),
        rx.cond(
            has_connection_errors,
            notice(OFFLINE, testid="offline", tone="warning"),
        ),
        rx.el.main(*content, id="content", class_name="page", tab_index=-1),
        site_footer(MORE),
        toasts(rx.cond(ViewerState.notice != "", passing_word)),
        _Away.create(to=ViewerState.away),
        native_form(action="/session/logout", id=LEAVE, hidden=True),
    )  # fmt: skip


class _Away(rx.Component):
    """The hand-written React part of assets/away.js: leaves for an address outside the pages."""

    library = "$/public/away.js"
    tag = "Away"

    to: rx.Var[str]


class _NativeForm(Element):  # type: ignore[misc]  # Reflex types its elements as Any
    """A form that the browser itself sends: Reflex' own never leaves the page, even without a handler."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]


def native_form(*fields: rx.Component, action: str, **attributes: Any) -> rx.Component:
    """A form posted to `action`, with the hidden value without which none of ours is believed."""
    secret = rx.el.input(type="hidden", name="csrf", value=ViewerState.csrf, read_only=True)
    form: rx.Component = _NativeForm.create(secret, *fields, action=action, method="post", **attributes)
    return form
