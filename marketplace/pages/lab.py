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
from marketplace.lab.figures import Period
from marketplace.lab.storm import MOST_BUYERS
from marketplace.pages.frame import frame
from marketplace.state.lab import LabState, LetterRow, MailRow, PaymentRow, StormState
from marketplace.words import LANGUAGES, locale, say

_S = LabState

STEPS = (60, 900, 86_400, 604_800)
"""How far the clock can be moved, in seconds."""


def lab() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_loading,
            rx.el.div(
                skeleton("title"), skeleton("block"), class_name="stack", role="status", aria_label=say("Loading")
            ),
            rx.cond(_S.is_open, _benches(), _closed()),
        ),
        _letter(),
        _asking(),
    )


def _closed() -> rx.Component:
    return empty_state(
        say("The lab is closed here"),
        say("It opens where LAB is set to true, and never in production."),
        is_page=True,
        testid="lab-closed",
    )


def _benches() -> rx.Component:
    return rx.fragment(
        page_header(say("Lab"), lead=say("Decide what the simulated provider does, move the clock, read the mail.")),
        rx.el.div(
            rx.el.div(_habits(), _fates(), class_name="stack"),
            rx.el.div(_clock(), _fresh_start(), _books(), class_name="stack"),
            class_name="split-even",
        ),
        _figures(),
        rx.el.div(_mailbox(), _letters(), class_name="split-even"),
        _storm(),
    )


def _figures() -> rx.Component:
    return card(
        chips(
            *(
                chip(
                    label, testid=f"lab-period-{period}", is_on=_S.period == period.value,
                    on_click=_S.choose_period(period.value),
                )
                for period, label in ((Period.DAY, say("24 hours")), (Period.MONTH, say("30 days")))
            ),
            label=say("Period"),
        ),
        rx.el.div(
            stat(say("Success rate"), _S.success_rate, testid="lab-rate", note=_S.success_note),
            stat(say("Volume"), _S.volume, testid="lab-volume"),
            stat(say("Average payment"), _S.average, testid="lab-average"),
            stat(say("Our fees"), _S.fees, testid="lab-fees"),
            class_name="stats",
            aria_live="polite",
        ),
        rx.cond(
            _S.bars,
            rx.el.div(
                bar_chart(
                    _S.bars, title=say("Payments over time"), top=_S.bars_top, first=_S.bars_first,
                    last=_S.bars_last, when_head=say("From"), amount_head=say("Succeeded"),
                    other_head=say("Failed"), testid="lab-course",
                ),
                rx.cond(_S.declines, share_list(_S.declines, title=say("Why payments failed"), testid="lab-declines")),
                class_name="split-even",
            ),
            rx.el.p(say("No payments in this time."), class_name="quiet"),
        ),
        title=say("Payments in figures"),
        testid="lab-figures",
    )  # fmt: skip


def _storm() -> rx.Component:
    storm = StormState
    return card(
        rx.el.form(
            select(say("Listing"), storm.listings, name="listing", testid="storm-listing"),
            field(
                say("Buyers"), name="buyers", testid="storm-buyers", kind="number", default_value="100", min=1,
                max=MOST_BUYERS, input_mode="numeric",
            ),
            button(
                say("Let them loose"), testid="storm-begin", kind="submit", tone="primary", is_busy=storm.is_raging
            ),
            on_submit=storm.begin,
            reset_on_submit=False,
            class_name="form-row form-row-end",
        ),
        rx.cond(
            storm.has_raged,
            rx.el.div(
                rx.el.div(
                    stat(say("Buyers served"), storm.served, testid="storm-served"),
                    stat(say("Turned away"), storm.refused, testid="storm-refused"),
                    stat(say("Seats held"), storm.held, testid="storm-held"),
                    stat(say("Seats sold"), storm.sold, testid="storm-sold"),
                    class_name="stats",
                ),
                bar_chart(
                    storm.bars, title=say("Seats sold"), top=storm.bars_top, first=say("begin"), last=storm.bars_last,
                    when_head=say("After"), amount_head=say("Seats sold"), testid="storm-course",
                ),
                rx.el.p(
                    storm.state_text,
                    " ",
                    rx.el.a(
                        say("See its hall fill up"), href=storm.listing_href, target="_blank", data_testid="storm-hall"
                    ),
                    role="status",
                    data_testid="storm-state",
                    data_raging=storm.is_raging,
                ),
                class_name="stack",
            ),
        ),
        title=say("An on-sale storm"),
        testid="storm",
    )  # fmt: skip


def _habits() -> rx.Component:
    return card(
        rx.el.form(
            _number(say("Fails by chance, in percent"), "failure_percent", _S.failure_percent),
            _number(say("A payment takes, in seconds"), "processing", _S.processing),
            _number(say("Webhooks sent more often, times"), "duplicates", _S.duplicates),
            _number(say("Webhooks late, in seconds"), "delay", _S.delay),
            _box(say("Out of order"), "reorder", _S.does_reorder),
            _box(say("Never sent"), "drop", _S.does_drop),
            _box(say("With a forged twin"), "forge", _S.does_forge),
            button(say("Keep"), testid="lab-keep", kind="submit", tone="primary"),
            on_submit=_S.change,
            reset_on_submit=False,
            class_name="form",
        ),
        title=say("How the provider behaves"),
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


def _fates() -> rx.Component:
    return card(
        rx.el.p(
            *sentence(say("Waiting: {fates}"), fates=rx.cond(_S.fates_text, _S.fates_text, say("none"))),
            data_testid="lab-fates",
        ),
        rx.el.div(
            rx.foreach(_S.known_fates, lambda fate: chip(fate, testid=f"lab-fate-{fate}", on_click=_S.decide(fate))),
            class_name="cluster",
        ),
        button(say("Forget them"), testid="lab-forget-fates", tone="plain", on_click=_S.forget_fates),
        title=say("The next payment"),
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
            button(say("Real time"), testid="lab-clock-reset", tone="plain", on_click=_S.reset_clock),
            class_name="cluster",
        ),
        title=say("Clock"),
    )


