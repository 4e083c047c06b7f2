"""A few line icons, drawn for Holdfast on a 24-unit grid. They decorate: the words beside them carry the meaning."""

from __future__ import annotations

from typing import Literal

import reflex as rx

IconName = Literal[
    "alert", "arrow-left", "arrow-right", "bell", "calendar", "check", "clock", "close", "copy", "download", "filter",
    "globe", "info", "mail", "menu", "moon", "pin", "plus", "search", "shield", "sun", "ticket", "trash", "user",
]  # fmt: skip

_SHAPES: dict[str, tuple[str, ...]] = {
    "alert": ("M12 4 2.8 19.5h18.4L12 4Z", "M12 10v4", "M12 17v.01"),
    "arrow-left": ("M19 12H5", "m11 6-6 6 6 6"),
    "arrow-right": ("M5 12h14", "m13 6 6 6-6 6"),
    "bell": ("M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15L6 16Z", "M10 21h4"),
    "calendar": ("M4 6h16v14H4z", "M4 10h16", "M8 3v4", "M16 3v4"),
    "check": ("m5 12.5 4.5 4.5L19 7",),
    "clock": ("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z", "M12 7v5l3 2"),
    "close": ("m6 6 12 12", "M18 6 6 18"),
    "copy": ("M9 9h11v11H9z", "M5 15H4V4h11v1"),
    "download": ("M12 4v11", "m7 11 5 5 5-5", "M5 20h14"),
    "filter": ("M4 6h16", "M7 12h10", "M10 18h4"),
    "globe": ("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z", "M3 12h18", "M12 3c5 5 5 13 0 18-5-5-5-13 0-18Z"),
    "info": ("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z", "M12 11v5", "M12 8v.01"),
    "mail": ("M3 6h18v12H3z", "m3 7 9 6 9-6"),
    "menu": ("M4 7h16", "M4 12h16", "M4 17h16"),
    "moon": ("M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",),
    "pin": (
        "M12 21c4.5-5 7-8.5 7-11.5a7 7 0 1 0-14 0C5 12.5 7.5 16 12 21Z",
        "M12 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z",
    ),
    "plus": ("M12 5v14", "M5 12h14"),
    "search": ("M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Z", "m20 20-4-4"),
    "shield": ("M12 3 5 6v5c0 4.5 3 8 7 10 4-2 7-5.5 7-10V6l-7-3Z", "m9 12 2 2 4-4"),
    "sun": (
        "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z",
        "M12 2v2M12 20v2M2 12h2M20 12h2",
        "M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19",
    ),
    "ticket": ("M3 8V6h18v2a2.5 2.5 0 0 0 0 8v2H3v-2a2.5 2.5 0 0 0 0-8Z", "M14 7v2M14 11v2M14 15v2"),
    "trash": ("M5 7h14", "M9 7V4h6v3", "M7 7l1 13h8l1-13"),
    "user": ("M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z", "M4.5 20c1-4 4-5.5 7.5-5.500s6.5 1.5 7.5 5.5"),
}  # fmt: skip


def icon(name: IconName) -> rx.Component:
    """The icon of that name, as high as a line of the text around it."""
    return rx.el.svg(
        *(rx.el.path(d=shape) for shape in _SHAPES[name]),
        view_box="0 0 24 24",
        class_name=f"icon icon-{name}",
        aria_hidden="true",
    )


def brand_mark() -> rx.Component:
    """Two posts and the line made fast between them: the sign of the house."""
    return rx.el.svg(
        rx.el.path(d="M6 21V3m12 18V3M6 13c4-5 8 5 12 0"),
        view_box="0 0 24 24",
        class_name="icon brand-mark",
        aria_hidden="true",
    )
