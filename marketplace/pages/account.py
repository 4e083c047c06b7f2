"""The viewer's account, and the pages that mail leads to: a new password, a confirmed address."""

from __future__ import annotations

from typing import Any

import reflex as rx

from marketplace import datetimes, limits
from marketplace.accounts.tokens import STEP_LIFE, Purpose
from marketplace.addresses import SESSION
from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card
from marketplace.components.feedback import empty_state, notice, skeleton
from marketplace.components.forms import field, select
from marketplace.components.labels import badge
from marketplace.components.recovery import recovery_codes
from marketplace.components.shell import dialog, page_header
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame, native_form
from marketplace.state.account import AccountState, LogInRow, ResetState, VerifyState
from marketplace.state.viewer import ViewerState

_S = AccountState


def account() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_loading,
            rx.el.div(skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=_("Loading")),
            rx.cond(ViewerState.is_signed_in, _own(), rx.cond(_S.is_erased, _erased(), _stranger())),
        ),
        current="/account",
    )


def _stranger() -> rx.Component:
    return empty_state(
        _("Log in to see your account"),
        _("Your profile, password and data are kept there."),
        is_page=True,
        testid="account-stranger",
        action=link_button(_("Log in"), page_at("/login?next=/account"), testid="account-log-in", tone="primary"),
    )


def _erased() -> rx.Component:
    return empty_state(
        _("Your account has been deleted"),
        _("Your upcoming orders remain valid. We e-mail you their links."),
        is_page=True,
        testid="account-erased",
        action=link_button(_("See what is on"), page_at("/browse"), testid="account-browse", tone="primary"),
    )


def _own() -> rx.Component:
    return rx.el.div(
        page_header(_("Your account"), lead=_S.email),
        rx.cond(_S.is_verified, rx.fragment(), _unverified()),
        _profile(),
        _password(),
        _second_factor(),
        _log_ins(),
        _data(),
        _leaving(),
        class_name="stack page-narrow",
    )


def _unverified() -> rx.Component:
    return rx.cond(
        _S.is_link_sent,
        notice(_("The link is on its way to {email}.", email=_S.email), testid="verification-sent", tone="good"),
        notice(
            _("Please confirm your e-mail address, {email}.", email=_S.email),
            title=_("Please confirm your address"),
            testid="unverified",
            tone="warning",
            action=button(_("Resend link"), testid="send-verification", on_click=_S.send_verification),
        ),
    )


def _profile() -> rx.Component:
    return card(
        rx.el.form(
            _outcome("profile", _("Saved.")),
            field(
                _("Your name"), name="name", testid="profile-name", autocomplete="name", default_value=_S.person,
                key=_S.person, is_required=True, error=_problem("profile.name"),
            ),
            select(
                _("Language"), _S.languages, name="language", testid="profile-language", default_value=_S.language,
                key=_S.language, error=_problem("profile.language"),
            ),
            button(_("Save"), testid="profile-save", kind="submit"),
            on_submit=_S.save_profile,
            reset_on_submit=False,
            class_name="form",
        ),
        title=_("Profile"),
    )  # fmt: skip


def _password() -> rx.Component:
    return card(
        rx.el.form(
            _outcome("password", _("Password changed. Other devices have been logged out.")),
            _username(),
            _ask_password("password", _("Current password"), "old-password"),
            field(
                _("New password"), name="new_password", testid="new-password", kind="password",
                autocomplete="new-password", hint=_("At least ten characters. A few words work well."),
                is_required=True, error=_problem("password.new_password"),
            ),
            button(_("Change password"), testid="change-password", kind="submit"),
            on_submit=_S.change_password,
            reset_on_submit=True,
            class_name="form",
        ),
        title=_("Password"),
    )  # fmt: skip


def _second_factor() -> rx.Component:
    return card(
        rx.cond(
            _S.is_needed,
            notice(
                _("You are an operator. Turn on two-factor authentication to use operator tools."),
                testid="factor-needed",
                tone="warning",
            ),
        ),
        recovery_codes(
            rx.cond(
                _S.enrolling_secret != "",
                _enrolling(),
                rx.cond(_S.has_second_factor, _factor_on(), _factor_off()),
            ),
            words={
                "title": _("Two-factor authentication is on. Save these codes"),
                "hint": _("Each of these logs you in once if your phone is lost. We cannot show them again."),
                "kept": _("I have saved them"),
                "away": _("That did not work, and nothing was changed. Please try again."),
            },
            on_refused=_S.refuse_code,
            on_kept=_S.keep_codes,
        ),
        title=_("Two-factor authentication"),
        testid="second-factor",
        id="second-factor",
    )


