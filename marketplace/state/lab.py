"""The testers' lab on one page: how the simulated provider behaves, what it did, the mailbox, the clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import reflex as rx
from typing_extensions import TypedDict

from marketplace import clock, datetimes, settings
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import ListingFilters
from marketplace.components.values import Bar, Choice, Share, TimelineItem, Tone
from marketplace.db import transaction
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _, ngettext, page_at, spoken
from marketplace.ids import ListingId, MailId
from marketplace.lab import email_previews, fresh_start, storm, time_machine
from marketplace.lab.figures import Period, figures
from marketplace.lab.gate import LabClosed, must_be_open
from marketplace.notifications import queries as mailbox
from marketplace.notifications.views import MailStatus
from marketplace.payments import actions as payments
from marketplace.payments import queries as payment_queries
from marketplace.payments.gateway import WebhookFaults
from marketplace.payments.status import PaymentStatus
from marketplace.payments.views import Decided, PaymentView
from marketplace.state import charts, formatting, loops
from marketplace.state.charts import Point
from marketplace.state.viewer import fetch_cookies, tell, zone_of

PROVIDER = "simulator"
SHOWN = 25
STORM_SHOWN_EVERY = 0.7
MOST_BARS = 60

_TONES: dict[PaymentStatus, Tone] = {
    PaymentStatus.SUCCEEDED: "good",
    PaymentStatus.FAILED: "danger",
    PaymentStatus.CANCELED: "neutral",
    PaymentStatus.UNKNOWN: "warning",
}


class PaymentRow(TypedDict):
    id: str
    booking: str
    label: str
    amount: str
    status: str
    tone: Tone
    at_text: str
    trail: list[TimelineItem]


class MailRow(TypedDict):
    id: str
    subject: str
    to: str
    status: str
    at_text: str


class EmailRow(TypedDict):
    kind: str
    subject: str


class StormState(rx.State):
    """An on-sale storm, followed while it rages."""

    listings: list[Choice] = []  # noqa: RUF012 - a Reflex var
    listing_href: str = ""
    is_raging: bool = False
    has_raged: bool = False
    state_text: str = ""
    served: str = ""
    refused: str = ""
    held: str = ""
    sold: str = ""
    bars: list[Bar] = []  # noqa: RUF012
    bars_top: str = ""
    bars_last: str = ""

    @rx.event
    async def load(self) -> AsyncIterator[Any]:
        try:
            found = await storm.show()
        except LabClosed:
            return
        async with transaction(reading=True) as session:
            page = await catalog.listing_cards(session, ListingFilters(only_available=True), clock.now(), limit=100)
        self.listings = [Choice(value=card.id, label=f"{card.title} · {card.city}") for card in page.items]
        self._show(found)
        if self.is_raging:
            yield StormState.follow

    @rx.event
    async def begin(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        await storm.begin(ListingId(str(form.get("listing", ""))), int(_number(form, "buyers")))
        self._show(await storm.show())
        yield StormState.follow

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show how it goes until it is over."""
        async with self:
            tab = self.router.session.session_id
        with loops.begun("storm", tab, "") as loop:
            while loop is not None and await loop.goes_on(after=STORM_SHOWN_EVERY):
                found = await storm.show()
                async with self:
                    self._show(found)
                if found is None or found.is_over:
                    return

    def _show(self, found: storm.Storm | None) -> None:
        self.has_raged = found is not None
        if found is None:
            return
        self.is_raging, self.listing_href = not found.is_over, page_at(f"/l/{found.listing_id}")
        self.state_text = _how_it_goes(found)
        self.served = _("{served} of {buyers}", served=found.served, buyers=found.buyers)
        self.refused, self.held, self.sold = str(found.refused), str(found.held), str(found.sold)
        course = found.course[:: max(1, len(found.course) // MOST_BARS)] or found.course
        highest = max((moment.held for moment in course), default=0)
        self.bars = charts.bars(
            [Point(_("{seconds} s", seconds=moment.seconds), moment.sold, str(moment.sold)) for moment in course],
            top=highest,
        )
        self.bars_top = _("{count} seats held", count=highest)
        self.bars_last = self.bars[-1]["label"] if self.bars else ""


def _how_it_goes(found: storm.Storm) -> str:
    if not found.is_over:
        return _("Running.")
    unpaid = found.held - found.sold
    if not found.held:
        return _("Finished. No seats were held.")
    if not unpaid:
        return _("Finished. Every held seat was sold.")
    return ngettext(
        "Finished. {count} held seat is unpaid.",
        "Finished. {count} held seats are unpaid.",
        unpaid,
    )


class LabState(rx.State):
    """Every handler asks first whether the lab is open."""

    is_open: bool = False
    is_loading: bool = True
    failure_percent: str = ""
    processing: str = ""
    duplicates: str = ""
    delay: str = ""
    does_reorder: bool = False
    does_drop: bool = False
    does_forge: bool = False
    forced_outcomes_text: str = ""
    known_outcomes: list[str] = []  # noqa: RUF012 - a Reflex var
    payments: list[PaymentRow] = []  # noqa: RUF012
    clock_text: str = ""
    ahead_text: str = ""
    is_asking: bool = False
    """Whether everything shall go."""

    is_starting_anew: bool = False

    @rx.event
    async def load(self) -> None:
        try:
            must_be_open()
        except LabClosed:
            self.is_open, self.is_loading = False, False
            return
        self.is_open = True
        self.is_asking = False
        await self._show_habits()
        async with transaction(reading=True) as session:
            history = await payment_queries.history(session, limit=SHOWN)
        self.payments = [_row(payment, zone_of(self)) for payment in history.items]
        self._show_clock()
        self.is_loading = False

    @rx.event
    async def change(self, form: dict[str, Any]) -> None:
        """Keep how the provider shall behave from now on."""
        must_be_open()
        simulator_settings = await payments.simulator_settings(PROVIDER)
        changed = replace(
            simulator_settings,
            failure_rate=_number(form, "failure_percent") / 100,
            processing_seconds=_number(form, "processing"),
            faults=WebhookFaults(
                duplicates=int(_number(form, "duplicates")), delay_seconds=_number(form, "delay"),
                reorder="reorder" in form, drop="drop" in form, forge="forge" in form,
            ),
        )  # fmt: skip
        await payments.change_simulator_settings(PROVIDER, changed, clock.now())
        await self._show_habits()
        await tell(self, _("Saved. Applies from the next payment."))

    @rx.event
    async def decide(self, outcome: str) -> None:
        """Decide the next payment that is not decided yet."""
        must_be_open()
        await payments.force_outcome(PROVIDER, outcome)
        await self._show_habits()

    @rx.event
    async def clear_forced_outcomes(self) -> None:
        must_be_open()
        await payments.change_simulator_settings(
            PROVIDER, replace(await payments.simulator_settings(PROVIDER), forced_outcomes=()), clock.now()
        )
        await self._show_habits()

    @rx.event
    async def step(self, seconds: int) -> None:
        """Let time go past."""
        await time_machine.advance(timedelta(seconds=int(seconds)))
        self._show_clock()

    @rx.event
    async def reset_clock(self) -> None:
        await time_machine.reset()
        self._show_clock()

    @rx.event
    def ask_for_fresh_start(self) -> None:
        """Say first what goes."""
        self.is_asking = True

    @rx.event
    def keep_world(self) -> None:
        self.is_asking = False

    @rx.event(background=True)
    async def start_anew(self) -> None:
        """Put the world back to its beginning, and go home: nobody's log-in is left."""
        async with self:
            self.is_starting_anew = True
        try:
            # It takes longer than a State may be locked.
            await fresh_start.make()
            async with self:
                await fetch_cookies(self, page_at("/"))
        finally:
            async with self:
                self.is_asking = self.is_starting_anew = False

    async def _show_habits(self) -> None:
        simulator_settings = await payments.simulator_settings(PROVIDER)
        self.failure_percent, self.processing = (
            f"{simulator_settings.failure_rate * 100:g}",
            f"{simulator_settings.processing_seconds:g}",
        )
        self.duplicates, self.delay = (
            str(simulator_settings.faults.duplicates),
            f"{simulator_settings.faults.delay_seconds:g}",
        )
        self.does_reorder, self.does_drop, self.does_forge = (
            simulator_settings.faults.reorder, simulator_settings.faults.drop, simulator_settings.faults.forge,
        )  # fmt: skip
        self.forced_outcomes_text, self.known_outcomes = (
            ", ".join(simulator_settings.forced_outcomes),
            list(payments.known_outcomes(PROVIDER)),
        )

    def _show_clock(self) -> None:
        self.clock_text = datetimes.exact(clock.now(), zone_of(self))
        self.ahead_text = (
            _("{time} ahead of real time", time=_span(clock.offset())) if clock.offset() else _("real time")
        )


class LabFiguresState(rx.State):
    """How payments have gone over a period."""

    period: str = Period.DAY.value
    bars: list[Bar] = []  # noqa: RUF012
    bars_top: str = ""
    bars_first: str = ""
    bars_last: str = ""
    declines: list[Share] = []  # noqa: RUF012
    success_rate: str = ""
    success_note: str = ""
    volume: str = ""
    average: str = ""
    fees: str = ""

    @rx.event
    async def load(self) -> None:
        if settings.current().lab_is_open:
            await self._show_figures()

    @rx.event
    async def choose_period(self, period: str) -> None:
        if period in set(Period):
            self.period = period
            await self._show_figures()

    async def _show_figures(self) -> None:
        found = await figures(Period(self.period), zone_of(self), clock.now())
        totals = found.totals
        self.success_rate = (
            "–" if totals.success_rate is None else formatting.share_text(round(totals.success_rate * 100) * 100)
        )
        self.success_note = _(
            "{good} succeeded, {bad} failed, {open} open", good=totals.succeeded, bad=totals.failed,
            open=totals.started - totals.succeeded - totals.failed,
        )  # fmt: skip
        self.volume, self.average, self.fees = (
            formatting.amounts_text(amounts, "–")
            for amounts in (
                [volume.total for volume in totals.volumes],
                [volume.average for volume in totals.volumes],
                found.fees,
            )
        )
        self.bars = charts.bars([self._point(part) for part in found.course]) if totals.started else []
        self.bars_first, self.bars_last = (self.bars[0]["label"], self.bars[-1]["label"]) if self.bars else ("", "")
        most = max(part.succeeded + part.failed for part in found.course)
        self.bars_top = ngettext("{count} payment", "{count} payments", most)
        self.declines = [
            Share(
                label=decline.reason.in_short if decline.reason else PaymentStatus.CANCELED.label,
                text=str(decline.payments), percent=round(100 * decline.payments / totals.failed, 2),
            )
            for decline in totals.declines
        ]  # fmt: skip

    def _point(self, part: Decided) -> Point:
        label = datetimes.brief if self.period == Period.DAY else datetimes.weekday
        return Point(
            label(part.since, zone_of(self)), part.succeeded, str(part.succeeded), part.failed, str(part.failed)
        )


class LabMailState(rx.State):
    """The mailbox, every email that we write, and the one that is open."""

    mails: list[MailRow] = []  # noqa: RUF012
    emails: list[EmailRow] = []  # noqa: RUF012
    language: str = ""
    """The one that the emails are shown in."""

    mail_subject: str = ""
    mail_html: str = ""
    mail_text: str = ""
    mail_form: str = "html"
    """In which form the open mail is shown: html or text."""

    @rx.event
    async def load(self) -> None:
        if not settings.current().lab_is_open:
            return
        self._open("", "", "")
        async with transaction(reading=True) as session:
            mails = await mailbox.mailbox(session, SHOWN)
        self.mails = [
            MailRow(
                id=mail.id, subject=mail.subject, to=mail.to, status=_mail_status(mail.status),
                at_text=datetimes.exact(mail.created_at, zone_of(self)),
            )
            for mail in mails.items
        ]  # fmt: skip
        self.show_emails(self.language or spoken())

    @rx.event
    async def open_mail(self, id: str) -> None:
        must_be_open()
        async with transaction(reading=True) as session:
            mail = await mailbox.mail(session, MailId(id))
        self._open(mail.card.subject, mail.html, mail.text)

    @rx.event
    def show_emails(self, language: str) -> None:
        """Every email that we write, in this language."""
        found = email_previews.samples(language, clock.now())
        self.language, self.emails = language, [EmailRow(kind=one.kind, subject=one.subject) for one in found]

    @rx.event
    def open_email(self, kind: str) -> None:
        email = email_previews.sample(kind, self.language, clock.now())
        self._open(email.subject, email.html, email.text)

    @rx.event
    def show_mail_as(self, form: str) -> None:
        self.mail_form = form

    @rx.event
    def close_mail(self) -> None:
        self._open("", "", "")

    def _open(self, subject: str, html: str, text: str) -> None:
        self.mail_subject, self.mail_html, self.mail_text, self.mail_form = subject, html, text, "html"


def _mail_status(status: MailStatus) -> str:
    return {
        MailStatus.WAITING: _("pending"), MailStatus.SENT: _("sent"), MailStatus.KEPT: _("local mailbox"),
        MailStatus.FAILED: _("failed"),
    }[status]  # fmt: skip


def _row(payment: PaymentView, zone: str) -> PaymentRow:
    return PaymentRow(
        id=payment.id, booking=payment.booking_id, label=payment.method_label or payment.provider,
        amount=payment.amount.text(), status=payment.status.label,
        tone=_TONES.get(payment.status, "accent"), at_text=datetimes.exact(payment.created_at, zone),
        trail=[
            TimelineItem(
                label=step.label, detail=step.detail, at=step.at.isoformat(), at_text=datetimes.exact(step.at, zone)
            )
            for step in payment.steps
        ],
    )  # fmt: skip


def _span(time: timedelta) -> str:
    """“26:15:00”: hours, minutes and seconds."""
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _number(form: dict[str, Any], name: str) -> float:
    try:
        return float(str(form.get(name, "")).replace(",", "."))
    except ValueError:
        raise Invalid(
            _("“{text}” is not a number.", text=form.get(name)), [FieldError(name, _("Give a number."))]
        ) from None
