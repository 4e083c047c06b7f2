"""Every component in every state, beside the colours, type and space that they are made of. In development only."""

from __future__ import annotations

from typing import get_args

import reflex as rx

from marketplace.brand import LIGHT
from marketplace.components.buttons import ButtonTone, button, icon_button, link_button
from marketplace.components.cards import card, details, listing_card, stat, ticket_card
from marketplace.components.charts import bar_chart, share_list
from marketplace.components.feedback import empty_state, error_note, notice, skeleton, skeleton_cards, toast
from marketplace.components.forms import (
    checkbox,
    choice,
    choices,
    field,
    search_field,
    select,
    stepper,
    text_area,
)
from marketplace.components.icons import IconName, icon
from marketplace.components.labels import badge, chip, chips
from marketplace.components.progress import countdown, price_lines, progress_bar, steps, timeline
from marketplace.components.shell import dialog, page_header, sticky_bar, tabs
from marketplace.components.tables import Column, table
from marketplace.components.theme import RADII, SHADOWS_LIGHT, SIZES, SPACES
from marketplace.components.values import Choice, Link, PriceLine, Share, Step, TimelineItem, Tone
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame
from marketplace.state.styleguide import StyleguideState
from marketplace.state.viewer import ViewerState

_S = StyleguideState

_TONES: tuple[Tone, ...] = get_args(Tone)


def styleguide() -> rx.Component:
    parts = {
        "colours": (_("Colours"), _colours),
        "type": (_("Type and space"), _type_and_space),
        "buttons": (_("Buttons"), _buttons),
        "fields": (_("Fields"), _fields),
        "labels": (_("Badges"), _labels),
        "messages": (_("Messages"), _messages),
        "cards": (_("Cards"), _cards),
        "tables": (_("Tables and charts"), _tables),
        "progress": (_("Progress"), _progress),
    }
    return frame(
        page_header(_("Style guide"), lead=_("What every page is made of. Only where the lab is open.")),
        tabs(
            [Link(label=name, href=f"#{id}", testid=f"to-{id}") for id, (name, _) in parts.items()],
            current="",
            label=_("Parts"),
        ),
        *(
            rx.el.section(rx.el.h2(name), draw(), id=id, class_name="stack", data_testid=f"part-{id}")
            for id, (name, draw) in parts.items()
        ),
        _dialog(),
    )


def _row(*things: rx.Component) -> rx.Component:
    return rx.el.div(*things, class_name="cluster")


def _named(name: str, thing: rx.Component) -> rx.Component:
    """A thing above what it is called in the code."""
    return rx.el.div(thing, rx.el.div(rx.el.code(name, class_name="small quiet")), class_name="stack stack-tight")


def _colours() -> rx.Component:
    return rx.el.div(
        *(_named(name, rx.el.div(class_name="swatch", style={"background": f"var(--{name})"})) for name in LIGHT),
        class_name="swatches",
    )


def _type_and_space() -> rx.Component:
    def sized(name: str) -> rx.Component:
        family = "text" if name in {"small", "text", "lead"} else "display"
        look = {"font_size": f"var(--size-{name})", "font_family": f"var(--font-{family})", "line_height": "1.2"}
        return _named(f"size-{name}", rx.el.p(_("Held fast until it is yours."), style=look))

    def boxed(name: str, **style: str) -> rx.Component:
        return _named(name, rx.el.div(class_name="swatch", style=style))

    return rx.el.div(
        card(*(sized(name) for name in SIZES)),
        card(
            *(
                _named(f"space-{name}", rx.el.div(class_name="swatch-space", style={"width": f"var(--space-{name})"}))
                for name in SPACES
            ),
        ),
        rx.el.div(
            *(boxed(f"radius-{name}", border_radius=f"var(--radius-{name})") for name in RADII),
            *(boxed(f"shadow-{name}", box_shadow=f"var(--shadow-{name})") for name in SHADOWS_LIGHT),
            class_name="swatches",
        ),
        class_name="stack",
    )


