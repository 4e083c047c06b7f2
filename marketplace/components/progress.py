"""What a thing costs, how long it is still yours, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from marketplace.components.values import Handler, Number, PriceLine, Step, Text, TimelineItem, given
from marketplace.i18n import _


class Countdown(rx.Component):
    """The hand-written React part of assets/countdown.js."""

    library = "$/public/countdown.js"
    tag = "Countdown"

    deadline: rx.Var[str]
    server_now: rx.Var[str]
    label: rx.Var[str]
    soon_text: rx.Var[str]
    last_text: rx.Var[str]
    over_text: rx.Var[str]

    on_end: rx.EventHandler[rx.event.no_args_event_spec]


def countdown(
    deadline: Text,
    server_now: Text,
    *,
    testid: Text,
    label: Text | None = None,
    on_end: Handler = None,
) -> rx.Component:
    """The time until `deadline`, to the second; `label` says what it is the time for.

    Both instants are ISO 8601 with an offset. `server_now` is the server's clock when it sent the deadline: a wrong
    clock in the browser then changes nothing. Five minutes and one minute before the end are announced politely;
    `on_end` fires once.
    """
    return Countdown.create(
        deadline=deadline,
        server_now=server_now,
        label=_("Held for") if label is None else label,
        soon_text=_("5 minutes left."),
        last_text=_("1 minute left."),
        over_text=_("Time is up"),
        data_testid=testid,
        **given(on_end=on_end),
    )


def price_lines(lines: Sequence[PriceLine] | rx.Var[Any], *, total: Text | None = None, testid: str) -> rx.Component:
    """Every line that makes up a total, and the total. Amounts arrive as text, with their currency."""
    sum_up = rx.el.div(
        rx.el.dt(_("Total")), rx.el.dd(total, data_testid=f"{testid}-total"), class_name="price-line price-total"
    )
    return rx.el.dl(
        rx.foreach(lines, _price_line),
        *([sum_up] if total is not None else []),
        class_name="price-lines",
        data_testid=testid,
    )


def timeline(items: Sequence[TimelineItem] | rx.Var[Any], *, testid: Text) -> rx.Component:
    """What happened, in order."""
    return rx.el.ol(rx.foreach(items, _timeline_item), class_name="timeline", data_testid=testid)


def steps(items: Sequence[Step] | rx.Var[Any], *, testid: Text, label: Text) -> rx.Component:
    """How far a payment (or other long work) has come; changes are read out."""
    return rx.el.ol(
        rx.foreach(items, _step),
        class_name="steps",
        role="list",
        aria_label=label,
        aria_live="polite",
        aria_atomic="false",
        data_testid=testid,
    )


def progress_bar(percent: Number, *, label: Text, testid: Text) -> rx.Component:
    """A bar from 0 to 100."""
    return rx.el.div(
        rx.el.span(style={"width": f"{percent}%"}),
        class_name="progress",
        role="progressbar",
        aria_label=label,
        aria_valuenow=percent,
        aria_valuemin=0,
        aria_valuemax=100,
        data_testid=testid,
    )


def _price_line(line: Any) -> rx.Component:
    return rx.el.div(
        rx.el.dt(line["label"], rx.cond(line["note"], rx.el.span(line["note"], class_name="price-line-note"))),
        rx.el.dd(line["text"]),
        class_name="price-line",
    )


def _timeline_item(item: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(item["label"], class_name="timeline-label"),
        rx.cond(item["detail"], rx.el.span(item["detail"], class_name="small")),
        rx.el.time(item["at_text"], custom_attrs={"dateTime": item["at"]}, class_name="timeline-time"),
        class_name="timeline-item",
    )


def _step(item: Any, index: Any) -> rx.Component:
    mark = rx.match(item["state"], ("done", "✓"), ("failed", "!"), ("now", ""), (index + 1).to_string())
    return rx.el.li(
        rx.el.span(mark, class_name="step-mark", aria_hidden="true"),
        rx.el.div(
            rx.el.span(item["label"], class_name="strong"),
            rx.cond(item["detail"], rx.el.p(item["detail"], class_name="step-detail")),
        ),
        class_name="step",
        data_state=item["state"],
        aria_current=rx.cond(item["state"] == "now", "step", "false"),
    )
