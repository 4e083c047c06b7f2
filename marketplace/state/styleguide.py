"""What the components of the style guide are given that must move, or must come from the demo world."""

from __future__ import annotations

from datetime import timedelta

import reflex as rx

from marketplace import clock
from marketplace.bookings.views import TicketView
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import ListingFilters
from marketplace.components.values import Bar
from marketplace.db import transaction
from marketplace.i18n import _
from marketplace.ids import TicketId
from marketplace.lab.gate import must_be_open
from marketplace.state import charts
from marketplace.state.cards import Card, card_of
from marketplace.state.charts import Point
from marketplace.state.orders import TicketRow, ticket_row

CARDS = 3


class StyleguideState(rx.State):
    """Nothing of it is kept, and nothing happens."""

    cards: list[Card] = []  # noqa: RUF012 - a Reflex var
    tickets: list[TicketRow] = []  # noqa: RUF012
    bars: list[Bar] = []  # noqa: RUF012
    deadline: str = ""
    server_now: str = ""
    quantity: int = 2
    is_asking: bool = False

    @rx.event
    async def load(self) -> None:
        must_be_open()
        now = clock.now()
        async with transaction(reading=True) as session:
            page = await catalog.listing_cards(session, ListingFilters(), now, limit=CARDS)
        self.cards = [card_of(listing) for listing in page.items]
        self.tickets = [
            ticket_row(TicketView(TicketId.new(), "", "C 12", _("Standing"), "holdfast", is_void=is_void))
            for is_void in (False, True)
        ]
        self.bars = charts.bars(
            [Point(f"{day}.", day * 7 % 11, str(day * 7 % 11), day % 4, str(day % 4)) for day in range(1, 15)]
        )
        self.deadline, self.server_now = (now + timedelta(minutes=9)).isoformat(), now.isoformat()
        self.is_asking = False

    @rx.event
    def count(self, by: int) -> None:
        self.quantity = min(4, max(1, self.quantity + by))

    @rx.event
    def ask(self) -> None:
        self.is_asking = True

    @rx.event
    def answer(self) -> None:
        self.is_asking = False
