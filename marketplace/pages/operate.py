"""The operators' desk: the day in figures, and what needs somebody."""

from __future__ import annotations

from typing import Any

import reflex as rx

from marketplace.components.cards import card, stat
from marketplace.components.feedback import notice
from marketplace.components.labels import badge
from marketplace.components.shell import page_header
from marketplace.components.tables import Column, table
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame
from marketplace.pages.operators import for_operators
from marketplace.state.operate import OperateState

_S = OperateState


def operate() -> rx.Component:
    return frame(for_operators(_S, _desk(), current="/operate"), current="/operate")


def _desk() -> rx.Component:
    return rx.el.div(
        page_header(_("Today"), eyebrow=_("Operate"), lead=_S.day),
        rx.el.div(
            stat(_("Orders"), _S.orders, testid="operate-orders"),
            stat(_("Paid by buyers"), _S.revenue, testid="operate-revenue"),
            stat(_("Owed to buyers"), _S.owed, testid="operate-owed"),
            class_name="stats",
        ),
        rx.cond(
            _S.is_calm,
            notice(_("Nothing needs your attention."), testid="operate-calm", tone="good"),
            notice(_("Some items need your attention."), testid="operate-alarm", tone="danger"),
        ),
        card(
            table(
                [
                    Column(_("What"), _what),
                    Column(_("How many"), lambda row: row["value"], kind="number"),
                    Column(_("Status"), lambda row: badge(row["mark"], tone=row["tone"])),
                ],
                _S.concerns,
                label=_("Queue"),
                testid="concerns",
                row_testid=lambda row: f"concern-{row['key']}",
            ),
            title=_("Queue"),
        ),
        rx.el.p(
            rx.el.a(_("Owed money"), href=page_at("/operate/owed"), data_testid="operate-to-owed"),
            rx.el.a(_("Every job and its last run"), href="/api/v1/jobs/health"),
            rx.el.a(_("Provider webhooks"), href="/api/v1/health/webhooks"),
            rx.el.a(_("Metrics"), href="/api/v1/metrics"),
            class_name="cluster small",
        ),
        class_name="stack",
    )


def _what(row: Any) -> rx.Component:
    return rx.el.span(
        rx.el.span(row["label"], class_name="strong"),
        rx.cond(row["detail"] != "", rx.el.span(row["detail"], class_name="small quiet")),
        class_name="stack stack-tight",
    )
