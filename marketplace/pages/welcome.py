"""Log in and register: native forms, so that password managers know them and the cookies come back HttpOnly."""

from __future__ import annotations

import reflex as rx

from marketplace import limits
from marketplace.addresses import SESSION
from marketplace.components.buttons import button
from marketplace.components.feedback import notice
from marketplace.components.forms import field
from marketplace.components.shell import page_header
from marketplace.components.values import sentence
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame, native_form
from marketplace.state.welcome import WelcomeState


def login() -> rx.Component:
    return frame(
        rx.el.div(
            page_header(_("Log in")),
            rx.cond(
                WelcomeState.is_registered,
                notice(
                    _("We have sent you a mail. Follow its link to confirm your address, and log in here."),
                    title=_("Check your e-mail"),
                    testid="registered",
                    tone="good",
                ),
            ),
            _form(f"{SESSION}/login", _email(), _password("current-password"), button_label=_("Log in")),
            rx.el.p(rx.el.a(_("Forgot your password?"), href=page_at("/forgot"), data_testid="to-forgot")),
            rx.el.p(
                *sentence(
                    _("New here? {link}"),
                    link=rx.el.a(_("Create account"), href=page_at("/register"), data_testid="to-register"),
                )
            ),
            class_name="stack page-narrow",
        )
    )


def login_code() -> rx.Component:
    return frame(
        rx.el.div(
            page_header(
                _("Two-factor authentication"), lead=_("Enter the code that your authenticator app shows now.")
            ),
            _form(
                f"{SESSION}/code",
                field(
                    _("Code"),
                    name="code",
                    testid="code",
                    autocomplete="one-time-code",
                    hint=_("Lost your phone? Use a recovery code."),
                    is_required=True,
                    auto_focus=True,
                ),
                button_label=_("Log in"),
            ),
            rx.el.p(rx.el.a(_("Start over"), href=page_at("/login"), data_testid="to-login")),
            class_name="stack page-narrow",
        )
    )


def register() -> rx.Component:
    return frame(
        rx.el.div(
            page_header(_("Create account"), lead=_("You can also buy as a guest.")),
            _form(
                f"{SESSION}/register",
                field(
                    _("Your name"),
                    name="name",
                    testid="name",
                    autocomplete="name",
                    default_value=WelcomeState.person,
                    is_required=True,
                    key=WelcomeState.person,
                    max_length=limits.LINE,
                ),
                _email(),
                _password("new-password", hint=_("At least ten characters. A few words work well.")),
                button_label=_("Create account"),
            ),
            rx.el.p(
                *sentence(
                    _("Already have an account? {link}"),
                    link=rx.el.a(_("Log in"), href=page_at("/login"), data_testid="to-login"),
                )
            ),
            class_name="stack page-narrow",
        )
    )


def _form(action: str, *fields: rx.Component, button_label: str) -> rx.Component:
    return native_form(
        rx.cond(WelcomeState.problem != "", notice(WelcomeState.problem, testid="problem", tone="danger")),
        rx.el.input(type="hidden", name="next", value=WelcomeState.next_page, read_only=True),
        *fields,
        button(button_label, testid="submit", tone="primary", kind="submit"),
        action=action,
        class_name="form",
    )


def _email() -> rx.Component:
    # The key makes React fill in anew what came back with the address.
    return field(
        _("E-mail"), name="email", testid="email", kind="email", autocomplete="username", default_value=WelcomeState.email,
        is_required=True, key=WelcomeState.email, max_length=limits.LINE,
    )  # fmt: skip


def _password(autocomplete: str, hint: str | None = None) -> rx.Component:
    return field(
        _("Password"),
        name="password",
        testid="password",
        kind="password",
        autocomplete=autocomplete,
        hint=hint,
        is_required=True,
        max_length=limits.LINE,
    )
