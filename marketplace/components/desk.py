"""What a seller's desk is made of: a plan's way in, a hall as a picture, the beat of a sale."""

from __future__ import annotations

import reflex as rx

from marketplace import limits
from marketplace.addresses import RENEWAL
from marketplace.components.values import Handler, Text


class PlanFile(rx.Component):
    """The hand-written React part of assets/planfile.js."""

    library = "$/public/planfile.js"
    tag = "PlanFile"

    seller_id: rx.Var[str]
    words: rx.Var[dict[str, str]]
    renewal: rx.Var[str]
    largest: rx.Var[int]

    on_kept: rx.EventHandler[rx.event.passthrough_event_spec(str)]


def plan_file(seller_id: Text, *, words: dict[str, str], on_kept: Handler, testid: Text) -> rx.Component:
    """A place to drop a seat plan on. `on_kept` is told the id of a good one; a bad one's errors are listed and drawn.

    `words`: drop, hint, busy, tooLarge, away, nothingKept, drawing, showAll.
    """
    return PlanFile.create(
        seller_id=seller_id, words=words, renewal=RENEWAL, largest=limits.PLAN, on_kept=on_kept, data_testid=testid
    )


class Pulse(rx.Component):
    """The hand-written React part of assets/pulse.js."""

    library = "$/public/pulse.js"
    tag = "Pulse"

    stream_url: rx.Var[str]
    seats_url: rx.Var[str]

    on_beat: rx.EventHandler[rx.event.no_args_event_spec]


def pulse(*, stream_url: Text, seats_url: Text, on_beat: Handler) -> rx.Component:
    """Nothing to see: fires `on_beat` when seats of a listing have changed, at most every two seconds."""
    return Pulse.create(stream_url=stream_url, seats_url=seats_url, on_beat=on_beat)


def sketch(src: Text, *, alt: Text, testid: Text) -> rx.Component:
    """A hall as a picture."""
    return rx.el.figure(
        rx.el.img(src=src, alt=alt, data_testid=testid, custom_attrs={"decoding": "async"}), class_name="plan-sketch"
    )
