"""How one listing sells, as it happens."""

from __future__ import annotations

import reflex as rx

from marketplace import limits
from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card, stat
from marketplace.components.charts import bar_chart
from marketplace.components.desk import pulse
from marketplace.components.feedback import empty_state, notice, skeleton
from marketplace.components.forms import text_area
from marketplace.components.labels import badge
from marketplace.components.seat_map import seat_map
from marketplace.components.shell import dialog, page_header
from marketplace.components.tables import Column, table
from marketplace.components.values import when
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame
from marketplace.state.sell_sales import (
    MOST_AT_ONCE,
    BackRow,
    BoxOfficeState,
    CallOffState,
    CategoryRow,
    OrderRow,
    SellSalesState,
)
from marketplace.state.viewer import ViewerState

_S = SellSalesState


def sell_sales() -> rx.Component:
    return frame(
        rx.cond(_S.is_missing, _missing(), rx.cond(_S.is_loading, _loading(), _shown())),
        _asking(),
        current="/sell",
    )


def _missing() -> rx.Component:
    return empty_state(
        _("Sales not available"),
        _("They may belong to another shop. Log in with an account of that shop."),
        is_page=True,
        testid="sales-missing",
        action=link_button(_("Go to your shop"), page_at("/sell"), testid="sales-missing-back"),
    )


def _loading() -> rx.Component:
    return rx.el.div(
        skeleton("title"), skeleton("block"), skeleton("block"), class_name="stack", role="status",
        aria_label=_("Loading"),
    )  # fmt: skip


def _shown() -> rx.Component:
    return rx.fragment(
        pulse(stream_url=f"{_S.seats_url}/stream", seats_url=_S.seats_url, on_beat=_S.refresh),
        page_header(
            _S.title,
            eyebrow=rx.el.span(_S.when_text, " · ", _S.place),
            actions=rx.el.div(
                badge(_S.badge, tone=_S.tone, testid="sales-status"),
                link_button(_("View listing"), _S.page_href, testid="to-page"),
                link_button(_("Edit"), _S.edit_href, testid="to-edit"),
                class_name="cluster",
            ),
        ),
        when(_S.cancel_text, notice(_S.cancel_text, testid="called-off", tone="warning", title=_("Event cancelled"))),
        _figures(),
        rx.el.div(
            rx.el.div(_map(), class_name="stack"),
            rx.el.aside(_box_office(), _categories(), class_name="stack"),
            class_name="split",
        ),
        _revenue_chart(),
        _orders(),
        _end(),
    )


def _figures() -> rx.Component:
    return rx.el.div(
        stat(_("Sold"), _S.figures.sold, testid="figure-sold", note=_S.figures.sold_note),
        stat(_("On hold"), _S.figures.held, testid="figure-held"),
        stat(_("Held back"), _S.figures.held_back, testid="figure-back"),
        stat(_("Left"), _S.figures.left, testid="figure-left"),
        stat(_("Revenue from orders"), _S.figures.revenue, testid="figure-revenue", note=_S.figures.revenue_note),
        class_name="stats",
        aria_live="polite",
    )


def _map() -> rx.Component:
    return rx.el.section(
        rx.el.h2(_("Live seat map")),
        seat_map(
            plan_url=f"/api/v1/listings/{_S.id}/plan",
            seats_url=_S.seats_url,
            stream_url=f"{_S.seats_url}/stream",
            prices=_S.prices,
            mine=BoxOfficeState.chosen,
            most=MOST_AT_ONCE,
            is_disabled=_S.is_shut,
            is_debugged=ViewerState.has_lab,
            on_pick=BoxOfficeState.choose,
            on_drop=BoxOfficeState.unchoose,
            on_standing=BoxOfficeState.choose_standing,
            testid="sales-map",
            words={
                "yours": _("Picked"),
                "taken": _("Taken"),
                "nothing": _("Pick seats to hold them back for the box office."),
                "chosen": _("{n} picked"),
                "picked": _("{seat} is picked."),
                "dropped": _("{seat} is no longer picked."),
                "tooMany": _("You can hold back {most} at a time."),
                "closed": _("Nothing of this can be held back now."),
            },
        ),
        class_name="stack",
    )


def _box_office() -> rx.Component:
    return card(
        rx.cond(
            BoxOfficeState.chosen_text != "",
            rx.el.div(
                rx.el.p(BoxOfficeState.chosen_text, data_testid="picked-for-box-office"),
                rx.el.div(
                    button(_("Hold back"), testid="hold-back", tone="primary", on_click=BoxOfficeState.hold_back),
                    button(_("Clear"), testid="clear-picked", tone="plain", on_click=BoxOfficeState.clear),
                    class_name="cluster",
                ),
                class_name="stack stack-tight",
            ),
            when(
                _S.is_open,
                rx.el.p(_("Pick seats in the hall to keep them for the box office."), class_name="quiet small"),
            ),
        ),
        rx.cond(
            _S.kept,
            rx.el.ul(rx.foreach(_S.kept, _kept), class_name="stack stack-tight", role="list", data_testid="kept"),
        ),
        title=_("Box office"),
        testid="box-office",
    )


