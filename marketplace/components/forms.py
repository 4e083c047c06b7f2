"""Fields with their label, hint and error; each announces its error and keeps what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from marketplace.components.icons import icon
from marketplace.components.values import Choice, Flag, Handler, Node, Number, Text, given, when
from marketplace.i18n import _


def field(
    label: Text,
    *,
    name: str,
    testid: Text,
    kind: str = "text",
    value: Text | None = None,
    default_value: Text | None = None,
    on_change: Handler = None,
    on_blur: Handler = None,
    hint: Text | None = None,
    error: Text | None = None,
    autocomplete: str | None = None,
    input_mode: str | None = None,
    placeholder: Text | None = None,
    is_required: Flag = False,
    is_disabled: Flag = False,
    **attributes: Any,
) -> rx.Component:
    """A one-line input. Give `default_value` and read the form on submit where you can: keys stay in the browser."""
    control = rx.el.input(
        type=kind,
        class_name="input",
        **_wiring(name, testid, hint, error, is_required, is_disabled),
        **given(
            value=value,
            default_value=default_value,
            on_change=on_change,
            on_blur=on_blur,
            auto_complete=autocomplete,
            input_mode=input_mode,
            placeholder=placeholder,
        ),
        **attributes,
    )
    return _labelled(control, label, testid, hint, error)


def text_area(
    label: Text,
    *,
    name: str,
    testid: Text,
    default_value: Text | None = None,
    on_blur: Handler = None,
    hint: Text | None = None,
    error: Text | None = None,
    is_required: Flag = False,
    is_disabled: Flag = False,
    **attributes: Any,
) -> rx.Component:
    """An input of several lines."""
    control = rx.el.textarea(
        class_name="input",
        **_wiring(name, testid, hint, error, is_required, is_disabled),
        **given(default_value=default_value, on_blur=on_blur),
        **attributes,
    )
    return _labelled(control, label, testid, hint, error)


def select(
    label: Text,
    choices: Sequence[Choice] | rx.Var[Any],
    *,
    name: str,
    testid: Text,
    value: Text | None = None,
    default_value: Text | None = None,
    on_change: Handler = None,
    hint: Text | None = None,
    error: Text | None = None,
    is_required: Flag = False,
    is_disabled: Flag = False,
    any_text: Text | None = None,
    **attributes: Any,
) -> rx.Component:
    """The browser's own select: on a phone it is the best there is. `any_text` names a first, empty choice."""
    control = rx.el.select(
        *([rx.el.option(any_text, value="")] if any_text is not None else []),
        rx.foreach(choices, lambda choice: rx.el.option(choice["label"], value=choice["value"])),
        class_name="input",
        **_wiring(name, testid, hint, error, is_required, is_disabled),
        **given(value=value, default_value=default_value, on_change=on_change),
        **attributes,
    )
    return _labelled(control, label, testid, hint, error)


def checkbox(
    label: Node,
    *,
    name: str,
    testid: Text,
    is_on: Flag | None = None,
    on_change: Handler = None,
    is_required: Flag = False,
    error: Text | None = None,
    **attributes: Any,
) -> rx.Component:
    """A box to tick, with its words, all of which can be pressed."""
    box = rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            required=is_required,
            data_testid=testid,
            **given(checked=is_on, on_change=on_change),
            **(given(aria_describedby=f"{testid}-error", aria_invalid=_is_told(error)) if error is not None else {}),
            **attributes,
        ),
        rx.el.span(label),
        class_name="check",
    )
    return box if error is None else rx.el.div(box, _error(error, testid), class_name="field")


class CardTyping(rx.Component):
    """The hand-written React part of assets/checkout.js: groups a card's digits and names its brand."""

    library = "$/public/checkout.js"
    tag = "CardTyping"

    number: rx.Var[str]
    expiry: rx.Var[str]


class PayGuard(rx.Component):
    """The hand-written React part of assets/checkout.js: the form around it is sent now, or not at all."""

    library = "$/public/checkout.js"
    tag = "PayGuard"

    text: rx.Var[str]