def _factor_off() -> rx.Component:
    return rx.el.form(
        _outcome("factor", _("Two-factor authentication is off.")),
        rx.el.p(
            _("Log in with your password and a code from an app on your phone."),
            class_name="quiet",
        ),
        _username(),
        _ask_password("factor", _("Your password"), "factor-password"),
        button(_("Set up"), testid="factor-begin", kind="submit"),
        on_submit=_S.begin_second_factor,
        reset_on_submit=True,
        class_name="form",
    )


def _enrolling() -> rx.Component:
    return rx.el.form(
        rx.el.p(_("Scan this with your authenticator app, then enter the code it shows.")),
        rx.el.img(
            src=_S.enrolling_qr, alt=_("QR code for your authenticator app"), class_name="ticket-qr",
            custom_attrs={"width": 220, "height": 220}, data_testid="factor-qr",
        ),
        rx.el.p(
            _("Or enter this key:"), " ",
            rx.el.strong(_S.enrolling_secret, class_name="numeric", data_testid="factor-secret"),
            class_name="small",
        ),
        _code("factor", _("Code"), "factor-code"),
        rx.el.div(
            button(_("Turn on"), testid="factor-confirm", kind="submit", tone="primary"),
            button(_("Not now"), testid="factor-stop", tone="plain", on_click=_S.stop_enrolling),
            class_name="cluster",
        ),
        class_name="form",
        custom_attrs={"data-confirms": ""},
    )  # fmt: skip


def _factor_on() -> rx.Component:
    return rx.el.form(
        rx.el.p(
            badge(_("On"), tone="good", testid="factor-on"), " ",
            _("since {day}, with {count} recovery codes left.", day=_S.factor_since, count=_S.codes_left),
        ),
        _username(),
        _ask_password("factor", _("Your password"), "factor-password"),
        _code("factor", _("Code from your app, or a recovery code"), "factor-code", is_numeric=False),
        button(_("Turn off"), testid="factor-off", kind="submit", tone="danger"),
        on_submit=_S.switch_off_second_factor,
        reset_on_submit=True,
        class_name="form",
    )  # fmt: skip


def _log_ins() -> rx.Component:
    return card(
        _outcome("log-ins", _("Logged out of that device.")),
        rx.el.div(rx.foreach(_S.log_ins, _log_in), class_name="rows", data_testid="log-ins"),
        rx.cond(
            _S.is_elsewhere,
            button(_("Log out of all other devices"), testid="end-others", on_click=_S.end_other_log_ins),
        ),
        title=_("Where you are logged in"),
    )


def _log_in(row: rx.Var[LogInRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.p(rx.el.strong(row["device"])),
            rx.el.p(
                _("Since {started}, last seen {seen}", started=row["started"], seen=row["seen"]),
                class_name="small quiet",
            ),
            class_name="row-main",
        ),
        rx.cond(
            row["is_current"],
            badge(_("This device"), tone="good", testid="log-in-current"),
            button(
                _("Log out"), testid=f"end-{row['id']}", on_click=_S.end_log_in(row["id"]),
                aria_label=_("Log out {device}", device=row["device"]),
            ),
        ),
        class_name="row",
        data_testid=f"log-in-{row['id']}",
    )  # fmt: skip


def _data() -> rx.Component:
    return card(
        rx.el.p(_("All your data in one machine-readable file."), class_name="quiet"),
        link_button(_("Download my data"), "/api/v1/me/export", testid="export", icon_name="download", leaves_app=True),
        rx.el.p(
            _(
                "Deleting your account is permanent. Upcoming orders remain valid; we remove your name once they are over."
            ),
            class_name="quiet",
        ),
        button(_("Delete account"), testid="erase", tone="plain", icon_name="trash", on_click=_S.ask_to_leave),
        title=_("Your data"),
    )


def _leaving() -> rx.Component:
    return dialog(
        native_form(
            rx.el.p(_("Your name, address and sessions are deleted at once. This cannot be undone.")),
            rx.cond(_problem("erase") != "", notice(_problem("erase"), testid="erase-problem", tone="danger")),
            _username(),
            _ask_password("erase", _("Your password"), "erase-password"),
            rx.el.div(
                button(_("Keep it"), testid="erase-stay", on_click=_S.stay),
                button(_("Delete account"), testid="erase-confirm", tone="danger", kind="submit"),
                class_name="dialog-actions",
            ),
            action=f"{SESSION}/erase",
            class_name="form",
        ),
        title=_("Delete your account?"),
        is_open=_S.is_leaving,
        on_close=_S.stay,
        testid="erase-dialog",
    )


