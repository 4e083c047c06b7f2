"""Rows and columns, which on a phone become a card for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from marketplace.components.values import Node, Text


@dataclass(frozen=True, slots=True)
class Column:
    """`cell` makes its part of a row. Numbers stand on the right; text may run over several lines."""

    head: str
    cell: Callable[[Any], Node]
    kind: Literal["", "number", "text"] = ""

    @property
    def look(self) -> dict[str, str]:
        return {"class_name": f"table-{self.kind}"} if self.kind else {}


def table(
    columns: Sequence[Column],
    rows: Sequence[Any] | rx.Var[Any],
    *,
    label: Text,
    testid: Text,
    row_testid: Callable[[Any], Text],
) -> rx.Component:
    """On a phone every cell says the head of its column."""

    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            *(rx.el.td(column.cell(row), data_label=column.head, **column.look) for column in columns),
            data_testid=row_testid(row),
        )

    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*(rx.el.th(column.head, scope="col", **column.look) for column in columns))),
            rx.el.tbody(rx.foreach(rows, line)),
            class_name="table table-cards",
        ),
        class_name="table-scroll",
        data_testid=testid,
        # It scrolls: by keyboard, too.
        tab_index=0,
        role="region",
        aria_label=label,
    )