def choices(legend: Text, *options: rx.Component, testid: Text) -> rx.Component:
    """A group of `choice`s, of which one holds."""
    return rx.el.fieldset(
        rx.el.legend(legend, class_name="field-label"),
        rx.el.div(*options, class_name="choices"),
        class_name="stack stack-tight",
        data_testid=testid,
    )


def choice(
    label: Node,
    *,
    name: str,
    value: Text,
    testid: Text,
    detail: Text | None = None,
    is_on: Flag | None = None,
    on_change: Handler = None,
) -> rx.Component:
    """One large radio button, such as a way to pay. `on_change` is told the value."""
    return rx.el.label(
        rx.el.input(
            type="radio", name=name, value=value, data_testid=testid, **given(checked=is_on, on_change=on_change)
        ),
        rx.el.span(
            rx.el.span(label, class_name="strong"),
            when(detail, rx.el.span(rx.el.br(), "" if detail is None else detail, class_name="quiet small")),
        ),
        class_name="choice",
    )


def stepper(
    label: Text,
    value: Number,
    *,
    testid: str,
    on_less: Handler,
    on_more: Handler,
    can_less: Flag = True,
    can_more: Flag = True,
) -> rx.Component:
    """A small number with a button on either side."""
    return rx.el.div(
        rx.el.button(
            "−",
            type="button",
            aria_label=_("Fewer: {label}", label=label),
            disabled=_not(can_less),
            on_click=on_less,
            data_testid=f"{testid}-less",
        ),
        rx.el.output(value, aria_live="polite", data_testid=testid),
        rx.el.button(
            "+",
            type="button",
            aria_label=_("More: {label}", label=label),
            disabled=_not(can_more),
            on_click=on_more,
            data_testid=f"{testid}-more",
        ),
        class_name="stepper",
        role="group",
        aria_label=label,
    )


def search_field(
    label: Text,
    *,
    name: str,
    testid: Text,
    default_value: Text | None = None,
    placeholder: Text | None = None,
    on_change: Handler = None,
) -> rx.Component:
    """A search box; its label is read out, the glass is seen."""
    return rx.el.div(
        icon("search"),
        rx.el.input(
            type="search",
            name=name,
            class_name="input",
            aria_label=label,
            enter_key_hint="search",
            auto_complete="off",
            data_testid=testid,
            **given(default_value=default_value, placeholder=placeholder, on_change=on_change),
        ),
        class_name="search-field",
    )


def _wiring(
    name: str, testid: Text, hint: Text | None, error: Text | None, is_required: Flag, is_disabled: Flag
) -> dict[str, Any]:
    """What joins a control to its label, hint and error, whichever kind of control it is."""
    described = [f"{testid}-{part}" for part, text in (("hint", hint), ("error", error)) if text is not None]
    return {
        "id": testid,
        "name": name,
        "required": is_required,
        "disabled": is_disabled,
        "aria_invalid": _is_told(error),
        "data_testid": testid,
        **given(aria_describedby=" ".join(described) or None),
    }


def _labelled(control: rx.Component, label: Text, testid: Text, hint: Text | None, error: Text | None) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=testid, class_name="field-label"),
        *([rx.el.span(hint, id=f"{testid}-hint", class_name="field-hint")] if hint is not None else []),
        control,
        *([_error(error, testid)] if error is not None else []),
        class_name="field",
    )


def _error(error: Text, testid: Text) -> rx.Component:
    # Always in the page, so that what appears in it is read out.
    return rx.el.div(
        when(error, rx.el.span(error, class_name="field-error")),
        id=f"{testid}-error",
        aria_live="polite",
        data_testid=f"{testid}-error",
    )


def _is_told(error: Text | None) -> Flag:
    return error != "" if isinstance(error, rx.Var) else bool(error)


def _not(flag: Flag) -> Flag:
    return ~flag if isinstance(flag, rx.Var) else not flag
