"""The testers' lab."""

from __future__ import annotations

import reflex as rx
from babel.dates import format_timedelta

from marketplace.components.buttons import button
from marketplace.components.cards import card, stat
from marketplace.components.charts import bar_chart, share_list
from marketplace.components.feedback import empty_state, skeleton
from marketplace.components.forms import checkbox, field, select
from marketplace.components.labels import badge, chip, chips
from marketplace.components.progress import timeline
from marketplace.components.shell import dialog, page_header
from marketplace.components.values import Flag, Text, TimelineItem, sentence
from marketplace.i18n import LANGUAGES, _, locale
from marketplace.lab.figures import Period
from marketplace.lab.storm import MOST_BUYERS
from marketplace.pages.frame import frame
from marketplace.state.lab import (
    EmailRow,
    LabFiguresState,
    LabMailState,
    LabState,
    MailRow,
    PaymentRow,
    StormState,
)

_S = LabState

STEPS = (60, 900, 86_400, 604_800)
"""How far the clock can be moved, in seconds."""


def lab() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_loading,
            rx.el.div(skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=_("Loading")),
            rx.cond(_S.is_open, _benches(), _closed()),
        ),
        _email(),
        _asking(),
    )


def _closed() -> rx.Component:
    return empty_state(
        _("The lab is closed"),
        _("Set LAB to true to open it. It is always closed in production."),
        is_page=True,
        testid="lab-closed",
    )


def _benches() -> rx.Component:
    return rx.fragment(
        page_header(_("Lab"), lead=_("Control the payment simulator, move the clock, read the mail.")),
        rx.el.div(
            rx.el.div(_current_settings(), _forced_outcomes(), class_name="stack"),
            rx.el.div(_clock(), _fresh_start(), _books(), class_name="stack"),
            class_name="split-even",
        ),
        _figures(),
        rx.el.div(_mailbox(), _emails(), class_name="split-even"),
        _storm(),
    )


def _figures() -> rx.Component:
    return card(
        chips(
            *(
                chip(
                    label, testid=f"lab-period-{period}", is_on=LabFiguresState.period == period.value,
                    on_click=LabFiguresState.choose_period(period.value),
                )
                for period, label in ((Period.DAY, _("24 hours")), (Period.MONTH, _("30 days")))
            ),
            label=_("Period"),
        ),
        rx.el.div(
            stat(_("Success rate"), LabFiguresState.success_rate, testid="lab-rate", note=LabFiguresState.success_note),
            stat(_("Volume"), LabFiguresState.volume, testid="lab-volume"),
            stat(_("Average payment"), LabFiguresState.average, testid="lab-average"),
            stat(_("Our fees"), LabFiguresState.fees, testid="lab-fees"),
            class_name="stats",
            aria_live="polite",
        ),
        rx.cond(
            LabFiguresState.bars,
            rx.el.div(
                bar_chart(
                    LabFiguresState.bars, title=_("Payments over time"), top=LabFiguresState.bars_top, first=LabFiguresState.bars_first,
                    last=LabFiguresState.bars_last, when_head=_("From"), amount_head=_("Succeeded"),
                    other_head=_("Failed"), testid="lab-course",
                ),
                rx.cond(
                    LabFiguresState.declines,
                    share_list(LabFiguresState.declines, title=_("Why payments failed"), testid="lab-declines"),
                ),
                class_name="split-even",
            ),
            rx.el.p(_("No payments in this period."), class_name="quiet"),
        ),
        title=_("Payment analytics"),
        testid="lab-figures",
    )  # fmt: skip