def _buttons() -> rx.Component:
    tones: tuple[ButtonTone, ...] = get_args(ButtonTone)
    return card(
        *(
            _row(
                button(_("Pay now"), testid=f"button-{tone}", tone=tone),
                button(_("Pay now"), testid=f"button-{tone}-large", tone=tone, is_large=True),
                button(_("Pay now"), testid=f"button-{tone}-icon", tone=tone, icon_name="ticket"),
                button(_("Paying"), testid=f"button-{tone}-busy", tone=tone, is_busy=True),
                button(_("Pay now"), testid=f"button-{tone}-disabled", tone=tone, is_disabled=True),
                link_button(_("Browse"), page_at("/browse"), testid=f"link-{tone}", tone=tone),
            )
            for tone in tones
        ),
        button(_("Pay now"), testid="button-wide", tone="primary", is_wide=True),
        _row(
            icon_button("close", _("Close"), testid="button-close"),
            icon_button("copy", _("Copy"), testid="button-copy"),
        ),
        _row(*(_named(name, icon(name)) for name in _icons())),
    )


def _icons() -> tuple[IconName, ...]:
    names: tuple[IconName, ...] = get_args(IconName)
    return names


def _fields() -> rx.Component:
    ways = [Choice(value="card", label=_("Card number")), Choice(value="code", label=_("Code"))]
    wrong = _("Give a number.")
    return rx.el.div(
        card(rx.el.div(
            field(_("Name"), name="name", testid="field-plain", hint=_("Buyers see it on every listing.")),
            field(_("Price"), name="price", testid="field-wrong", default_value="1O", error=wrong),
            field(_("E-mail"), name="email", testid="field-disabled", kind="email", is_disabled=True),
            field(_("Day"), name="day", testid="field-day", kind="date"),
            field(_("Time"), name="time", testid="field-time", kind="time"),
            field(_("Starts"), name="starts", testid="field-moment", kind="datetime-local"),
            search_field(_("Search"), name="text", testid="field-search", placeholder=_("Title, place or city")),
            class_name="form",
        )),
        card(rx.el.div(
            select(_("Where"), ways, name="way", testid="select-plain", any_text=_("Anywhere")),
            select(_("Where"), ways, name="wrong", testid="select-wrong", error=wrong),
            text_area(_("Story"), name="story", testid="area-plain", rows="3"),
            text_area(_("Story"), name="wrong-story", testid="area-wrong", rows="3", error=wrong),
            checkbox(_("Out of order"), name="box", testid="box", default_checked=True),
            choices(
                _("Payment"),
                choice(_("Card number"), name="pay", value="card", testid="choice-card", detail=_("Expires")),
                choice(_("Code"), name="pay", value="code", testid="choice-code"),
                testid="choices",
            ),
            stepper(
                _("Standing"), _S.quantity, testid="stepper", on_less=_S.count(-1), on_more=_S.count(1),
                can_less=_S.quantity > 1, can_more=_S.quantity < 4,
            ),
            class_name="form",
        )),
        class_name="split-even",
    )  # fmt: skip


def _labels() -> rx.Component:
    return card(
        _row(*(badge(tone, tone=tone) for tone in _TONES)),
        chips(
            chip(_("Theatre"), testid="chip-off"),
            chip(_("Music"), testid="chip-on", is_on=True),
            chip(_("Film"), testid="chip-link", href=page_at("/browse")),
            label=_("Category"),
        ),
    )


def _messages() -> rx.Component:
    return rx.el.div(
        *(
            notice(
                _("We lost the connection and are trying again. What you hold stays held."),
                title=tone, tone=tone, testid=f"notice-{tone}",
            )
            for tone in _TONES
        ),
        error_note(
            _("Sales not available"), _("Our database does not answer. Nothing was changed; please try again."),
            testid="error", on_retry=_S.answer,
        ),
        _row(
            toast(_("Saved. Applies from the next payment."), testid="toast", on_close=_S.answer),
            button(_("Show a toast"), testid="toast-show", on_click=ViewerState.tell(_("Saved. Applies from the next payment."))),
            button(_("Open a dialog"), testid="dialog-open", on_click=_S.ask),
        ),
        empty_state(
            _("No orders yet"),
            _("Orders from this browser and your account appear here."),
            testid="empty",
            action=link_button(_("See what is on"), page_at("/browse"), testid="empty-browse", tone="primary"),
        ),
        class_name="stack",
    )  # fmt: skip


