"""What components are given: plain values or Vars of them, and the shapes of the lists that they show."""

from __future__ import annotations

import re
from typing import Any, Literal, NotRequired, TypeAlias

import reflex as rx
from typing_extensions import TypedDict  # pydantic, which serialises State vars, wants this one before Python 3.12

_PLACE = re.compile(r"\{(\w+)\}")

Text: TypeAlias = str | rx.Var[str] | rx.Var[Any]
Flag: TypeAlias = bool | rx.Var[bool] | rx.Var[Any]
Number: TypeAlias = int | float | rx.Var[int] | rx.Var[float] | rx.Var[Any]
Node: TypeAlias = rx.Component | rx.Var[Any] | str
# Whatever an event trigger takes: a State's handler, a call of one, a list of them, rx.redirect(…).
# Reflex types these by the number of arguments that the trigger sends, which differs from trigger to trigger.
Handler: TypeAlias = Any

Tone = Literal["neutral", "accent", "good", "warning", "danger"]


class Link(TypedDict):
    """One entry of a navigation: its words, where it leads, its testid."""

    label: str
    href: str
    testid: str


class Choice(TypedDict):
    """One option of a select."""

    value: str
    label: str


class PriceLine(TypedDict):
    """One line of a bill; `text` is the amount with its currency, `note` says what the line is for."""

    label: str
    text: str
    note: NotRequired[str]


class TimelineItem(TypedDict):
    """Something that happened; `at` is for machines (ISO 8601), `at_text` for people, in their zone."""

    label: str
    at: str
    at_text: str
    detail: NotRequired[str]


class Step(TypedDict):
    """One step of work under way; `state` is "todo", "now", "done" or "failed"."""

    label: str
    detail: str
    state: str


class Bar(TypedDict):
    """One bar of a chart; its box lies in a square of 100 by 100 whose y grows downwards.

    `other_…` is a second part that stands on the first, where the chart has two.
    """

    label: str
    text: str
    x: float
    y: float
    width: float
    height: float
    other_text: NotRequired[str]
    other_y: NotRequired[float]
    other_height: NotRequired[float]


class Share(TypedDict):
    """A part of a whole; `text` is its number."""

    label: str
    text: str
    percent: float


def when(condition: Text | Flag | None, shown: rx.Component) -> rx.Component:
    """`shown` where the condition (or text) is neither false nor empty, now or, for a Var, in the browser."""
    if isinstance(condition, rx.Var):
        return rx.cond(condition, shown, rx.fragment())
    return shown if condition else rx.fragment()


def sentence(said: str, **parts: Node) -> list[Node]:
    """What was said, with a component in each of its named places: `sentence(say("New here? {link}"), link=…)`."""
    return [parts[piece] if at % 2 else piece for at, piece in enumerate(_PLACE.split(said)) if piece]


def given(**props: Any) -> dict[str, Any]:
    """The props that were given: Reflex would write a None into the page as an attribute."""
    return {name: value for name, value in props.items() if value is not None}
