"""Things to press. A button does something here; a link button leads elsewhere."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from marketplace.components.icons import IconName, icon
from marketplace.components.values import Flag, Handler, Text, given

ButtonTone = Literal["primary", "neutral", "danger", "plain"]


def button(
    label: Text,
    *,
    testid: Text,
    on_click: Handler = None,
    tone: ButtonTone = "neutral",
    kind: Literal["button", "submit"] = "button",
    icon_name: IconName | None = None,
    is_wide: bool = False,
    is_large: bool = False,
    is_busy: Flag = False,
    is_disabled: Flag = False,
    **attributes: Any,
) -> rx.Component:
    """A button. While `is_busy` it shows so and keeps the focus, but cannot be pressed again by hand."""
    return rx.el.button(
        *([icon(icon_name)] if icon_name else []),
        label,
        type=kind,
        class_name=_look(tone, is_wide=is_wide, is_large=is_large),
        aria_busy=is_busy,
        disabled=is_disabled,
        data_testid=testid,
        **given(on_click=on_click),
        **attributes,
    )


def icon_button(
    name: IconName, label: Text, *, testid: Text, on_click: Handler = None, **attributes: Any
) -> rx.Component:
    """A round button that shows only an icon; `label` is its name for those who do not see it."""
    return rx.el.button(
        icon(name),
        type="button",
        class_name="button button-icon",
        aria_label=label,
        title=label,
        data_testid=testid,
        **given(on_click=on_click),
        **attributes,
    )


def link_button(
    label: Text,
    href: Text,
    *,
    testid: Text,
    tone: ButtonTone = "neutral",
    icon_name: IconName | None = None,
    is_wide: bool = False,
    is_large: bool = False,
    leaves_app: bool = False,
    **attributes: Any,
) -> rx.Component:
    """A link that looks like a button. `leaves_app`: a file or a page of the API, fetched by the browser itself."""
    return rx.el.a(
        *([icon(icon_name)] if icon_name else []),
        label,
        href=href,
        class_name=_look(tone, is_wide=is_wide, is_large=is_large),
        data_testid=testid,
        **given(reload_document=True if leaves_app else None),
        **attributes,
    )


def _look(tone: ButtonTone, *, is_wide: bool, is_large: bool) -> str:
    parts = ["button", *([] if tone == "neutral" else [f"button-{tone}"])]
    return " ".join([*parts, *(["button-wide"] if is_wide else []), *(["button-large"] if is_large else [])])