def _storm() -> rx.Component:
    storm = StormState
    return card(
        rx.el.form(
            select(_("Listing"), storm.listings, name="listing", testid="storm-listing"),
            field(
                _("Buyers"), name="buyers", testid="storm-buyers", kind="number", default_value="100", min=1,
                max=MOST_BUYERS, input_mode="numeric",
            ),
            button(
                _("Start load test"), testid="storm-begin", kind="submit", tone="primary", is_busy=storm.is_raging
            ),
            on_submit=storm.begin,
            reset_on_submit=False,
            class_name="form-row form-row-end",
        ),
        rx.cond(
            storm.has_raged,
            rx.el.div(
                rx.el.div(
                    stat(_("Completed"), storm.served, testid="storm-served"),
                    stat(_("Rejected"), storm.refused, testid="storm-refused"),
                    stat(_("Seats held"), storm.held, testid="storm-held"),
                    stat(_("Seats sold"), storm.sold, testid="storm-sold"),
                    class_name="stats",
                ),
                bar_chart(
                    storm.bars, title=_("Seats sold"), top=storm.bars_top, first=_("begin"), last=storm.bars_last,
                    when_head=_("After"), amount_head=_("Seats sold"), testid="storm-course",
                ),
                rx.el.p(
                    storm.state_text,
                    " ",
                    rx.el.a(
                        _("Watch the seat map"), href=storm.listing_href, target="_blank", data_testid="storm-hall"
                    ),
                    role="status",
                    data_testid="storm-state",
                    data_raging=storm.is_raging,
                ),
                class_name="stack",
            ),
        ),
        title=_("On-sale load test"),
        testid="storm",
    )  # fmt: skip


def _current_settings() -> rx.Component:
    return card(
        rx.el.form(
            _number(_("Failure rate, percent"), "failure_percent", _S.failure_percent),
            _number(_("Processing time, seconds"), "processing", _S.processing),
            _number(_("Duplicate webhooks"), "duplicates", _S.duplicates),
            _number(_("Webhook delay, seconds"), "delay", _S.delay),
            _box(_("Out of order"), "reorder", _S.does_reorder),
            _box(_("Dropped"), "drop", _S.does_drop),
            _box(_("Forged copies"), "forge", _S.does_forge),
            button(_("Save"), testid="lab-keep", kind="submit", tone="primary"),
            on_submit=_S.change,
            reset_on_submit=False,
            class_name="form",
        ),
        title=_("Simulator settings"),
    )


def _box(label: str, name: str, is_on: Flag) -> rx.Component:
    # Left to the browser until it is sent: a box that waits for the server springs back under the finger.
    return checkbox(label, name=name, testid=f"lab-{name}", default_checked=is_on, key=f"{name}{is_on}")


def _number(label: str, name: str, value: Text) -> rx.Component:
    return field(
        label,
        name=name,
        testid=f"lab-{name.replace('_', '-')}",
        input_mode="decimal",
        default_value=value,
        key=f"{name}{value}",
    )


def _forced_outcomes() -> rx.Component:
    return card(
        rx.el.p(
            *sentence(
                _("Waiting: {outcomes}"),
                outcomes=rx.cond(_S.forced_outcomes_text, _S.forced_outcomes_text, _("none")),
            ),
            data_testid="lab-forced-outcomes",
        ),
        rx.el.div(
            rx.foreach(
                _S.known_outcomes,
                lambda outcome: chip(outcome, testid=f"lab-outcome-{outcome}", on_click=_S.decide(outcome)),
            ),
            class_name="cluster",
        ),
        button(_("Clear queue"), testid="lab-clear-outcomes", tone="plain", on_click=_S.clear_forced_outcomes),
        title=_("Next payment outcome"),
    )


def _clock() -> rx.Component:
    return card(
        rx.el.p(rx.el.strong(_S.clock_text), " · ", _S.ahead_text, data_testid="lab-clock"),
        rx.el.div(
            *(
                button(
                    f"+ {format_timedelta(seconds, threshold=1, locale=locale())}",
                    testid=f"lab-step-{seconds}",
                    on_click=_S.step(seconds),
                )
                for seconds in STEPS
            ),
            button(_("Real time"), testid="lab-clock-reset", tone="plain", on_click=_S.reset_clock),
            class_name="cluster",
        ),
        title=_("Clock"),
    )


def _fresh_start() -> rx.Component:
    return card(
        rx.el.p(_("Reset the demo data to its first state.")),
        button(_("Reset demo data…"), testid="lab-fresh-start", tone="danger", on_click=_S.ask_for_fresh_start),
        title=_("Reset"),
    )


