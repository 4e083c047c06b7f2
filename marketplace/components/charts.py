"""Numbers as pictures, each with the same numbers in words for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from marketplace.components.values import Bar, Share, Text
from marketplace.i18n import _


def bar_chart(
    bars: Sequence[Bar] | rx.Var[Any],
    *,
    title: Text,
    top: Text,
    first: Text,
    last: Text,
    when_head: Text,
    amount_head: Text,
    other_head: Text | None = None,
    testid: str,
) -> rx.Component:
    """Amounts over time. The picture is for those who see it; the same numbers stand in a table that can be opened.

    `top` is what the highest line means, `first` and `last` when it begins and ends. With `other_head`, each bar has a
    second part on top of the first, such as what failed upon what succeeded.
    """
    heads = [amount_head, *([other_head] if other_head is not None else [])]
    return rx.el.figure(
        rx.el.figcaption(title, class_name="strong"),
        rx.el.div(
            rx.el.span(top, class_name="chart-top small quiet numeric"),
            rx.el.svg(
                rx.el.path(d="M0 0H100M0 25H100M0 50H100M0 75H100", class_name="chart-grid"),
                rx.foreach(bars, _bar if other_head is None else _bar_of_two),
                view_box="0 0 100 100",
                preserve_aspect_ratio="none",
                class_name="chart-bars",
                aria_hidden="true",
                data_testid=f"{testid}-bars",
            ),
            rx.el.div(rx.el.span(first), rx.el.span(last), class_name="chart-axis small quiet numeric"),
            class_name="chart",
        ),
        *([_legend(amount_head, other_head)] if other_head is not None else []),
        rx.el.details(
            rx.el.summary(_("As a table"), data_testid=f"{testid}-open"),
            rx.el.div(
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(
                            rx.el.th(when_head, scope="col"),
                            *(rx.el.th(head, scope="col", class_name="table-number") for head in heads),
                        )
                    ),
                    rx.el.tbody(rx.foreach(bars, _line if other_head is None else _line_of_two)),
                    class_name="table",
                ),
                class_name="table-scroll",
                # It scrolls: by keyboard, too.
                tab_index=0,
                role="region",
                aria_label=title,
            ),
            class_name="chart-table",
        ),
        class_name="stack stack-tight",
        data_testid=testid,
    )


def share_list(shares: Sequence[Share] | rx.Var[Any], *, title: Text, testid: str) -> rx.Component:
    """Parts of a whole, each with its name, its number and a bar as long as its share."""
    return rx.el.figure(
        rx.el.figcaption(title, class_name="strong"),
        rx.el.ul(rx.foreach(shares, _share), class_name="stack stack-tight", role="list"),
        class_name="stack stack-tight",
        data_testid=testid,
    )


def _bar(bar: Any) -> rx.Component:
    return rx.el.rect(
        rx.el.title(bar["label"], ": ", bar["text"]),
        x=bar["x"], y=bar["y"], width=bar["width"], height=bar["height"],
    )  # fmt: skip


def _bar_of_two(bar: Any) -> rx.Component:
    return rx.fragment(
        _bar(bar),
        rx.el.rect(
            rx.el.title(bar["label"], ": ", bar["other_text"]),
            x=bar["x"], y=bar["other_y"], width=bar["width"], height=bar["other_height"], class_name="chart-other",
        ),
    )  # fmt: skip


def _legend(first: Text, second: Text) -> rx.Component:
    return rx.el.p(
        rx.el.span(class_name="seat-map-dot chart-dot"), first,
        rx.el.span(class_name="seat-map-dot chart-dot-other"), second,
        class_name="cluster small quiet",
        aria_hidden="true",
    )  # fmt: skip


def _line(bar: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(bar["label"], scope="row"),
        rx.el.td(bar["text"], class_name="table-number"),
    )


def _line_of_two(bar: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(bar["label"], scope="row"),
        rx.el.td(bar["text"], class_name="table-number"),
        rx.el.td(bar["other_text"], class_name="table-number"),
    )


def _share(share: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(share["label"]),
            rx.el.span(share["text"], class_name="numeric"),
            class_name="cluster cluster-spread small",
        ),
        rx.el.div(
            rx.el.span(class_name="share-sold", style={"width": f"{share['percent']}%"}),
            class_name="share share-thin",
            aria_hidden="true",
        ),
        class_name="stack stack-tight",
    )
