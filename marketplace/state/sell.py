"""A shop at a glance: its listings, how they sell, and what to do next."""

from __future__ import annotations

import base64
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from typing_extensions import TypedDict

from marketplace import clock, datetimes
from marketplace.accounts import actions as accounts
from marketplace.accounts import queries as people
from marketplace.accounts.views import Actor, SellerView
from marketplace.bookings import sales
from marketplace.catalog import currencies, queries, writing
from marketplace.catalog.views import DraftCard, ListingCard, Status
from marketplace.components.values import Tone
from marketplace.db import Session, transaction
from marketplace.errors import Invalid
from marketplace.i18n import _, page_at
from marketplace.ids import ListingId, ResourceId, SellerId
from marketplace.inventory import queries as inventory
from marketplace.kinds.seats import queries as seat_plans
from marketplace.money import Money
from marketplace.paging import MOST_PER_PAGE
from marketplace.posters.drawing import Poster, poster_svg
from marketplace.state import formatting
from marketplace.state.viewer import actor_of, fetch_cookies, zone_of

_OVER = {Status.CLOSED, Status.CANCELLED}


class ListingRow(TypedDict):
    id: str
    href: str
    title: str
    when_text: str
    badge: str
    tone: Tone
    poster: str
    sold_text: str
    percent: int
    revenue: str


class Todo(TypedDict):
    """One thing on the way to the first sale; `state` is done or open."""

    key: str
    label: str
    detail: str
    href: str
    state: str


class SellState(rx.State):
    is_loading: bool = True
    needs_login: bool = False
    has_shop: bool = False
    is_suspended: bool = False
    shop: str = ""
    name_error: str = ""
    about_error: str = ""
    on_sale: list[ListingRow] = []  # noqa: RUF012 - a Reflex var
    drafts: list[ListingRow] = []  # noqa: RUF012
    over: list[ListingRow] = []  # noqa: RUF012
    todo: list[Todo] = []  # noqa: RUF012
    is_ready: bool = True
    """Whether nothing is left to do before the first sale."""
    sold_text: str = ""
    sold_note: str = ""
    revenue_text: str = ""
    open_text: str = ""

    is_verified: bool = True
    email: str = ""
    _shop_id: str = ""

    @rx.event
    async def load(self) -> None:
        self.is_loading, self.needs_login, self.has_shop = True, False, False
        self.name_error = self.about_error = ""
        actor = await actor_of(self)
        if actor.account is None:
            self.needs_login, self.is_loading = True, False
            return
        async with transaction(reading=True) as session:
            account = await people.account_view(session, actor.account)
            self.is_verified, self.email = account.verified_at is not None, account.email
            if not account.sellers:
                self.is_loading = False
                return
            if not {shop.id for shop in account.sellers} <= actor.sellers:
                await self._learn_of_the_shop()
                return
            await self._look(session, actor, account.sellers[0])
        self.has_shop, self.is_loading = True, False

    @rx.event
    async def open_shop(self, form: dict[str, Any]) -> None:
        """Open a shop, and have the log-in say so."""
        self.name_error = self.about_error = ""
        actor = await actor_of(self)
        try:
            async with transaction() as session:
                account = actor.must_have_account()
                await accounts.open_shop(
                    session, account, name=str(form.get("name", "")), about=str(form.get("about", "")), now=clock.now()
                )
        except Invalid as refused:
            errors = {field_error.field: field_error.message for field_error in refused.errors}
            self.name_error, self.about_error = errors.get("name", ""), errors.get("about", "")
            return
        await self._learn_of_the_shop()

    @rx.event
    async def begin(self) -> EventSpec | None:
        """A fresh listing to write on."""
        actor = await actor_of(self)
        if not actor.sellers:
            return rx.redirect(page_at("/sell"))
        async with transaction() as session:
            shop = (await people.account_view(session, actor.must_have_account())).sellers[0]
            id = await writing.begin(session, actor, shop.id, clock.now(), zone=zone_of(self))
        return rx.redirect(page_at(f"/sell/{id}/edit"), replace=True)

    async def _learn_of_the_shop(self) -> None:
        """What somebody may do stands in their access token: fetch one that knows of the new shop."""
        await fetch_cookies(self, page_at("/sell"))

    async def _look(self, session: Session, actor: Actor, shop: SellerView) -> None:
        now = clock.now()
        self._shop_id, self.shop, self.is_suspended = shop.id, shop.name, shop.is_suspended
        page = await queries.shop_listings(session, actor, shop.id, now, limit=MOST_PER_PAGE)
        drafts = await queries.unlisted_drafts(session, actor, shop.id)
        plans = await seat_plans.plans_of(session, actor, SellerId(shop.id))
        ids = [card.id for card in page.items]
        sold = await inventory.sold_counts(session, [ResourceId(id) for id in ids])
        revenues = await sales.revenues(session, ids)
        ordered = await sales.tickets_ordered(session, ids)
        capacities = await queries.capacities_of(session, ids)
        cards = {
            card: _row(card, sold.get(ResourceId(card.id), 0), capacities.get(card.id, 0), revenues.get(card.id))
            for card in page.items
        }
        public = [card for card in page.items if card.status is not Status.DRAFT]
        self.on_sale = [cards[card] for card in public if card.status not in _OVER]
        self.drafts = [_unlisted(draft, shop) for draft in drafts]
        self.drafts += [cards[card] for card in page.items if card.status is Status.DRAFT]
        self.over = [cards[card] for card in reversed(public) if card.status in _OVER]
        self._sum_up(sum(sold.values()), sum(ordered.values()), revenues)
        self.todo = _todo(shop, has_plan=bool(plans), has_draft=bool(page.items or drafts), has_listing=bool(public))
        self.is_ready = all(entry["state"] == "done" for entry in self.todo)

    def _sum_up(self, sold: int, ordered: int, revenues: dict[ListingId, Money]) -> None:
        totals: dict[str, Money] = {}
        for amount in revenues.values():
            totals[amount.currency] = totals.get(amount.currency, Money.zero(amount.currency)) + amount
        self.open_text = str(len(self.on_sale))
        self.sold_text = formatting.count_text(sold)
        self.sold_note = formatting.elsewhere_text(sold - ordered) if sold > ordered else ""
        self.revenue_text = formatting.amounts_text(totals.values(), Money.zero(currencies.USUAL).text())