def forgot() -> rx.Component:
    return frame(
        rx.el.div(
            page_header(_("Forgot your password?"), lead=_("We'll e-mail you a link to set a new one.")),
            rx.cond(
                ResetState.is_sent,
                notice(
                    _(
                        "If an account with this address exists, a link is on its way. It is valid for {life}.",
                        life=datetimes.span(STEP_LIFE[Purpose.RESET]),
                    ),
                    title=_("Check your e-mail"),
                    testid="reset-sent",
                    tone="good",
                ),
                native_form(
                    _reset_problem(),
                    field(
                        _("E-mail"), name="email", testid="email", kind="email", autocomplete="username",
                        default_value=ResetState.email, key=ResetState.email, is_required=True, max_length=limits.LINE,
                    ),
                    button(_("Send link"), testid="submit", tone="primary", kind="submit"),
                    action=f"{SESSION}/forgot",
                    class_name="form",
                ),
            ),
            rx.el.p(rx.el.a(_("Back to log-in"), href=page_at("/login"), data_testid="to-login")),
            class_name="stack page-narrow",
        )
    )  # fmt: skip


def reset() -> rx.Component:
    return frame(
        rx.el.div(
            page_header(_("Set a new password")),
            rx.cond(ResetState.is_done, _reset_done(), _reset_form()),
            class_name="stack page-narrow",
        )
    )


def _reset_done() -> rx.Component:
    return notice(
        _("You have been logged out everywhere. Log in with your new password."),
        title=_("Password changed"),
        testid="reset-done",
        tone="good",
        action=link_button(_("Log in"), page_at("/login"), testid="reset-log-in", tone="primary"),
    )


def _reset_form() -> rx.Component:
    return rx.fragment(
        native_form(
            _reset_problem(),
            rx.el.input(type="hidden", name="token", value=ResetState.token, read_only=True),
            field(
                _("New password"), name="new_password", testid="new-password", kind="password",
                autocomplete="new-password", is_required=True,
                hint=_("At least ten characters, not your address, and not a common password."),
            ),
            button(_("Set password"), testid="submit", tone="primary", kind="submit"),
            action=f"{SESSION}/reset",
            class_name="form",
        ),
        rx.el.p(rx.el.a(_("Request a new link"), href=page_at("/forgot"), data_testid="to-forgot")),
    )  # fmt: skip


def _reset_problem() -> rx.Component:
    return rx.cond(ResetState.problem != "", notice(ResetState.problem, testid="problem", tone="danger"))


def verify() -> rx.Component:
    return frame(
        rx.cond(
            VerifyState.is_loading,
            rx.el.div(skeleton("title"), class_name="stack", role="status", aria_label=_("Loading")),
            rx.cond(
                VerifyState.email != "",
                empty_state(
                    _("Your address is confirmed"),
                    _("{email} is confirmed.", email=VerifyState.email),
                    is_page=True,
                    testid="verified",
                    action=link_button(
                        _("See what is on"), page_at("/browse"), testid="verified-browse", tone="primary"
                    ),
                ),
                empty_state(
                    _("This link has expired"),
                    _("It is too old or incomplete. Request another one on your account page."),
                    is_page=True,
                    testid="not-verified",
                    action=link_button(_("Go to my account"), page_at("/account"), testid="verify-account"),
                ),
            ),
        )
    )


def _username() -> rx.Component:
    """Tells password managers whose password is asked for."""
    return rx.el.input(
        type="text", name="username", auto_complete="username", value=_S.email, read_only=True, hidden=True
    )


def _ask_password(form: str, label: str, testid: str) -> rx.Component:
    return field(
        label, name="password", testid=testid, kind="password", autocomplete="current-password", is_required=True,
        error=_problem(f"{form}.password"),
    )  # fmt: skip


def _code(form: str, label: str, testid: str, *, is_numeric: bool = True) -> rx.Component:
    return field(
        label, name="code", testid=testid, autocomplete="one-time-code",
        input_mode="numeric" if is_numeric else "text", is_required=True, error=_problem(f"{form}.code"),
    )  # fmt: skip


def _outcome(form: str, good: str) -> rx.Component:
    """What became of the form the last time, where that is not said beside a field."""
    return rx.fragment(
        rx.cond(_S.done == form, notice(good, testid=f"{form}-done", tone="good")),
        rx.cond(_problem(form) != "", notice(_problem(form), testid=f"{form}-problem", tone="danger")),
    )


def _problem(where: str) -> Any:
    return _S.problems.get(where, "")
