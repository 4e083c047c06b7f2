"""What is owed back to buyers, for those who operate the marketplace."""

from __future__ import annotations

import reflex as rx

from marketplace.components.buttons import button, link_button
from marketplace.components.feedback import empty_state, skeleton
from marketplace.components.forms import text_area
from marketplace.components.shell import dialog, page_header
from marketplace.components.tables import Column, table
from marketplace.pages.frame import frame
from marketplace.state.owed import OwedRow, OwedState
from marketplace.words import page_at, say

_S = OwedState


def owed() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_loading,
            rx.el.div(
                skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=say("Loading")
            ),
            rx.cond(_S.is_refused, _refused(), _list()),
        ),
        _asking(),
    )


def _refused() -> rx.Component:
    return empty_state(
        say("For operators"),
        _S.refusal,
        is_page=True,
        testid="owed-refused",
        action=link_button(say("Log in"), page_at("/login?next=/operate/owed"), testid="owed-log-in"),
    )


def _list() -> rx.Component:
    return rx.el.div(
        page_header(
            say("Owed money"),
            lead=say("What a payment provider has refused to pay back so far. It is tried again by itself, unless it waits for you."),
        ),
        rx.cond(
            _S.rows,
            table(
                [
                    Column(say("Amount"), lambda row: rx.el.strong(row["amount"], class_name="numeric"), "number"),
                    Column(say("Buyer"), _buyer, "text"),
                    Column(say("Order"), lambda row: rx.el.a(row["title"], href=row["order_href"]), "text"),
                    Column(say("Why"), _why, "text"),
                    Column(say("Since"), lambda row: row["since"]),
                    Column(say("What to do"), _acts),
                ],
                _S.rows,
                label=say("Owed money"),
                testid="owed",
                row_testid=lambda row: f"owed-{row['id']}",
            ),
            empty_state(say("Nothing is owed"), say("Every refund has reached its buyer, or is on its way."), testid="owed-none"),
        ),
        class_name="stack",
    )  # fmt: skip


def _buyer(row: rx.Var[OwedRow]) -> rx.Component:
    return rx.el.span(row["buyer"], rx.el.br(), rx.el.span(row["email"], class_name="quiet"))


def _why(row: rx.Var[OwedRow]) -> rx.Component:
    return rx.el.span(
        row["why"],
        rx.el.br(),
        rx.el.span(row["tried"], rx.cond(row["tried"], ", ", ""), row["next_try"], class_name="quiet"),
    )


def _acts(row: rx.Var[OwedRow]) -> rx.Component:
    return rx.el.div(
        button(say("Try again now"), testid=f"retry-{row['id']}", on_click=_S.try_again(row["id"])),
        button(
            say("Paid back otherwise"), testid=f"settle-{row['id']}", tone="plain",
            on_click=_S.ask_how(row["id"], row["amount"]),
        ),
        class_name="cluster",
    )  # fmt: skip


def _asking() -> rx.Component:
    return dialog(
        rx.el.p(say("The provider is not asked for {amount} any more.", amount=_S.settling_amount)),
        rx.el.form(
            text_area(
                say("How was it paid back?"), name="how", testid="settle-how", max_length=500,
                hint=say("Kept with the refund, with your name."),
            ),
            rx.el.div(
                button(say("Keep it on the list"), testid="settle-keep", on_click=_S.keep),
                button(say("It is paid back"), testid="settle-confirm", tone="primary", kind="submit"),
                class_name="dialog-actions",
            ),
            on_submit=_S.settle,
            class_name="form",
        ),
        title=say("Paid back by other means?"),
        is_open=_S.settling != "",
        on_close=_S.keep,
        testid="settle-dialog",
    )  # fmt: skip