def _cards() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.foreach(
                _S.cards,
                lambda row: listing_card(
                    href=row["href"], title=row["title"], when_text=row["when_text"], place=row["place"],
                    price=row["price"], poster_src=row["poster"], badge_text=row["badge"], badge_tone=row["badge_tone"],
                    testid=f"listing-{row['id']}",
                ),
            ),
            class_name="grid-cards",
        ),
        rx.foreach(
            _S.tickets,
            lambda row: ticket_card(
                title=_("Tickets"), when_text=_("Tomorrow"), place=_("Main hall"), unit=row["label"],
                qr_src=row["qr"], code=row["code"], testid=f"ticket-{row['id']}", is_used=row["is_void"],
            ),
        ),
        rx.el.div(
            card(
                details((_("When"), _("Tomorrow")), (_("Where"), _("Main hall")), testid="details"),
                title=_("A card"),
            ),
            rx.el.aside(
                card(price_lines(_bill(), total="€93.50", testid="bill"), title=_("A raised card"), is_raised=True),
                sticky_bar(
                    _("Total"), "€93.50", button(_("Pay now"), testid="bar-pay", tone="primary"), testid="bar"
                ),
            ),
            class_name="split",
        ),
        class_name="stack",
    )  # fmt: skip


def _bill() -> list[PriceLine]:
    return [
        PriceLine(label=_("Seats"), text="€85.00", note="2 × €42.50"),
        PriceLine(label=_("Fee for buying without an account"), text="€8.50", note=""),
    ]


def _tables() -> rx.Component:
    rows = [
        {"when": _("Today"), "total": "€93.50", "status": _("Paid"), "tone": "good"},
        {"when": _("Tomorrow"), "total": "€42.50", "status": _("Declined"), "tone": "danger"},
    ]
    chart = {"title": _("Payments over time"), "top": "12", "first": "1.", "last": "14.", "when_head": _("Day")}
    return rx.el.div(
        table(
            [
                Column(_("When"), lambda row: row["when"]),
                Column(_("Status"), lambda row: badge(row["status"], tone=row["tone"])),
                Column(_("Total"), lambda row: row["total"], "number"),
            ],
            rows,
            label=_("Orders"),
            testid="table",
            row_testid=lambda row: f"row-{row['total']}",
        ),
        rx.el.div(
            card(bar_chart(_S.bars, amount_head=_("Succeeded"), testid="chart-one", **chart)),
            card(bar_chart(_S.bars, amount_head=_("Succeeded"), other_head=_("Failed"), testid="chart-two", **chart)),
            card(
                share_list(
                    [
                        Share(label=_("Card declined"), text="6", percent=75),
                        Share(label=_("Expired card"), text="2", percent=25),
                    ],
                    title=_("Why payments failed"),
                    testid="shares",
                )
            ),
            rx.el.div(
                stat(_("Tickets sold"), "1,204", testid="stat", note=_("Selling fast")),
                stat(_("Revenue"), "€48,160", testid="stat-plain"),
                class_name="stats",
            ),
            class_name="split-even",
        ),
        class_name="stack",
    )


def _progress() -> rx.Component:
    under_way = [
        Step(label=_("Payment started"), detail="", state="done"),
        Step(label=_("The bank is checking the payment"), detail=_("Card number"), state="now"),
        Step(label=_("Paid"), detail="", state="todo"),
        Step(label=_("Refund failed"), detail="", state="failed"),
    ]
    trail = [
        TimelineItem(label=_("Order made"), at="2027-06-18T18:30:00Z", at_text="18:30", detail=""),
        TimelineItem(label=_("Paid"), at="2027-06-18T18:31:00Z", at_text="18:31", detail="€93.50"),
    ]
    return rx.el.div(
        card(
            rx.cond(_S.deadline != "", countdown(_S.deadline, _S.server_now, testid="countdown")),
            *(progress_bar(percent, label=_("Progress"), testid=f"progress-{percent}") for percent in (0, 40, 100)),
            steps(under_way, testid="steps", label=_("Payment")),
        ),
        card(timeline(trail, testid="timeline")),
        card(
            *(skeleton(shape) for shape in ("line", "title", "block")),
            skeleton_cards(2),
            testid="skeletons",
        ),
        class_name="split-even",
    )


def _dialog() -> rx.Component:
    return dialog(
        rx.el.p(_("It takes a few seconds and cannot be undone.")),
        title=_("Reset demo data?"),
        is_open=_S.is_asking,
        on_close=_S.answer,
        testid="dialog",
        actions=[
            button(_("Cancel"), testid="dialog-keep", on_click=_S.answer),
            button(_("Reset"), testid="dialog-confirm", tone="danger", on_click=_S.answer),
        ],
    )
