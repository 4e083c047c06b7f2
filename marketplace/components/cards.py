"""Surfaces that carry one thing each: a listing, a ticket, a figure."""

from __future__ import annotations

from typing import Any

import reflex as rx

from marketplace.components.labels import badge
from marketplace.components.values import Flag, Node, Text, Tone, given, when
from marketplace.i18n import _


def card(
    *children: Node, title: Text | None = None, testid: Text | None = None, is_raised: bool = False, **attributes: Any
) -> rx.Component:
    """A plain surface with an optional heading."""
    return rx.el.section(
        *([rx.el.h2(title)] if title is not None else []),
        *children,
        class_name="card card-raised" if is_raised else "card",
        **given(data_testid=testid),
        **attributes,
    )


def poster(src: Text, *, alt: Text = "", is_wide: bool = False, is_first: Flag = False) -> rx.Component:
    """Poster art. `alt` stays empty where the title stands beside it. `is_first`: seen at once, so fetched at once."""
    width, height = (1600, 900) if is_wide else (1200, 800)
    return rx.el.img(
        src=src,
        alt=alt,
        loading=_either(is_first, "eager", "lazy"),
        class_name="poster poster-wide" if is_wide else "poster",
        # As attributes: Reflex would make fixed CSS sizes of its own `width` and `height`.
        custom_attrs={
            "width": width,
            "height": height,
            "decoding": "async",
            "fetchPriority": _either(is_first, "high", "auto"),
        },
    )


def _either(flag: Flag, yes: str, no: str) -> Text:
    if isinstance(flag, rx.Var):
        return rx.cond(flag, yes, no)
    return yes if flag else no


def listing_card(
    *,
    href: Text,
    title: Text,
    when_text: Text,
    place: Text,
    price: Text,
    poster_src: Text,
    testid: Text,
    badge_text: Text | None = None,
    badge_tone: Tone | rx.Var[str] = "neutral",
    is_first: Flag = False,
) -> rx.Component:
    """A listing among others; the whole card is its link, whose name is the title."""
    return rx.el.article(
        rx.el.div(
            poster(poster_src, is_first=is_first),
            when(badge_text, badge("" if badge_text is None else badge_text, tone=badge_tone)),
            class_name="listing-card-art",
        ),
        rx.el.div(
            rx.el.h3(rx.el.a(title, href=href, data_testid=testid)),
            rx.el.p(when_text, class_name="listing-card-meta"),
            rx.el.p(place, class_name="listing-card-meta"),
            rx.el.p(price, class_name="listing-card-price"),
            class_name="listing-card-text",
        ),
        class_name="listing-card",
    )


def ticket_card(
    *,
    title: Text,
    when_text: Text,
    place: Text,
    unit: Text,
    qr_src: Text,
    code: Text,
    testid: Text,
    holder: Text | None = None,
    is_used: Flag = False,
    actions: rx.Component | None = None,
) -> rx.Component:
    """A ticket to show at the door. `qr_src` is a data address of the code's SVG; staff can type `code` instead."""
    return rx.el.article(
        rx.el.div(
            rx.el.p(title, class_name="eyebrow"),
            rx.el.p(unit, class_name="ticket-place"),
            rx.el.p(when_text),
            rx.el.p(place, class_name="quiet"),
            when(holder, rx.el.p("" if holder is None else holder, class_name="quiet small")),
            when(is_used, badge(_("No longer valid"), tone="warning")),
            *([actions] if actions is not None else []),
            class_name="ticket-body",
        ),
        rx.el.div(
            rx.el.img(
                src=qr_src,
                alt=_("QR code of this ticket, {unit}", unit=unit),
                custom_attrs={"width": 176, "height": 176},
                class_name="ticket-qr",
            ),
            rx.el.span(code, class_name="small quiet numeric"),
            class_name="ticket-code",
        ),
        class_name="ticket",
        data_used=is_used,
        data_testid=testid,
    )


def stat(label: Text, value: Text, *, testid: Text, note: Text | None = None) -> rx.Component:
    """One figure and what it counts."""
    return rx.el.div(
        rx.el.span(label, class_name="stat-label"),
        rx.el.span(value, class_name="stat-value"),
        when(note, rx.el.span("" if note is None else note, class_name="small quiet")),
        class_name="stat",
        data_testid=testid,
    )


def details(*pairs: tuple[Text, Node], testid: Text | None = None) -> rx.Component:
    """Names and values, such as date, doors, address."""
    return rx.el.dl(
        *(rx.el.div(rx.el.dt(name), rx.el.dd(value), class_name="detail") for name, value in pairs),
        class_name="details",
        **given(data_testid=testid),
    )