def _fresh_start() -> rx.Component:
    return card(
        rx.el.p(say("Put the demo world back to what it is when the marketplace starts for the first time.")),
        button(say("Start anew …"), testid="lab-fresh-start", tone="danger", on_click=_S.ask_for_fresh_start),
        title=say("A fresh start"),
    )


def _asking() -> rx.Component:
    return dialog(
        rx.el.ul(
            rx.el.li(say("All accounts, log-ins, shops and listings go, yours too. The demo people come back.")),
            rx.el.li(say("All orders, tickets, payments, holds and mails go. The demo programme is half sold again.")),
            rx.el.li(say("The provider behaves as at first, and the clock shows real time.")),
            class_name="stack stack-tight bullets",
        ),
        rx.el.p(say("It takes a few seconds and cannot be undone.")),
        title=say("Start the world anew?"),
        is_open=_S.is_asking,
        on_close=_S.keep_world,
        testid="lab-fresh-start-dialog",
        actions=[
            button(say("Keep everything"), testid="lab-fresh-start-keep", on_click=_S.keep_world),
            button(
                say("Start anew"), testid="lab-fresh-start-confirm", tone="danger", on_click=_S.start_anew,
                is_busy=_S.is_starting_anew,
            ),
        ],
    )  # fmt: skip


def _books() -> rx.Component:
    return card(
        rx.cond(_S.payments, rx.foreach(_S.payments, _payment), rx.el.p(say("No payments yet."), class_name="quiet")),
        button(say("Look again"), testid="lab-look", on_click=_S.load),
        title=say("Payments"),
    )


def _payment(row: rx.Var[PaymentRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            row["amount"], " ", badge(row["status"], tone=row["tone"]), " ", row["label"], " ", row["at_text"]
        ),
        timeline(row["trail"].to(list[TimelineItem]), testid=f"lab-trail-{row['id']}"),
        rx.el.p(
            say("{payment} for {booking}", payment=row["id"], booking=row["booking"]), class_name="small quiet numeric"
        ),
        data_testid=f"lab-payment-{row['id']}",
        key=row["id"],
    )


def _mailbox() -> rx.Component:
    return card(
        rx.cond(
            _S.mails,
            rx.el.ul(rx.foreach(_S.mails, _mail), class_name="plain-list", data_testid="lab-mailbox"),
            rx.el.p(say("No mail yet."), class_name="quiet"),
        ),
        title=say("Mailbox"),
    )


def _mail(row: rx.Var[MailRow]) -> rx.Component:
    return rx.el.li(
        button(row["subject"], testid=f"lab-mail-{row['id']}", tone="plain", on_click=_S.open_mail(row["id"])),
        rx.el.span(row["to"], " · ", row["at_text"], " · ", row["status"], class_name="small quiet"),
        key=row["id"],
    )


def _letters() -> rx.Component:
    return card(
        rx.el.p(say("Every letter that we write, with made-up people and orders. Nothing is sent.")),
        chips(
            *(
                chip(name, testid=f"lab-letters-{code}", is_on=_S.language == code, on_click=_S.show_letters(code))
                for code, name in LANGUAGES.items()
            ),
            label=say("Language"),
        ),
        rx.el.ul(rx.foreach(_S.letters, _sample), class_name="plain-list", data_testid="lab-letters"),
        title=say("Letters"),
    )


def _sample(row: rx.Var[LetterRow]) -> rx.Component:
    return rx.el.li(
        button(row["subject"], testid=f"lab-sample-{row['kind']}", tone="plain", on_click=_S.open_letter(row["kind"])),
        rx.el.span(row["kind"], class_name="small quiet"),
        key=row["kind"],
    )


def _letter() -> rx.Component:
    return dialog(
        chips(
            *(
                chip(name, testid=f"lab-letter-{form}", is_on=_S.mail_form == form, on_click=_S.show_mail_as(form))
                for form, name in (("html", say("As it looks")), ("text", say("As text")))
            ),
            label=say("How to show it"),
        ),
        rx.cond(
            _S.mail_form == "text",
            rx.el.pre(_S.mail_text, class_name="letter letter-text", tab_index=0, data_testid="lab-letter-plain"),
            # A letter may carry anything that a seller wrote: no script of it runs, and it leaves by new windows only.
            rx.el.iframe(src_doc=_S.mail_html, sandbox="allow-popups", title=say("The mail"), class_name="letter"),
        ),
        title=_S.mail_subject,
        is_open=_S.mail_html != "",
        on_close=_S.close_mail,
        testid="lab-letter",
    )