def _asking() -> rx.Component:
    return dialog(
        rx.el.ul(
            rx.el.li(_("All accounts, sessions, shops and listings are deleted, yours too. Demo accounts are restored.")),
            rx.el.li(_("All orders, tickets, payments, holds and e-mails are deleted. Demo listings and orders are restored.")),
            rx.el.li(_("Simulator settings and the clock are reset.")),
            class_name="stack stack-tight bullets",
        ),
        rx.el.p(_("It takes a few seconds and cannot be undone.")),
        title=_("Reset demo data?"),
        is_open=_S.is_asking,
        on_close=_S.keep_world,
        testid="lab-fresh-start-dialog",
        actions=[
            button(_("Cancel"), testid="lab-fresh-start-keep", on_click=_S.keep_world),
            button(
                _("Reset"), testid="lab-fresh-start-confirm", tone="danger", on_click=_S.start_anew,
                is_busy=_S.is_starting_anew,
            ),
        ],
    )  # fmt: skip


def _books() -> rx.Component:
    return card(
        rx.cond(_S.payments, rx.foreach(_S.payments, _payment), rx.el.p(_("No payments yet."), class_name="quiet")),
        button(_("Refresh"), testid="lab-look", on_click=[_S.load, LabFiguresState.load, LabMailState.load]),
        title=_("Payments"),
    )


def _payment(row: rx.Var[PaymentRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            row["amount"], " ", badge(row["status"], tone=row["tone"]), " ", row["label"], " ", row["at_text"]
        ),
        timeline(row["trail"].to(list[TimelineItem]), testid=f"lab-trail-{row['id']}"),
        rx.el.p(
            _("{payment} for {booking}", payment=row["id"], booking=row["booking"]), class_name="small quiet numeric"
        ),
        data_testid=f"lab-payment-{row['id']}",
        key=row["id"],
    )


def _mailbox() -> rx.Component:
    return card(
        rx.cond(
            LabMailState.mails,
            rx.el.ul(rx.foreach(LabMailState.mails, _mail), class_name="plain-list", data_testid="lab-mailbox"),
            rx.el.p(_("No mail yet."), class_name="quiet"),
        ),
        title=_("Mailbox"),
    )


def _mail(row: rx.Var[MailRow]) -> rx.Component:
    return rx.el.li(
        button(
            row["subject"], testid=f"lab-mail-{row['id']}", tone="plain", on_click=LabMailState.open_mail(row["id"])
        ),
        rx.el.span(row["to"], " · ", row["at_text"], " · ", row["status"], class_name="small quiet"),
        key=row["id"],
    )


def _emails() -> rx.Component:
    return card(
        rx.el.p(_("Every notification with sample data. Nothing is sent.")),
        chips(
            *(
                chip(
                    name,
                    testid=f"lab-emails-{code}",
                    is_on=LabMailState.language == code,
                    on_click=LabMailState.show_emails(code),
                )
                for code, name in LANGUAGES.items()
            ),
            label=_("Language"),
        ),
        rx.el.ul(rx.foreach(LabMailState.emails, _sample), class_name="plain-list", data_testid="lab-emails"),
        title=_("Preview notifications"),
    )


def _sample(row: rx.Var[EmailRow]) -> rx.Component:
    return rx.el.li(
        button(
            row["subject"],
            testid=f"lab-sample-{row['kind']}",
            tone="plain",
            on_click=LabMailState.open_email(row["kind"]),
        ),
        rx.el.span(row["kind"], class_name="small quiet"),
        key=row["kind"],
    )


def _email() -> rx.Component:
    return dialog(
        chips(
            *(
                chip(
                    name,
                    testid=f"lab-email-{form}",
                    is_on=LabMailState.mail_form == form,
                    on_click=LabMailState.show_mail_as(form),
                )
                for form, name in (("html", _("HTML")), ("text", _("Text")))
            ),
            label=_("Format"),
        ),
        rx.cond(
            LabMailState.mail_form == "text",
            rx.el.pre(
                LabMailState.mail_text, class_name="email email-text", tab_index=0, data_testid="lab-email-plain"
            ),
            # An email may carry anything that a seller wrote: no script of it runs, and it leaves by new windows only.
            rx.el.iframe(
                src_doc=LabMailState.mail_html, sandbox="allow-popups", title=_("The mail"), class_name="email"
            ),
        ),
        title=LabMailState.mail_subject,
        is_open=LabMailState.mail_html != "",
        on_close=LabMailState.close_mail,
        testid="lab-email",
    )
