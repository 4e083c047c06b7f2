"""Every component in every state, beside the colours, type and space that they are made of. In development only."""

from __future__ import annotations

from typing import get_args

import reflex as rx

from marketplace.components.buttons import ButtonTone, button, icon_button, link_button
from marketplace.components.cards import card, facts, listing_card, stat, ticket_card
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
from marketplace.components.theme import LIGHT, RADII, SHADOWS_LIGHT, SIZES, SPACES
from marketplace.components.values import Choice, Link, PriceLine, Share, Step, TimelineItem, Tone
from marketplace.pages.frame import frame
from marketplace.state.styleguide import StyleguideState
from marketplace.words import page_at, say

_S = StyleguideState

_TONES: tuple[Tone, ...] = get_args(Tone)


def styleguide() -> rx.Component:
    parts = {
        "colours": (say("Colours"), _colours),
        "type": (say("Type and space"), _type_and_space),
        "buttons": (say("Buttons"), _buttons),
        "fields": (say("Fields"), _fields),
        "labels": (say("Labels"), _labels),
        "messages": (say("Messages"), _messages),
        "cards": (say("Cards"), _cards),
        "tables": (say("Tables and charts"), _tables),
        "progress": (say("Progress"), _progress),
    }
    return frame(
        page_header(say("Style guide"), lead=say("What every page is made of. Only where the lab is open.")),
        tabs(
            [Link(label=name, href=f"#{id}", testid=f"to-{id}") for id, (name, _) in parts.items()],
            current="",
            label=say("Parts"),
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
        return _named(f"size-{name}", rx.el.p(say("Held fast until it is yours."), style=look))

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
                button(say("Pay now"), testid=f"button-{tone}", tone=tone),
                button(say("Pay now"), testid=f"button-{tone}-large", tone=tone, is_large=True),
                button(say("Pay now"), testid=f"button-{tone}-icon", tone=tone, icon_name="ticket"),
                button(say("Paying"), testid=f"button-{tone}-busy", tone=tone, is_busy=True),
                button(say("Pay now"), testid=f"button-{tone}-disabled", tone=tone, is_disabled=True),
                link_button(say("Browse"), page_at("/browse"), testid=f"link-{tone}", tone=tone),
            )
            for tone in tones
        ),
        button(say("Pay now"), testid="button-wide", tone="primary", is_wide=True),
        _row(
            icon_button("close", say("Close"), testid="button-close"),
            icon_button("copy", say("Copy"), testid="button-copy"),
        ),
        _row(*(_named(name, icon(name)) for name in _icons())),
    )


def _icons() -> tuple[IconName, ...]:
    names: tuple[IconName, ...] = get_args(IconName)
    return names


