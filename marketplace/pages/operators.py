"""What stands before every page of operators: who they are is found out first."""

from __future__ import annotations

import reflex as rx

from marketplace.components.buttons import link_button
from marketplace.components.feedback import empty_state, skeleton
from marketplace.i18n import _, page_at
from marketplace.state.operate import OperateState
from marketplace.state.owed import OwedState


def for_operators(state: type[OperateState | OwedState], page: rx.Component, *, current: str) -> rx.Component:
    """`page`, which stands at `current`, for operators; for everybody else, what they can do about it."""
    return rx.cond(
        state.is_loading,
        rx.el.div(skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=_("Loading")),
        rx.cond(state.needs_factor, _factor(), rx.cond(state.is_closed, _closed(current), page)),
    )


def _closed(current: str) -> rx.Component:
    """To strangers, the desk is nothing special."""
    return empty_state(
        _("Page not found"),
        _("This page does not exist."),
        is_page=True,
        testid="operate-closed",
        action=link_button(_("Log in"), page_at(f"/login?next={current}"), testid="operate-to-login"),
    )


def _factor() -> rx.Component:
    return empty_state(
        _("Two-factor authentication required"),
        _("Operators need two-factor authentication. Turn it on in your account, then come back."),
        is_page=True,
        testid="operate-factor",
        action=link_button(_("Turn on"), page_at("/account"), testid="operate-to-account", tone="primary"),
    )
