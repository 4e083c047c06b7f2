"""The viewer's account: what they are called, how they log in, where they are logged in, what we know of them."""

from __future__ import annotations

import base64
from typing import Any

import reflex as rx
from typing_extensions import TypedDict

from marketplace import clock, datetimes
from marketplace.accounts import actions as accounts
from marketplace.accounts import codes, devices, queries, throttle
from marketplace.accounts.views import AccountView, LoginView, SecondFactorView
from marketplace.components.values import Choice
from marketplace.db import transaction
from marketplace.errors import HoldfastError, Invalid
from marketplace.i18n import LANGUAGES, _, page_at
from marketplace.ids import SessionId
from marketplace.state.viewer import ViewerState, actor_of, fetch_cookies, typed, zone_of


class LogInRow(TypedDict):
    id: str
    device: str
    started: str
    seen: str
    is_current: bool


class AccountState(rx.State):
    """`problems` holds what is wrong, by form (“password”) or by form and field (“password.new_password”)."""

    is_loading: bool = True
    is_erased: bool = False
    email: str = ""
    is_verified: bool = False
    is_link_sent: bool = False
    person: str = ""
    language: str = ""
    languages: list[Choice] = []  # noqa: RUF012 - a Reflex var
    log_ins: list[LogInRow] = []  # noqa: RUF012
    is_elsewhere: bool = False
    problems: dict[str, str] = {}  # noqa: RUF012
    done: str = ""
    """The form that has just gone well."""

    has_second_factor: bool = False
    factor_since: str = ""
    codes_left: int = 0
    is_needed: bool = False
    """An operator, who may do nothing as one without it."""

    enrolling_secret: str = ""
    enrolling_qr: str = ""
    is_leaving: bool = False

    @rx.event
    async def load(self) -> None:
        """Runs again after a lost connection, so what is half done stays."""
        asked = self.router.url.query_parameters
        self.is_loading, self.problems, self.done = not self.email, {}, ""
        self.is_erased = asked.get("erased", "") == "1"
        code = asked.get("problem", "")
        if code:
            self.problems, self.is_leaving = {"erase": _why_not_erased(code)}, True
        if (await self.get_state(ViewerState)).is_signed_in:
            await self._look_again()
        else:
            self.email, self.person, self.log_ins, self.is_leaving = "", "", [], False
            self.enrolling_secret, self.enrolling_qr = "", ""
        self.is_loading = False

    @rx.event
    async def save_profile(self, form: dict[str, Any]) -> None:
        name, language = str(form.get("name", "")), str(form.get("language", ""))
        try:
            async with transaction() as session:
                mine = await accounts.change_profile(
                    session, await actor_of(self), name=name, language=language, now=clock.now()
                )
        except Invalid as refused:
            self._refuse("profile", refused)
            return
        (await self.get_state(ViewerState)).name = mine.name
        self._show(mine)
        self._succeed("profile")

    @rx.event
    async def send_verification(self) -> None:
        actor = await actor_of(self)
        await throttle.hit("verification", actor.must_have_account(), "5/hour")
        async with transaction() as session:
            await accounts.ask_to_verify(session, actor, clock.now())
        self.is_link_sent = True

    @rx.event
    async def change_password(self, form: dict[str, Any]) -> None:
        actor = await actor_of(self)
        try:
            await throttle.guess(actor.must_have_account())
            async with transaction() as session:
                await accounts.change_password(
                    session, actor, password=str(form.get("password", "")),
                    new_password=str(form.get("new_password", "")), now=clock.now(),
                )  # fmt: skip
        except HoldfastError as refused:
            self._refuse("password", refused)
            return
        await self._look_again()
        self._succeed("password")

    @rx.event
    async def begin_second_factor(self, form: dict[str, Any]) -> None:
        actor = await actor_of(self)
        try:
            await throttle.guess(actor.must_have_account())
            async with transaction() as session:
                begun = await accounts.begin_second_factor(
                    session, actor, password=str(form.get("password", "")), now=clock.now()
                )
        except HoldfastError as refused:
            self._refuse("factor", refused)
            return
        self.problems = {}
        secret = begun.secret
        self.enrolling_secret = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        self.enrolling_qr = f"data:image/svg+xml;base64,{base64.b64encode(codes.qr_svg(begun.uri).encode()).decode()}"

    @rx.event
    def refuse_code(self, why: str) -> None:
        """The API has not taken the first code. It is asked by the page itself: recovery codes pass through no State."""
        self.problems, self.done = {"factor.code": why}, ""

    @rx.event
    def stop_enrolling(self) -> None:
        self.enrolling_secret, self.enrolling_qr, self.problems = "", "", {}

    @rx.event
    async def keep_codes(self) -> None:
        """They are written down. The tokens of this log-in come anew, now that it has shown the second factor."""
        self.enrolling_secret, self.enrolling_qr = "", ""
        await fetch_cookies(self, page_at("/account"))

    @rx.event
    async def switch_off_second_factor(self, form: dict[str, Any]) -> None:
        actor = await actor_of(self)
        try:
            await throttle.guess(actor.must_have_account())
            async with transaction() as session:
                await accounts.switch_off_second_factor(
                    session, actor, password=str(form.get("password", "")), code=str(form.get("code", "")),
                    now=clock.now(),
                )  # fmt: skip
        except HoldfastError as refused:
            self._refuse("factor", refused)
            return
        await self._look_again()
        self._succeed("factor")

    @rx.event
    async def end_log_in(self, id: str) -> None:
        async with transaction() as session:
            await accounts.end_log_in(session, await actor_of(self), SessionId(id), clock.now())
        await self._look_again()
        self._succeed("log-ins")

    @rx.event
    async def end_other_log_ins(self) -> None:
        async with transaction() as session:
            await accounts.end_other_log_ins(session, await actor_of(self), clock.now())
        await self._look_again()
        self._succeed("log-ins")

    @rx.event
    def ask_to_leave(self) -> None:
        self.is_leaving = True

    @rx.event
    def stay(self) -> None:
        self.is_leaving = False

    async def _look_again(self) -> None:
        now, actor = clock.now(), await actor_of(self)
        async with transaction(reading=True) as session:
            mine = await queries.own_view(session, actor, now)
            factor = await queries.second_factor_view(session, actor, now)
            rows = await queries.log_ins(session, actor, now)
        self._show(mine)
        self._show_factor(mine, factor)
        self.log_ins, self.is_elsewhere = [self._row(row) for row in rows], len(rows) > 1

    def _show(self, mine: AccountView) -> None:
        self.email, self.person, self.language = mine.email, mine.name, mine.language
        self.is_verified = mine.verified_at is not None
        self.languages = [
            Choice(value="", label=_("Browser default")),
            *(Choice(value=code, label=name) for code, name in LANGUAGES.items()),
        ]

    def _show_factor(self, mine: AccountView, factor: SecondFactorView) -> None:
        self.has_second_factor, self.codes_left = factor.is_on, factor.recovery_codes
        self.factor_since = "" if factor.since is None else datetimes.short(factor.since, zone_of(self))
        self.is_needed = mine.is_operator and not factor.is_on
        if factor.is_on:
            self.enrolling_secret, self.enrolling_qr = "", ""

    def _row(self, row: LoginView) -> LogInRow:
        return LogInRow(
            id=row.id, device=_device(row.device), started=datetimes.short(row.started_at, zone_of(self)),
            seen=datetimes.short(row.seen_at, zone_of(self)), is_current=row.is_current,
        )  # fmt: skip

    def _refuse(self, form: str, refused: HoldfastError) -> None:
        errors = refused.errors if isinstance(refused, Invalid) else []
        self.problems = {f"{form}.{field_error.field}": field_error.message for field_error in errors} or {
            form: refused.message
        }
        self.done = ""

    def _succeed(self, form: str) -> None:
        self.problems, self.done = {}, form


