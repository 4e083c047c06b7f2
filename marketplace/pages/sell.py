"""A shop at a glance, or how to open one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from marketplace import limits
from marketplace.brand import NAME
from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card, poster, stat
from marketplace.components.feedback import empty_state, notice, skeleton
from marketplace.components.forms import field, text_area
from marketplace.components.labels import badge
from marketplace.components.shell import page_header
from marketplace.components.values import when
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame
from marketplace.state.sell import ListingRow, SellState

_S = SellState


def sell() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_loading, _loading(), rx.cond(_S.needs_login, _log_in(), rx.cond(_S.has_shop, _shop(), _first_steps()))
        ),
        current="/sell",
    )


def sell_new() -> rx.Component:
    return frame(_loading(), current="/sell")


def _loading() -> rx.Component:
    return rx.el.div(
        skeleton("title"),
        skeleton("block"),
        skeleton("block"),
        class_name="stack",
        role="status",
        aria_label=_("Loading"),
    )


def _log_in() -> rx.Component:
    return empty_state(
        _("Sell with {brand}", brand=NAME),
        _("Log in to open a shop: your own halls, your own prices, seats that are never sold twice."),
        is_page=True,
        testid="sell-log-in",
        action=rx.el.div(
            link_button(_("Log in"), page_at("/login?next=/sell"), testid="sell-to-login", tone="primary"),
            link_button(_("Create account"), page_at("/register?next=/sell"), testid="sell-to-register"),
            class_name="cluster",
        ),
    )


def _first_steps() -> rx.Component:
    return rx.cond(
        _S.is_verified,
        _open_shop(),
        empty_state(
            _("Please confirm your address"),
            _(
                "Before you open a shop, follow the link that we have sent to {email}. Your account page sends another.",
                email=_S.email,
            ),
            is_page=True,
            testid="sell-unverified",
            action=link_button(_("Go to my account"), page_at("/account"), testid="sell-to-account", tone="primary"),
        ),
    )


def _open_shop() -> rx.Component:
    return rx.el.div(
        page_header(_("Open your shop"), lead=_("It takes a minute. Your first listing can be on sale in ten.")),
        rx.el.form(
            field(
                _("Name of the shop"), name="name", testid="shop-name", error=_S.name_error, is_required=True,
                hint=_("Buyers see it on every listing."), max_length=limits.SHOP,
            ),
            text_area(
                _("About the shop"), name="about", testid="shop-about", error=_S.about_error,
                hint=_("Describe your shop in a sentence or two."),
            ),
            button(_("Open shop"), testid="shop-open", tone="primary", kind="submit"),
            on_submit=_S.open_shop,
            class_name="form",
        ),
        class_name="stack page-narrow",
    )  # fmt: skip


def _shop() -> rx.Component:
    return rx.fragment(
        page_header(
            _S.shop,
            eyebrow=_("Your shop"),
            actions=link_button(
                _("New listing"), page_at("/sell/new"), testid="new-listing", tone="primary", icon_name="plus"
            ),
        ),
        when(
            _S.is_suspended,
            notice(_("This shop is suspended. Its listings are not on sale."), testid="suspended", tone="danger"),
        ),
        rx.cond(_S.is_ready, _figures(), _checklist()),
        _section(_("On sale"), _S.on_sale, "on-sale"),
        _section(_("Drafts"), _S.drafts, "drafts"),
        _section(_("Over"), _S.over, "over"),
    )


def _figures() -> rx.Component:
    return rx.el.div(
        stat(_("Listings on sale"), _S.open_text, testid="stat-open"),
        stat(_("Tickets sold"), _S.sold_text, testid="stat-sold", note=_S.sold_note),
        stat(_("Revenue from orders"), _S.revenue_text, testid="stat-revenue"),
        class_name="stats",
    )


def _checklist() -> rx.Component:
    return card(
        rx.el.ol(rx.foreach(_S.todo, _todo), class_name="desk-todo", role="list"),
        title=_("Before your first sale"),
        testid="checklist",
    )


def _todo(entry: Any, index: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.cond(entry["state"] == "done", "✓", (index + 1).to_string()), class_name="desk-mark", aria_hidden="true"
        ),
        rx.el.span(
            rx.el.span(
                rx.cond(
                    (entry["href"] != "") & (entry["state"] != "done"),
                    rx.el.a(entry["label"], href=entry["href"], class_name="strong"),
                    rx.el.span(entry["label"], class_name="strong"),
                )
            ),
            rx.el.br(),
            rx.el.span(entry["detail"], class_name="quiet small"),
        ),
        rx.cond(entry["state"] == "done", rx.el.span(_("done"), class_name="visually-hidden")),
        data_state=entry["state"],
        data_testid=f"todo-{entry['key']}",
    )


def _section(title: str, rows: Any, testid: str) -> rx.Component:
    return rx.cond(
        rows,
        rx.el.section(
            rx.el.h2(title),
            rx.el.div(rx.foreach(rows, _row), class_name="rows", data_testid=testid),
            class_name="stack",
        ),
    )


def _row(row: rx.Var[ListingRow]) -> rx.Component:
    return rx.el.article(
        poster(row["poster"]),
        rx.el.div(
            rx.el.h3(rx.el.a(row["title"], href=row["href"], data_testid=f"row-{row['id']}")),
            rx.el.p(row["when_text"], class_name="quiet small"),
            badge(row["badge"], tone=row["tone"]),
            class_name="stack stack-tight",
        ),
        rx.cond(
            row["sold_text"] != "",
            rx.el.div(
                rx.el.div(
                    rx.el.span(row["sold_text"], class_name="small numeric"),
                    rx.el.strong(row["revenue"], class_name="small numeric"),
                    class_name="cluster cluster-spread",
                ),
                rx.el.div(
                    rx.el.span(class_name="share-sold", style={"width": f"{row['percent']}%"}),
                    class_name="share",
                    aria_hidden="true",
                ),
                class_name="desk-row-sales",
            ),
        ),
        class_name="desk-row",
    )
