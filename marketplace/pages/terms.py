"""How buying works here: what a buyer agrees to, in words that nobody needs a lawyer for.

Whoever runs a marketplace of their own writes theirs here.
"""

from __future__ import annotations

import reflex as rx

from marketplace.components.shell import page_header
from marketplace.i18n import _
from marketplace.pages.frame import frame


def terms() -> rx.Component:
    return frame(
        rx.el.div(
            page_header(_("How buying works"), lead=_("What you can count on, and what you agree to.")),
            *(
                rx.el.section(rx.el.h2(heading), *map(rx.el.p, paragraphs), class_name="stack stack-tight")
                for heading, *paragraphs in _sections()
            ),
            class_name="stack prose",
        )
    )


def _sections() -> tuple[tuple[str, ...], ...]:
    """A heading, then paragraphs."""
    return (
        (
            _("Sellers"),
            _("Every event is sold by the shop that its page names, and takes place with them."),
            _("We run the marketplace: we keep your places, take your payment and send your tickets."),
        ),
        (
            _("Your places"),
            _("What you pick is yours alone until the clock beside it ends. You can ask for more time once."),
            _("Nothing is sold twice. If you do not pay in time, the places go back to everybody."),
        ),
        (
            _("The price"),
            _("You see the whole sum, with each fee named, before you pay. Nothing is added later."),
            _("Buying without an account may cost a fee; the page of each event says how much."),
        ),
        (
            _("Paying"),
            _("You are charged once, however often a button was pressed or a connection lost."),
            _("Money that comes too late or twice goes back to you in full, by itself."),
        ),
        (
            _("Tickets"),
            _("Each ticket admits one person, once. Whoever shows its code first is let in: keep it to yourself."),
        ),
        (
            _("Cancelling"),
            _("The page of each event says until when you can cancel and how much comes back."),
            _("Before you confirm, you see the exact sum. It goes back the way you paid."),
            _("If the event is cancelled, you get a full refund, fees included."),
            _("If its time or place changes, we write to you, and your right to cancel never gets worse by it."),
        ),
        (
            _("What we know of you"),
            _("We ask for your name and mail address to let you in and to write to you. Only the shop sees them, too."),
            _("With an account you can take all your data with you, and erase it, at any time."),
        ),
    )