def _fields() -> rx.Component:
    ways = [Choice(value="card", label=say("Card number")), Choice(value="code", label=say("Code"))]
    wrong = say("Give a number.")
    return rx.el.div(
        card(rx.el.div(
            field(say("Name"), name="name", testid="field-plain", hint=say("Buyers see it on every listing.")),
            field(say("Price"), name="price", testid="field-wrong", default_value="1O", error=wrong),
            field(say("E-mail"), name="email", testid="field-disabled", kind="email", is_disabled=True),
            field(say("Day"), name="day", testid="field-day", kind="date"),
            field(say("Time"), name="time", testid="field-time", kind="time"),
            field(say("Starts"), name="starts", testid="field-moment", kind="datetime-local"),
            search_field(say("Search"), name="text", testid="field-search", placeholder=say("Title, place or city")),
            class_name="form",
        )),
        card(rx.el.div(
            select(say("Where"), ways, name="way", testid="select-plain", any_text=say("Anywhere")),
            select(say("Where"), ways, name="wrong", testid="select-wrong", error=wrong),
            text_area(say("Story"), name="story", testid="area-plain", rows="3"),
            text_area(say("Story"), name="wrong-story", testid="area-wrong", rows="3", error=wrong),
            checkbox(say("Out of order"), name="box", testid="box", default_checked=True),
            choices(
                say("Payment"),
                choice(say("Card number"), name="pay", value="card", testid="choice-card", detail=say("Expires")),
                choice(say("Code"), name="pay", value="code", testid="choice-code"),
                testid="choices",
            ),
            stepper(
                say("Standing"), _S.quantity, testid="stepper", on_less=_S.count(-1), on_more=_S.count(1),
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
            chip(say("Theatre"), testid="chip-off"),
            chip(say("Music"), testid="chip-on", is_on=True),
            chip(say("Film"), testid="chip-link", href=page_at("/browse")),
            label=say("Category"),
        ),
    )


def _messages() -> rx.Component:
    return rx.el.div(
        *(
            notice(
                say("We lost the connection and are trying again. What you hold stays held."),
                title=tone, tone=tone, testid=f"notice-{tone}",
            )
            for tone in _TONES
        ),
        error_note(
            say("We cannot show these sales"), say("Our database does not answer. Nothing was changed; please try again."),
            testid="error", on_retry=_S.answer,
        ),
        _row(
            toast(say("Kept. The next payment goes by it."), testid="toast", on_close=_S.answer),
            button(say("Say it in passing"), testid="toast-show", on_click=_S.tell(say("Kept. The next payment goes by it."))),
            button(say("Open a dialog"), testid="dialog-open", on_click=_S.ask),
        ),
        empty_state(
            say("No orders yet"),
            say("What you buy in this browser, or with your account, shows up here."),
            testid="empty",
            action=link_button(say("See what is on"), page_at("/browse"), testid="empty-browse", tone="primary"),
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
                title=say("Tickets"), when_text=say("Tomorrow"), place=say("Main hall"), unit=row["label"],
                qr_src=row["qr"], code=row["code"], testid=f"ticket-{row['id']}", is_used=row["is_void"],
            ),
        ),
        rx.el.div(
            card(
                facts((say("When"), say("Tomorrow")), (say("Where"), say("Main hall")), testid="facts"),
                title=say("A card"),
            ),
            rx.el.aside(
                card(price_lines(_bill(), total="€93.50", testid="bill"), title=say("A raised card"), is_raised=True),
                sticky_bar(
                    say("Total"), "€93.50", button(say("Pay now"), testid="bar-pay", tone="primary"), testid="bar"
                ),
            ),
            class_name="split",
        ),
        class_name="stack",
    )  # fmt: skip


def _bill() -> list[PriceLine]:
    return [
        PriceLine(label=say("Seats"), text="€85.00", note="2 × €42.50"),
        PriceLine(label=say("Fee for buying without an account"), text="€8.50", note=""),
    ]


def _tables() -> rx.Component:
    rows = [
        {"when": say("Today"), "total": "€93.50", "status": say("Paid"), "tone": "good"},
        {"when": say("Tomorrow"), "total": "€42.50", "status": say("Declined"), "tone": "danger"},
    ]
    chart = {"title": say("Payments over time"), "top": "12", "first": "1.", "last": "14.", "when_head": say("Day")}
    return rx.el.div(
        table(
            [
                Column(say("When"), lambda row: row["when"]),
                Column(say("Status"), lambda row: badge(row["status"], tone=row["tone"])),
                Column(say("Total"), lambda row: row["total"], "number"),
            ],
            rows,
            label=say("Orders"),
            testid="table",
            row_testid=lambda row: f"row-{row['total']}",
        ),
        rx.el.div(
            card(bar_chart(_S.bars, amount_head=say("Succeeded"), testid="chart-one", **chart)),
            card(
                bar_chart(_S.bars, amount_head=say("Succeeded"), other_head=say("Failed"), testid="chart-two", **chart)
            ),
            card(
                share_list(
                    [
                        Share(label=say("Card declined"), text="6", percent=75),
                        Share(label=say("Expired card"), text="2", percent=25),
                    ],
                    title=say("Why payments failed"),
                    testid="shares",
                )
            ),
            rx.el.div(
                stat(say("Tickets sold"), "1,204", testid="stat", note=say("Selling fast")),
                stat(say("Revenue"), "€48,160", testid="stat-plain"),
                class_name="stats",
            ),
            class_name="split-even",
        ),
        class_name="stack",
    )


def _progress() -> rx.Component:
    under_way = [
        Step(label=say("Payment started"), detail="", state="done"),
        Step(label=say("The bank is checking the payment"), detail=say("Card number"), state="now"),
        Step(label=say("Paid"), detail="", state="todo"),
        Step(label=say("Refund failed"), detail="", state="failed"),
    ]
    trail = [
        TimelineItem(label=say("Order made"), at="2027-06-18T18:30:00Z", at_text="18:30", detail=""),
        TimelineItem(label=say("Paid"), at="2027-06-18T18:31:00Z", at_text="18:31", detail="€93.50"),
    ]
    return rx.el.div(
        card(
            rx.cond(_S.deadline != "", countdown(_S.deadline, _S.server_now, testid="countdown")),
            *(progress_bar(percent, label=say("Progress"), testid=f"progress-{percent}") for percent in (0, 40, 100)),
            steps(under_way, testid="steps", label=say("Payment")),
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
        rx.el.p(say("It takes a few seconds and cannot be undone.")),
        title=say("Start the world anew?"),
        is_open=_S.is_asking,
        on_close=_S.answer,
        testid="dialog",
        actions=[
            button(say("Keep everything"), testid="dialog-keep", on_click=_S.answer),
            button(say("Start anew"), testid="dialog-confirm", tone="danger", on_click=_S.answer),
        ],
    )
