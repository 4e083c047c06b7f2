"""Check-out on one page, and the payment as it happens."""

from __future__ import annotations

from typing import Any

import reflex as rx

from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card
from marketplace.components.feedback import empty_state, obstacle, skeleton
from marketplace.components.forms import CardTyping, PayGuard, checkbox, field
from marketplace.components.progress import countdown, price_lines, steps
from marketplace.components.shell import dialog, page_header
from marketplace.components.values import sentence
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame
from marketplace.state.checkout import CheckoutState

_S = CheckoutState


def checkout() -> rx.Component:
    return frame(
        rx.match(
            _S.stage,
            (
                "loading",
                rx.el.div(
                    skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=_("Loading")
                ),
            ),
            ("gone", _gone()),
            ("missing", _missing()),
            _open(),
        ),
        _challenge(),
    )


def _gone() -> rx.Component:
    return empty_state(
        _("These seats are no longer held for you"),
        rx.cond(
            _S.problem != "",
            _S.problem,
            _("Your time ran out. Nothing was charged. If the seats are still available, you can pick them again."),
        ),
        is_page=True,
        testid="gone",
        action=link_button(
            _("Pick again"),
            rx.cond(_S.bought.href != "", _S.bought.href, page_at("/browse")),
            testid="gone-again",
            tone="primary",
        ),
    )


def _missing() -> rx.Component:
    return empty_state(
        _("Nothing to pay"),
        _("This check-out belongs to another browser or is already complete."),
        is_page=True,
        testid="missing",
        action=link_button(_("See what is on"), page_at("/browse"), testid="missing-browse"),
    )


def _open() -> rx.Component:
    return rx.fragment(
        page_header(_("Check out"), eyebrow=_S.bought.title, lead=f"{_S.bought.when_text} · {_S.bought.place}"),
        rx.el.div(
            rx.el.div(
                obstacle(_S.problem, testid="problem"),
                rx.cond(_S.stage == "paying", _paying()),
                _form(),
                class_name="stack",
            ),
            rx.el.aside(_bill()),
            class_name="split split-aside-first",
        ),
    )


def _bill() -> rx.Component:
    return card(
        countdown(_S.expires_at, _S.server_now, testid="countdown", on_end=_S.time_is_up),
        price_lines(_S.lines, total=_S.total, testid="bill"),
        rx.el.p(_S.policy, class_name="small quiet"),
        rx.cond(
            _S.can_extend & (_S.stage == "form"),
            button(_("I need more time"), testid="extend", tone="plain", on_click=_S.extend),
        ),
        rx.cond(
            _S.stage == "form",
            button(_("Release seats"), testid="cancel", tone="plain", on_click=_S.cancel),
        ),
        title=_("Your order"),
        testid="bill-card",
    )


def _paying() -> rx.Component:
    return card(
        steps(_S.steps, testid="payment-steps", label=_("Payment")),
        rx.el.p(
            rx.cond(
                _S.needs_challenge,
                _("Your bank is waiting for your answer. Please stay on this page."),
                _("You can close this page: we'll e-mail your tickets once the payment is complete."),
            ),
            class_name="small quiet",
        ),
        title=_("Paying"),
        testid="paying",
    )


def _form() -> rx.Component:
    # Hidden, not removed, while a payment is under way: after a decline everything is still filled in.
    return rx.el.form(
        card(
            rx.cond(
                _S.is_guest,
                rx.el.p(
                    *sentence(
                        _("Buying as a guest. {link} to save the fee of {share}; your seats stay held."),
                        link=rx.el.a(_("Log in"), href=_S.login_href, data_testid="log-in"),
                        share=_S.surcharge_text,
                    ),
                    class_name="small quiet",
                ),
            ),
            field(_("Name"), name="name", testid="buyer-name", autocomplete="name", default_value=_S.buyer_name,
                  key=f"n{_S.buyer_name}", is_required=True, error=_error("name")),
            field(_("E-mail, for your tickets"), name="email", kind="email", testid="buyer-email", autocomplete="email",
                  default_value=_S.buyer_email, key=f"e{_S.buyer_email}", is_required=True, error=_error("email")),
            title=_("Your details"),
        ),
        rx.cond(_S.is_free, rx.fragment(), _card()),
        checkbox(
            rx.fragment(
                *sentence(
                    _("I accept the {terms} and the cancellation policy."),
                    # Elsewhere, so that what has been filled in stays.
                    terms=rx.el.a(_("terms"), href=page_at("/terms"), target="_blank", data_testid="terms-link"),
                )
            ),
            name="terms",
            testid="terms",
            is_required=True,
            error=_error("terms"),
        ),
        PayGuard.create(
            text=_("You're offline. Nothing was sent and nothing was charged. Press it again when you are back.")
        ),
        button(
            rx.cond(_S.is_free, _("Get tickets"), _("Pay {total}", total=_S.total)), testid="pay", tone="primary", kind="submit",
            is_wide=True, is_large=True, is_busy=_S.is_busy, is_disabled=_S.is_busy,
        ),
        on_submit=_S.pay,
        # What is wrong is told beside its field, all at once, in the reader's language.
        no_validate=True,
        reset_on_submit=False,
        class_name="form",
        hidden=_S.stage == "paying",
        data_testid="checkout-form",
    )  # fmt: skip


def _card() -> rx.Component:
    return card(
        rx.el.p(_("Payments are simulated: no money moves. Try 4242 4242 4242 4242."), class_name="small quiet"),
        field(_("Card number"), name="number", testid="card-number", autocomplete="cc-number", input_mode="numeric",
              is_required=True, error=_error("number"), auto_correct="off", spell_check=False, max_length=23),
        CardTyping.create(number="card-number", expiry="card-expiry"),
        rx.el.div(
            field(_("Expires"), name="expiry", testid="card-expiry", autocomplete="cc-exp", input_mode="numeric",
                  placeholder=_("MM/YY"), is_required=True, error=_error("expiry")),
            field(_("CVC"), name="cvc", testid="card-cvc", autocomplete="cc-csc", input_mode="numeric", is_required=True,
                  error=_error("cvc")),
            class_name="pair",
        ),
        title=_("Payment method"),
    )  # fmt: skip


def _error(name: str) -> Any:
    return _S.errors.get(name, "")


def _challenge() -> rx.Component:
    return dialog(
        rx.el.p(_("Your bank asks: are you paying {total}?", total=_S.total)),
        title=_("Confirm with your bank"),
        is_open=_S.needs_challenge,
        on_close=_S.answer_challenge(False),
        testid="challenge",
        actions=[
            button(_("No, stop"), testid="challenge-decline", on_click=_S.answer_challenge(False)),
            button(_("Yes, it's me"), testid="challenge-approve", tone="primary", on_click=_S.answer_challenge(True)),
        ],
    )
