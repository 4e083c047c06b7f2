"""Orders, and one order with its tickets."""

from __future__ import annotations

import reflex as rx

from marketplace import limits
from marketplace.addresses import SESSION
from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card, poster, ticket_card
from marketplace.components.feedback import empty_state, notice, skeleton
from marketplace.components.forms import field
from marketplace.components.labels import badge
from marketplace.components.progress import price_lines, timeline
from marketplace.components.shell import dialog, page_header
from marketplace.components.values import sentence
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame, native_form
from marketplace.state.orders import OrderRow, OrdersState, OrderState, TicketRow
from marketplace.state.viewer import ViewerState

_S = OrderState


def orders() -> rx.Component:
    return frame(
        page_header(_("Your orders")),
        rx.cond(
            OrdersState.is_loading,
            skeleton("block"),
            rx.fragment(
                rx.cond(
                    OrdersState.coming | OrdersState.past,
                    rx.el.div(
                        _group(_("Coming up"), OrdersState.coming, testid="orders-coming"),
                        _group(_("Past and cancelled"), OrdersState.past, testid="orders-past"),
                        rx.cond(
                            OrdersState.has_more,
                            button(_("Show earlier orders"), testid="orders-more", on_click=OrdersState.more),
                        ),
                        class_name="stack",
                        data_testid="orders",
                    ),
                    empty_state(
                        _("No orders yet"),
                        _("Orders from this browser and your account appear here."),
                        testid="no-orders",
                        action=link_button(
                            _("See what is on"), page_at("/browse"), testid="no-orders-browse", tone="primary"
                        ),
                    ),
                ),
                rx.cond(~ViewerState.is_signed_in, _lost_links()),
            ),
        ),
        current="/orders",
    )


def _group(title: str, rows: list[OrderRow], *, testid: str) -> rx.Component:
    return rx.cond(
        rows,
        rx.el.section(
            rx.el.h2(title),
            rx.el.div(rx.foreach(rows, _row), class_name="order-list"),
            class_name="stack",
            data_testid=testid,
        ),
    )


def _row(row: rx.Var[OrderRow]) -> rx.Component:
    return rx.el.article(
        poster(row["poster"]),
        rx.el.div(
            rx.el.h3(rx.el.a(row["title"], href=row["href"], data_testid=f"order-{row['id']}")),
            rx.el.p(row["when_text"], class_name="listing-card-meta"),
            rx.el.p(row["place"], class_name="listing-card-meta"),
            rx.el.p(
                row["quantity"], " · ", row["total"], " ", badge(row["status"], tone=row["tone"]), class_name="small"
            ),
            class_name="order-card-text",
        ),
        class_name="card order-card",
    )


def _lost_links() -> rx.Component:
    """For whoever bought without an account, in another browser."""
    return card(
        rx.cond(
            OrdersState.is_sent,
            notice(
                _("If there are orders with this address, their links are on the way."),
                title=_("Check your e-mail"),
                testid="links-sent",
                tone="good",
            ),
            native_form(
                rx.el.p(_("Bought as a guest in another browser? We'll resend your links."), class_name="quiet"),
                rx.cond(OrdersState.problem != "", notice(OrdersState.problem, testid="problem", tone="danger")),
                field(
                    _("E-mail"), name="email", testid="links-email", kind="email", autocomplete="email",
                    default_value=OrdersState.lost_email, key=OrdersState.lost_email, is_required=True,
                    max_length=limits.LINE,
                ),
                button(_("Send me my links"), testid="links-submit", kind="submit"),
                action=f"{SESSION}/links",
                class_name="form",
            ),
        ),
        title=_("Missing an order?"),
        id="missing",
    )  # fmt: skip


def order() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_loading,
            rx.el.div(skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=_("Loading")),
            rx.cond(_S.is_missing, _missing(), _shown()),
        ),
        _asking(),
        current="/orders",
    )


def _missing() -> rx.Component:
    return empty_state(
        _("Order not available"),
        _("It belongs to another browser or account. Open it with the link in your mail, or log in."),
        is_page=True,
        testid="order-missing",
        action=rx.el.div(
            link_button(_("Log in"), page_at("/login"), testid="order-log-in"),
            link_button(_("Send me my links"), page_at("/orders") + "#missing", testid="order-links"),
            class_name="cluster",
        ),
    )


def _shown() -> rx.Component:
    return rx.fragment(
        page_header(_S.title, eyebrow=_S.when_text, lead=_S.place),
        badge(_S.status, tone=_S.tone, testid="order-status"),
        rx.cond(
            _S.is_confirmed,
            notice(
                _("Your tickets are below, and on their way to {email}.", email=_S.email),
                testid="confirmed",
                title=_("Order confirmed"),
                tone="good",
            ),
        ),
        rx.cond(
            _S.is_unpaid,
            notice(
                _("This order is waiting for payment."),
                testid="unpaid",
                tone="warning",
                action=link_button(_("Pay now"), _S.pay_href, testid="pay-now", tone="primary"),
            ),
        ),
        rx.el.div(
            rx.el.section(
                rx.foreach(_S.tickets, _ticket),
                rx.cond(
                    _S.is_confirmed,
                    rx.el.div(
                        link_button(_("Tickets as PDF"), _S.pdf_href, testid="pdf", leaves_app=True),
                        link_button(_("Add to calendar"), _S.calendar_href, testid="calendar", leaves_app=True),
                        button(_("Resend e-mail"), testid="send-again", tone="plain", on_click=_S.send_again),
                        class_name="cluster",
                    ),
                ),
                class_name="stack",
                aria_label=_("Tickets"),
            ),
            rx.el.aside(_receipt(), class_name="stack"),
            class_name="split",
        ),
    )


def _ticket(ticket: rx.Var[TicketRow]) -> rx.Component:
    return ticket_card(
        title=_S.title, when_text=_S.when_text, place=_S.place, unit=ticket["label"], qr_src=ticket["qr"],
        code=ticket["code"], testid=f"ticket-{ticket['id']}", holder=_S.buyer, is_used=ticket["is_void"],
    )  # fmt: skip


def _receipt() -> rx.Component:
    return rx.fragment(
        card(
            price_lines(_S.lines, total=_S.total, testid="receipt"),
            rx.cond(_S.refunds, price_lines(_S.refunds, testid="refunds")),
            rx.el.p(
                *sentence(_("Order {number}"), number=rx.el.span(_S.number, class_name="numeric small")),
                class_name="small quiet",
            ),
            rx.el.p(_S.policy, class_name="small quiet", data_testid="terms"),
            rx.cond(
                _S.can_cancel,
                button(_("Cancel order"), testid="cancel", tone="plain", on_click=_S.ask_to_cancel),
            ),
            title=_("Receipt"),
        ),
        card(timeline(_S.trail, testid="trail"), title=_("History")),
    )


def _asking() -> rx.Component:
    return dialog(
        rx.el.p(_S.quote, data_testid="cancel-quote"),
        title=_("Cancel this order?"),
        is_open=_S.is_asking,
        on_close=_S.keep,
        testid="cancel-dialog",
        actions=[
            button(_("Keep it"), testid="cancel-keep", on_click=_S.keep),
            button(_("Cancel order"), testid="cancel-confirm", tone="danger", on_click=_S.cancel),
        ],
    )