def _kept(row: rx.Var[BackRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.strong(row["title"]), rx.el.p(row["seats"], class_name="small quiet"), class_name="row-main"),
        button(_("Give back"), testid=f"give-back-{row['id']}", on_click=BoxOfficeState.give_back(row["id"])),
        class_name="cluster cluster-spread",
    )


def _categories() -> rx.Component:
    return card(
        rx.el.ul(rx.foreach(_S.categories, _category), class_name="stack", role="list"),
        rx.el.p(
            *(
                rx.el.span(rx.el.span(class_name=f"seat-map-dot share-{share}"), words, class_name="key")
                for share, words in (("sold", _("sold")), ("held", _("on hold")), ("back", _("held back")))
            ),
            class_name="cluster small quiet",
        ),
        title=_("By category"),
        testid="by-category",
    )  # fmt: skip


def _category(row: rx.Var[CategoryRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                rx.el.span(class_name="seat-map-dot", style={"background": row["color"]}), row["name"],
                class_name="cluster strong",
            ),
            rx.el.span(row["revenue"], class_name="numeric"),
            class_name="cluster cluster-spread",
        ),
        rx.el.div(
            rx.el.span(class_name="share-sold", style={"width": f"{row['sold_share']}%"}),
            rx.el.span(class_name="share-held", style={"width": f"{row['held_share']}%"}),
            rx.el.span(class_name="share-back", style={"width": f"{row['back_share']}%"}),
            class_name="share",
            aria_hidden="true",
        ),
        rx.el.p(row["detail"], class_name="small quiet numeric"),
        class_name="stack stack-tight",
    )  # fmt: skip


def _revenue_chart() -> rx.Component:
    return rx.cond(
        _S.chart.bars,
        card(
            bar_chart(
                _S.chart.bars,
                title=_("Revenue over time"),
                top=_S.chart.top,
                first=_S.chart.first,
                last=_S.chart.last,
                when_head=_("From"),
                amount_head=_("Revenue"),
                testid="revenue-chart",
            )
        ),
    )


def _orders() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(_("Orders")),
            rx.cond(
                _S.orders,
                link_button(
                    _("As CSV"), _S.csv_href, testid="csv", icon_name="download", leaves_app=True, download=True
                ),
            ),
            class_name="cluster cluster-spread",
        ),
        rx.cond(
            _S.orders,
            table(
                [
                    Column(_("When"), lambda row: row["when_text"]),
                    Column(_("Buyer"), _buyer),
                    Column(_("Places"), lambda row: row["seats"], "text"),
                    Column(_("Status"), lambda row: badge(row["status"], tone=row["tone"])),
                    Column(_("Total"), lambda row: row["total"], "number"),
                ],
                _S.orders,
                label=_("Orders"),
                testid="orders",
                row_testid=lambda row: f"order-{row['id']}",
            ),
            rx.el.p(_("No orders yet. They appear here as they come in."), class_name="quiet", data_testid="no-orders"),
        ),
        rx.cond(_S.has_more, button(_("Show more"), testid="more-orders", on_click=_S.more)),
        class_name="stack",
    )


def _buyer(row: rx.Var[OrderRow]) -> rx.Component:
    return rx.el.span(rx.el.strong(row["buyer"]), rx.el.br(), rx.el.span(row["email"], class_name="quiet"))


def _end() -> rx.Component:
    return rx.cond(
        _S.can_call_off,
        rx.el.section(
            rx.el.h2(_("Cancel event")),
            rx.el.p(_("All buyers get a full refund."), class_name="quiet"),
            rx.el.div(
                button(_("Cancel event"), testid="call-off", tone="danger", on_click=CallOffState.ask_to_call_off)
            ),
            class_name="stack",
        ),
    )


def _asking() -> rx.Component:
    return dialog(
        rx.el.p(CallOffState.quote, class_name="lead strong", data_testid="call-off-quote"),
        rx.el.ul(rx.foreach(CallOffState.quote_lines, rx.el.li), class_name="quiet", role="list", data_testid="call-off-lines"),
        rx.el.form(
            text_area(
                _("Message to buyers"), name="reason", testid="call-off-reason",
                hint=_("Shown on the page of the event. Every buyer gets a mail."), max_length=limits.REASON,
            ),
            rx.el.div(
                button(_("Keep it"), testid="call-off-keep", on_click=CallOffState.keep),
                button(
                    _("Cancel event and refund everyone"), testid="call-off-confirm", tone="danger", kind="submit"
                ),
                class_name="dialog-actions",
            ),
            on_submit=CallOffState.call_off,
            class_name="form",
        ),
        title=_("Cancel this event?"),
        is_open=CallOffState.is_asking,
        on_close=CallOffState.keep,
        testid="call-off-dialog",
    )  # fmt: skip
