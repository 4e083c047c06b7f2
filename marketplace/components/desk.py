"""What a seller's desk is made of: a plan's way in, a chart of takings, the beat of a sale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from marketplace.components.values import Bar, Handler, Text


class PlanFile(rx.Component):
    """The hand-written React part of assets/planfile.js."""

    library = "$/public/planfile.js"
    tag = "PlanFile"

    seller_id: rx.Var[str]
    words: rx.Var[dict[str, str]]

    on_kept: rx.EventHandler[rx.event.passthrough_event_spec(str)]


def plan_file(seller_id: Text, *, words: dict[str, str], on_kept: Handler, testid: Text) -> rx.Component:
    """A place to drop a seat plan on. `on_kept` is told the id of a good one; a bad one's faults are listed and drawn.

    `words`: drop, hint, busy, tooLarge, away, nothingKept, drawing, showAll.
    """
    return PlanFile.create(seller_id=seller_id, words=words, on_kept=on_kept, data_testid=testid)


class Pulse(rx.Component):
    """The hand-written React part of assets/pulse.js."""

    library = "$/public/pulse.js"
    tag = "Pulse"

    stream_url: rx.Var[str]
    seats_url: rx.Var[str]

    on_beat: rx.EventHandler[rx.event.no_args_event_spec]


def pulse(*, stream_url: Text, seats_url: Text, on_beat: Handler) -> rx.Component:
    """Nothing to see: fires `on_beat` when seats of a listing have changed, at most every two seconds."""
    return Pulse.create(stream_url=stream_url, seats_url=seats_url, on_beat=on_beat)


def sketch(src: Text, *, alt: Text, testid: Text) -> rx.Component:
    """A hall as a picture."""
    return rx.el.figure(
        rx.el.img(src=src, alt=alt, data_testid=testid, custom_attrs={"decoding": "async"}), class_name="plan-sketch"
    )


def bar_chart(
    bars: Sequence[Bar] | rx.Var[Any],
    *,
    title: Text,
    top: Text,
    first: Text,
    last: Text,
    when_head: Text,
    amount_head: Text,
    table_label: Text,
    testid: str,
) -> rx.Component:
    """Amounts over time. The picture is for those who see it; the same numbers stand in a table that can be opened.

    `top` is what the highest line means, `first` and `last` when it begins and ends.
    """
    return rx.el.figure(
        rx.el.figcaption(title, class_name="strong"),
        rx.el.div(
            rx.el.span(top, class_name="chart-top small quiet numeric"),
            rx.el.svg(
                rx.el.path(d="M0 0H100M0 25H100M0 50H100M0 75H100", class_name="chart-grid"),
                rx.foreach(bars, _bar),
                view_box="0 0 100 100",
                preserve_aspect_ratio="none",
                class_name="chart-bars",
                aria_hidden="true",
                data_testid=f"{testid}-bars",
            ),
            rx.el.div(rx.el.span(first), rx.el.span(last), class_name="chart-axis small quiet numeric"),
            class_name="chart",
        ),
        rx.el.details(
            rx.el.summary(table_label, data_testid=f"{testid}-open"),
            rx.el.div(
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(
                            rx.el.th(when_head, scope="col"),
                            rx.el.th(amount_head, scope="col", class_name="table-number"),
                        )
                    ),
                    rx.el.tbody(rx.foreach(bars, _line)),
                    class_name="table",
                ),
                class_name="table-scroll",
            ),
            class_name="chart-table",
        ),
        class_name="stack stack-tight",
        data_testid=testid,
    )


def _bar(bar: Any) -> rx.Component:
    return rx.el.rect(
        rx.el.title(bar["label"], ": ", bar["text"]),
        x=bar["x"], y=bar["y"], width=bar["width"], height=bar["height"],
    )  # fmt: skip


def _line(bar: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(bar["label"], scope="row"),
        rx.el.td(bar["text"], class_name="table-number"),
    )