class ResetState(rx.State):
    """Asking for a new password, and setting it: filled from the address, which the browser's own forms lead back to."""

    problem: str = ""
    email: str = ""
    token: str = ""
    is_sent: bool = False
    is_done: bool = False

    @rx.event
    def open_form(self) -> None:
        asked = self.router.url.query_parameters
        code = asked.get("problem", "")
        self.problem = _why_not_reset(code) if code else ""
        self.email, self.token = typed(self, "email"), asked.get("token", "")
        self.is_sent, self.is_done = asked.get("sent", "") == "1", asked.get("done", "") == "1"


class VerifyState(rx.State):
    """The link in a mail has been followed."""

    is_loading: bool = True
    email: str = ""
    """The address that is confirmed now; empty where the link was not good."""

    @rx.event
    async def load(self) -> None:
        self.is_loading, self.email = True, ""
        try:
            async with transaction() as session:
                token = self.router.url.query_parameters.get("token", "")
                self.email = (await accounts.verify(session, token, clock.now())).email
        except HoldfastError:
            self.email = ""
        self.is_loading = False


def _device(user_agent: str) -> str:
    browser, system = devices.recognise(user_agent)
    if browser and system:
        return _("{browser} on {system}", browser=browser, system=system)
    return browser or system or _("Unknown device")


def _why_not_erased(code: str) -> str:
    return {
        "wrong_password": _("Wrong password. Nothing was deleted."),
        "shop_still_open": _("You are the only owner of a shop. Ask us to close it; then we can delete your account."),
        "too_many_requests": _("Too many attempts. Please try again in a minute."),
    }.get(code) or _("That did not work, and nothing was erased. Please try again.")


def _why_not_reset(code: str) -> str:
    return {
        "invalid": _("Please check this."),
        "token_refused": _("This link has been used or has expired. Request a new one."),
        "too_many_requests": _("Too many attempts. Please try again later."),
        "cross_site": _("The form has expired. Please send it again."),
    }.get(code) or _("That did not work, and nothing was changed. Please try again.")