def _row(card: ListingCard, sold: int, capacity: int, revenue: Money | None) -> ListingRow:
    badge, tone = formatting.listing_badge(card.status)
    is_draft = card.status is Status.DRAFT
    return ListingRow(
        id=card.id, href=page_at(f"/sell/{card.id}/edit") if is_draft else page_at(f"/sell/{card.id}"), title=card.title,
        when_text=f"{datetimes.short(card.starts_at, card.zone)} · {card.place_name}, {card.city}",
        badge=badge or _("On sale"), tone=tone if badge else "good",
        poster=draft_poster(card) if is_draft else card.poster_url,
        sold_text="" if is_draft else _(
            "{sold} of {capacity} sold", sold=formatting.count_text(sold), capacity=formatting.count_text(capacity)
        ),
        percent=round(100 * sold / capacity) if capacity else 0,
        revenue="" if is_draft else (revenue or Money.zero(_currency(card))).text(),
    )  # fmt: skip


def _currency(card: ListingCard) -> str:
    return card.price_from.currency if card.price_from is not None else currencies.USUAL


def _unlisted(draft: DraftCard, shop: SellerView) -> ListingRow:
    return ListingRow(
        id=draft.id, href=page_at(f"/sell/{draft.id}/edit"), title=draft.title.strip() or _("Untitled listing"),
        when_text=_("Changed {when}", when=datetimes.short(draft.changed_at, "UTC")),
        badge=formatting.listing_badge(Status.DRAFT)[0], tone="neutral",
        poster=poster_of(
            Poster(title=draft.title, category="theatre", seed=draft.id, place="", starts_at=None, zone="UTC")
        ),
        sold_text="", percent=0, revenue="",
    )  # fmt: skip


def draft_poster(card: ListingCard) -> str:
    """The poster of what nobody else can see yet, as an address that holds all of it."""
    return poster_of(
        Poster(
            title=card.title, category=card.category, seed=card.slug, place=card.place_name, starts_at=card.starts_at,
            zone=card.zone,
        )
    )  # fmt: skip


def poster_of(poster: Poster) -> str:
    svg = poster_svg(poster)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _todo(shop: SellerView, *, has_plan: bool, has_draft: bool, has_listing: bool) -> list[Todo]:
    entries = [
        ("shop", _("Open your shop"), shop.name, "", True),
        (
            "plan",
            _("Add a seat plan"),
            _("Import a plan or generate a simple hall."),
            page_at("/sell/new"),
            has_plan,
        ),
        (
            "draft",
            _("Create your first listing"),
            _("Title, place, date and prices."),
            page_at("/sell/new"),
            has_draft,
        ),
        ("listing", _("Publish"), _("We show you what is still missing."), "", has_listing),
    ]
    return [
        Todo(key=key, label=label, detail=detail, href=href, state="done" if is_done else "open")
        for key, label, detail, href, is_done in entries
    ]
