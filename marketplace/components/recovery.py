"""The codes for the day when an authenticator is lost, shown once."""

from __future__ import annotations

import reflex as rx

from marketplace.addresses import RENEWAL
from marketplace.components.values import Handler, Node


class RecoveryCodes(rx.Component):
    """The hand-written React part of assets/recovery.js."""

    library = "$/public/recovery.js"
    tag = "RecoveryCodes"

    words: rx.Var[dict[str, str]]
    renewal: rx.Var[str]

    on_refused: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_kept: rx.EventHandler[rx.event.no_args_event_spec]


def recovery_codes(*children: Node, words: dict[str, str], on_refused: Handler, on_kept: Handler) -> rx.Component:
    """`children` until a form among them that carries `data-confirms` has been sent; then the codes in their place.

    The browser asks the API for them: they pass through no State. `on_refused` is told why a code was not taken.
    `words`: title, hint, kept, away.
    """
    return RecoveryCodes.create(*children, words=words, renewal=RENEWAL, on_refused=on_refused, on_kept=on_kept)
