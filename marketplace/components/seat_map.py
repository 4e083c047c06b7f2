"""The live seat map: assets/seatmap.js, given to pages as a component."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import reflex as rx

from marketplace.components.values import Flag, Handler, Number, Text, given
from marketplace.i18n import _


class SeatMap(rx.Component):
    """The hand-written React part; the shapes of its props and events stand in `seat_map`."""

    library = "$/public/seatmap.js"
    tag = "SeatMap"

    plan_url: rx.Var[str]
    stream_url: rx.Var[str]
    seats_url: rx.Var[str]
    prices: rx.Var[dict[str, Any]]
    mine: rx.Var[list[str]]
    most: rx.Var[int]
    busy: rx.Var[bool]
    disabled: rx.Var[bool]
    debugged: rx.Var[bool]
    words: rx.Var[dict[str, str]]

    on_pick: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    on_drop: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    on_best: rx.EventHandler[rx.event.passthrough_event_spec(dict[str, Any])]
    on_standing: rx.EventHandler[rx.event.passthrough_event_spec(dict[str, Any])]
    on_lost: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]


def seat_map(
    *,
    plan_url: Text,
    stream_url: Text,
    seats_url: Text,
    prices: Mapping[str, Any] | rx.Var[Any],
    mine: list[str] | rx.Var[Any],
    on_pick: Handler,
    on_drop: Handler,
    on_best: Handler = None,
    on_standing: Handler = None,
    on_lost: Handler = None,
    most: Number = 8,
    is_busy: Flag = False,
    is_disabled: Flag = False,
    words: Mapping[str, str] | None = None,
    testid: Text = "seat-picker",
    is_debugged: Flag = False,
) -> rx.Component:
    """The hall of one listing, as everybody sees it now, with what the viewer holds.

    `prices` maps a category's name to {"amount": minor units, "currency", "text"}; a category without a price is not
    for sale. `mine` are the viewer's units ("seat:<guid>", "stand:<area>:<n>").

    `on_pick` and `on_drop` are told a list of units, `on_best` {"quantity", "maxAmount" (minor units or None),
    "category" (name or None)}, `on_standing` {"area": guid, "quantity": how many more}, `on_lost` a list of units that ran
    out while the viewer looked on. The map shows a wish at once
    and takes it back unless `mine` grants it: set `is_busy` while an answer is made, so that it knows when it has come.

    `words` are said instead of the map's own of the same names. `is_debugged` gives tests `window.holdfastSeatMap`:
    for pages where the lab is open, and nowhere else.
    """
    return SeatMap.create(
        plan_url=plan_url,
        stream_url=stream_url,
        seats_url=seats_url,
        prices=prices,
        mine=mine,
        most=most,
        busy=is_busy,
        disabled=is_disabled,
        debugged=is_debugged,
        words={**_words(), **(words or {})},
        on_pick=on_pick,
        on_drop=on_drop,
        data_testid=testid,
        **given(
            on_best=on_best,
            on_standing=on_standing,
            on_lost=on_lost,
        ),
    )


def _words() -> dict[str, str]:
    """What the map says; it fills in {n}, {seat}, {price} and the like itself."""
    return {
        "label": _("Seat map"),
        "help": _(
            "Arrow keys move from seat to seat, Enter takes or lets go of one, plus and minus zoom, 0 shows the whole hall."
        ),
        "map": _("Map"),
        "list": _("List"),
        "view": _("How to show the seats"),
        "legend": _("Show only some prices"),
        "free": _("{n} left"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fit": _("Show the whole hall"),
        "inRow": _("row {row}"),
        "seat": _("seat {number}"),
        "taken": _("Taken"),
        "yours": _("Yours"),
        "notForSale": _("Not for sale"),
        "open": _("Available"),
        "picking": _("Picking {seat}…"),
        "asked": _("Picking…"),
        "notSent": _("That did not reach us, so nothing was picked. Please try again."),
        "picked": _("{seat} is yours. {n} of {most} places."),
        "dropped": _("{seat} is free again."),
        "isTaken": _("{seat} is taken."),
        "refused": _("Someone was quicker: {seats}."),
        "tooMany": _("You can take at most {most} places."),
        "closed": _("Seats cannot be taken right now."),
        "row": _("Row {row}"),
        "chosen": _("{n} of {most} places"),
        "nothing": _("No places yet"),
        "lost": _("The connection is gone. The seats shown may be out of date; we are trying again."),
        "paused": _("Sales are paused."),
        "loading": _("Drawing the hall…"),
        "failed": _("The seat map did not load."),
        "retry": _("Try again"),
        "quantity": _("Places together"),
        "upTo": _("Price each"),
        "anyPrice": _("Any price"),
        "upToPrice": _("Up to {price}"),
        "best": _("Find the best"),
        "found": _("Found: {seats}."),
        "standing": _("Standing"),
        "places": _("{n} left"),
        "yourPlaces": _("{n} yours"),
        "more": _("One more: {area}"),
        "fewer": _("One fewer: {area}"),
    }
