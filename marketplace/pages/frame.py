"""The shell of every page: the way around, the content, what is told in passing, and whether we are still connected."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.el.element import Element

from marketplace.addresses import SESSION
from marketplace.components.feedback import notice, toast, toasts, unsent
from marketplace.components.shell import site_footer, site_header
from marketplace.components.values import Link
from marketplace.i18n import LANGUAGES, _, page_at, spoken
from marketplace.state.viewer import ViewerState

LEAVE = "leave"
"""Id of the form that logs out."""

_leave = rx.call_function(rx.Var(f"(() => document.getElementById('{LEAVE}').requestSubmit())"))


def frame(*content: rx.Component, current: str = "") -> rx.Component:
    """`content` inside the shell; `current` is the href of the entry in the navigation that is open."""
    nav = [
        Link(label=_("Browse"), href=page_at("/browse"), testid="nav-browse"),
        Link(label=_("Orders"), href=page_at("/orders"), testid="nav-orders"),
    ]
    own = [
        Link(label=_("Sell"), href=page_at("/sell"), testid="menu-sell"),
        Link(label=_("Account"), href=page_at("/account"), testid="menu-account"),
    ]
    desk = Link(label=_("Operate"), href=page_at("/operate"), testid="menu-operate")
    more = [
        Link(label=_("What is on"), href=page_at("/browse"), testid="footer-browse"),
        Link(label=_("Sell tickets"), href=page_at("/sell"), testid="footer-sell"),
        Link(label=_("How buying works"), href=page_at("/terms"), testid="footer-terms"),
        Link(label=_("API"), href="/api/v1/docs", testid="footer-api"),
    ]
    passing_word = toast(ViewerState.notice, testid="notice", on_close=ViewerState.dismiss)
    return rx.fragment(
        site_header(
            nav, viewer_name=ViewerState.name, menu=own, desk=desk, has_desk=ViewerState.is_operator,
            current=page_at(current), on_sign_out=_leave, sign_in_href=page_at("/login"),
        ),
        rx.cond(
            has_connection_errors,
            notice(
                _("You're offline: we lost the connection and are trying again. What you hold stays held."),
                testid="offline",
                tone="warning",
            ),
        ),
        rx.cond(
            ViewerState.moves_no_money,
            notice(
                _("Demo mode: payments are simulated, no real money moves, and tickets are not valid for entry."),
                testid="no-real-money",
                tone="warning",
            ),
        ),
        rx.el.main(*content, id="content", class_name="page", tab_index=-1),
        site_footer(more, _languages()),
        toasts(
            rx.cond(ViewerState.notice != "", passing_word),
            unsent(_("You're offline, and that was not sent. Please try again when you are back.")),
        ),
        _ExternalRedirect.create(to=ViewerState.away),
        native_form(action=f"{SESSION}/logout", id=LEAVE, hidden=True),
    )  # fmt: skip


def _languages() -> dict[str, Link]:
    """The ways to this page in every language but its own, by code. The server remembers which one was taken."""
    return {
        language: Link(label=name, href=f"{SESSION}/language?to={language}", testid=f"speak-{language}")
        for language, name in LANGUAGES.items()
        if language != spoken()
    }


class _ExternalRedirect(rx.Component):
    """The hand-written React part of assets/external_redirect.js: leaves for an address outside the pages."""

    library = "$/public/external_redirect.js"
    tag = "ExternalRedirect"

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
