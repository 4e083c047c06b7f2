"""Orders, and one order with its tickets."""

from __future__ import annotations

import reflex as rx

from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card, ticket_card
from marketplace.components.feedback import empty_state, notice, skeleton
from marketplace.components.labels import badge
from marketplace.components.progress import price_lines, timeline
from marketplace.components.shell import dialog, page_header
from marketplace.components.values import sentence
from marketplace.pages.frame import frame
from marketplace.state.orders import OrderRow, OrdersState, OrderState, TicketRow
from marketplace.words import page_at, say

_S = OrderState


def orders() -> rx.Component:
    return frame(
        page_header(say("Your orders")),
        rx.cond(
            OrdersState.is_loading,
            skeleton("block"),
            rx.cond(
                OrdersState.rows,
                rx.el.div(rx.foreach(OrdersState.rows, _row), class_name="stack", data_testid="orders"),
                empty_state(
                    say("No orders yet"),
                    say("What you buy in this browser, or with your account, shows up here."),
                    testid="no-orders",
                    action=link_button(
                        say("See what is on"), page_at("/browse"), testid="no-orders-browse", tone="primary"
                    ),
                ),
            ),
        ),
        current="/orders",
    )


def _row(row: rx.Var[OrderRow]) -> rx.Component:
    return card(
        rx.el.h2(rx.el.a(row["title"], href=row["href"], data_testid=f"order-{row['id']}")),
        rx.el.p(row["when_text"], " · ", row["place"], class_name="quiet"),
        rx.el.p(row["quantity"], " · ", row["total"], " ", badge(row["status"], tone=row["tone"])),
    )


def order() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_loading,
            rx.el.div(
                skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=say("Loading")
            ),
            rx.cond(_S.is_missing, _missing(), _shown()),
        ),
        _asking(),
        current="/orders",
    )


def _missing() -> rx.Component:
    return empty_state(
        say("We cannot show this order"),
        say("It belongs to another browser or account. Open it with the link in your mail, or log in."),
        is_page=True,
        testid="order-missing",
        action=link_button(say("Log in"), page_at("/login"), testid="order-log-in"),
    )


def _shown() -> rx.Component:
    return rx.fragment(
        page_header(_S.title, eyebrow=_S.when_text, lead=_S.place),
        badge(_S.status, tone=_S.tone, testid="order-status"),
        rx.cond(
            _S.is_confirmed,
            notice(
                say("Your tickets are below, and on their way to {email}.", email=_S.email),
                testid="confirmed",
                title=say("All yours"),
                tone="good",
            ),
        ),
        rx.cond(
            _S.is_unpaid,
            notice(
                say("This order waits for its payment."),
                testid="unpaid",
                tone="warning",
                action=link_button(say("Pay now"), _S.pay_href, testid="pay-now", tone="primary"),
            ),
        ),
        rx.el.div(
            rx.el.section(
                rx.foreach(_S.tickets, _ticket),
                rx.cond(
                    _S.is_confirmed,
                    rx.el.div(
                        link_button(say("Tickets as PDF"), _S.pdf_href, testid="pdf", leaves_app=True),
                        link_button(say("Into my calendar"), _S.calendar_href, testid="calendar", leaves_app=True),
                        button(say("Send the mail again"), testid="send-again", tone="plain", on_click=_S.send_again),
                        class_name="cluster",
                    ),
                ),
                class_name="stack",
                aria_label=say("Tickets"),
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
                *sentence(say("Order {number}"), number=rx.el.span(_S.number, class_name="numeric small")),
                class_name="small quiet",
            ),
            rx.el.p(_S.policy, class_name="small quiet"),
            rx.cond(
                _S.can_cancel,
                button(say("Cancel this order"), testid="cancel", tone="plain", on_click=_S.ask_to_cancel),
            ),
            title=say("Receipt"),
        ),
        card(timeline(_S.trail, testid="trail"), title=say("What happened")),
    )


def _asking() -> rx.Component:
    return dialog(
        rx.el.p(_S.quote, data_testid="cancel-quote"),
        title=say("Cancel this order?"),
        is_open=_S.is_asking,
        on_close=_S.keep,
        testid="cancel-dialog",
        actions=[
            button(say("Keep it"), testid="cancel-keep", on_click=_S.keep),
            button(say("Cancel the order"), testid="cancel-confirm", tone="danger", on_click=_S.cancel),
        ],
    )
