"""What is on: the cards of Home, and of Browse with its filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec

from marketplace import clock
from marketplace.catalog import queries
from marketplace.catalog.views import Genre, ListingFilters
from marketplace.db import transaction
from marketplace.state.cards import Card, card_of
from marketplace.state.viewer import ViewerState

ON_HOME = 12
ON_A_PAGE = 24


class BrowseState(ViewerState):
    """The filters live in the address, so that a page can be shared, reloaded and gone back to."""

    cards: list[Card] = []  # noqa: RUF012 - a Reflex var
    is_loading: bool = True
    text: str = ""
    category: str = ""
    has_more: bool = False

    _cursor: str | None = None

    @rx.event
    async def load_home(self) -> None:
        """What starts next."""
        await self._load(ListingFilters(), ON_HOME)

    @rx.event
    async def load(self) -> None:
        """What the address asks for."""
        asked = self.router.url.query_parameters
        self.text = asked.get("text", "")[:100]
        self.category = asked.get("category", "")
        await self._load(self._filters(), ON_A_PAGE)

    @rx.event
    async def more(self) -> None:
        """The next page, below this one."""
        await self._load(self._filters(), ON_A_PAGE, is_further=True)

    @rx.event
    def search(self, form: dict[str, Any]) -> EventSpec:
        """Put what was typed into the address; the page fills itself from there."""
        wanted = {"text": str(form.get("text", ""))[:100].strip(), "category": self.category}
        return rx.redirect(f"/browse?{urlencode({name: value for name, value in wanted.items() if value})}")

    def _filters(self) -> ListingFilters:
        category = self.category if self.category in set(Genre) else None
        return ListingFilters(text=self.text or None, category=category)

    async def _load(self, filters: ListingFilters, limit: int, *, is_further: bool = False) -> None:
        cursor = self._cursor if is_further else None
        async with transaction(reading=True) as session:
            page = await queries.listing_cards(session, filters, clock.now(), cursor=cursor, limit=limit)
        found = [card_of(listing) for listing in page.items]
        self.cards = [*self.cards, *found] if is_further else found
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.is_loading = False
