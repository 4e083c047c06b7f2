"""What is owed back to buyers, for those who operate the marketplace."""

from __future__ import annotations

import reflex as rx

from marketplace import limits
from marketplace.components.buttons import button
from marketplace.components.feedback import empty_state
from marketplace.components.forms import text_area
from marketplace.components.shell import dialog, page_header
from marketplace.components.tables import Column, table
from marketplace.i18n import _
from marketplace.pages.frame import frame
from marketplace.pages.operators import for_operators
from marketplace.state.owed import OwedRow, OwedState

_S = OwedState


def owed() -> rx.Component:
    return frame(for_operators(_S, _list(), current="/operate/owed"), _asking())


def _list() -> rx.Component:
    return rx.el.div(
        page_header(
            _("Owed money"),
            lead=_("What a payment provider has refused to pay back so far. It is tried again by itself, unless it waits for you."),
        ),
        rx.cond(
            _S.rows,
            table(
                [
                    Column(_("Amount"), lambda row: rx.el.strong(row["amount"], class_name="numeric"), "number"),
                    Column(_("Buyer"), _buyer, "text"),
                    Column(_("Order"), lambda row: rx.el.a(row["title"], href=row["order_href"]), "text"),
                    Column(_("Why"), _why, "text"),
                    Column(_("Since"), lambda row: row["since"]),
                    Column(_("Actions"), _acts),
                ],
                _S.rows,
                label=_("Owed money"),
                testid="owed",
                row_testid=lambda row: f"owed-{row['id']}",
            ),
            empty_state(_("No money owed"), _("Every refund has reached its buyer, or is on its way."), testid="owed-none"),
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
        button(_("Try again now"), testid=f"retry-{row['id']}", on_click=_S.try_again(row["id"])),
        button(
            _("Paid back otherwise"), testid=f"settle-{row['id']}", tone="plain",
            on_click=_S.ask_how(row["id"], row["amount"]),
        ),
        class_name="cluster",
    )  # fmt: skip


def _asking() -> rx.Component:
    return dialog(
        rx.el.p(_("{amount} will not be retried.", amount=_S.settling_amount)),
        rx.el.form(
            text_area(
                _("How was it paid back?"), name="how", testid="settle-how", max_length=limits.REASON,
                hint=_("Kept with the refund, with your name."),
            ),
            rx.el.div(
                button(_("Keep on the list"), testid="settle-keep", on_click=_S.keep),
                button(_("Mark as paid back"), testid="settle-confirm", tone="primary", kind="submit"),
                class_name="dialog-actions",
            ),
            on_submit=_S.settle,
            class_name="form",
        ),
        title=_("Paid back by other means?"),
        is_open=_S.settling != "",
        on_close=_S.keep,
        testid="settle-dialog",
    )  # fmt: skip
