"""Home and Browse: what is on."""

from __future__ import annotations

from typing import Any

import reflex as rx

from marketplace.catalog.kind import kinds
from marketplace.catalog.views import Genre, Sort
from marketplace.components.buttons import button, link_button
from marketplace.components.cards import listing_card
from marketplace.components.feedback import SEEN_AT_ONCE, cards_on_their_way, empty_state, skeleton_cards
from marketplace.components.forms import checkbox, field, search_field, select
from marketplace.components.icons import icon
from marketplace.components.labels import chip, chips
from marketplace.components.shell import address, page_header
from marketplace.components.values import Choice, Flag, Text
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame
from marketplace.state.browse import ON_A_SHELF, ActiveFilter, BrowseState, HomeState
from marketplace.state.cards import Card
from marketplace.state.filters import BROWSE, SPANS, Filters, genre_text, sort_text, span_text

TYPED = 250
"""Milliseconds without another key before the list answers."""

PANEL = "filters"
"""Id of the panel of filters: beside the list where there is room, above the page on a phone."""


def home() -> rx.Component:
    return frame(
        rx.el.section(
            page_header(
                _("Seats that are yours the moment you pick them."),
                lead=_("Held while you pay. Sold once. Every cent shown."),
            ),
            search_form(),
            chips(
                *(
                    chip(span_text(span), testid=f"home-{span}", href=Filters(when=span).address)
                    for span in ("today", "weekend", "week")
                ),
                label=_("When"),
            ),
            class_name="hero",
        ),
        _shelf(_("Coming up"), HomeState.soon, Filters(), testid="soon", count=2 * ON_A_SHELF, is_top=True),
        _shelf(_("Selling fast"), HomeState.fast, Filters(sort=Sort.SELLING_FAST), testid="fast"),
        rx.cond(
            HomeState.near,
            rx.el.section(
                _shelf_head(HomeState.near_text, HomeState.near_href, testid="near"),
                _cards(HomeState.near),
                class_name="section",
            ),
        ),
        rx.el.section(
            rx.el.h2(_("What are you in the mood for?")),
            rx.el.div(
                *(
                    rx.el.a(
                        genre_text(genre), href=Filters(category=genre).address, class_name="tile", data_genre=genre.value,
                        data_testid=f"home-{genre}",
                    )
                    for genre in Genre
                ),
                class_name="tiles",
            ),
            class_name="section",
        ),
        current="/",
    )  # fmt: skip


def browse() -> rx.Component:
    return frame(
        page_header(_("What is on")),
        rx.el.form(
            search_field(
                _("Search"),
                name="text",
                testid="search",
                placeholder=_("Title, place or city"),
                default_value=BrowseState.filters.text,
                on_change=lambda text: BrowseState.typed("text", text, BrowseState.search_edition).debounce(TYPED),
            ),
            button(_("Search"), testid="search-go", kind="submit"),
            rx.el.button(
                icon("filter"), _("Filters"), type="button", class_name="button only-narrow", data_testid="filters-open",
                custom_attrs={"popoverTarget": PANEL},
            ),
            on_submit=BrowseState.search,
            class_name="search-form",
            role="search",
            key=BrowseState.search_edition,
        ),
        _genres(),
        rx.el.div(_panel(), _results(), class_name="browse"),
        address(BrowseState.address),
        current=BROWSE,
    )  # fmt: skip


def search_form() -> rx.Component:
    """A search that leads to Browse, from anywhere."""
    return rx.el.form(
        search_field(_("Search"), name="text", testid="search", placeholder=_("Title, place or city")),
        button(_("Search"), testid="search-go", kind="submit", tone="primary"),
        on_submit=HomeState.search,
        class_name="search-form",
        role="search",
    )


def _shelf(
    title: str, cards: Any, more: Filters, *, testid: str, count: int = ON_A_SHELF, is_top: bool = False
) -> rx.Component:
    """A heading and a row of cards; nothing at all where there is nothing to show."""
    section = rx.el.section(
        _shelf_head(title, more.address, testid=testid),
        rx.cond(HomeState.is_loading, skeleton_cards(count), _cards(cards, is_top=is_top)),
        class_name="section",
    )
    return rx.cond(HomeState.is_loading, section, rx.cond(cards, section))


def _shelf_head(title: Text, href: Text, *, testid: str) -> rx.Component:
    return rx.el.div(
        rx.el.h2(title),
        rx.el.a(_("See all"), rx.el.span(f": {title}", class_name="visually-hidden"), href=href, data_testid=f"{testid}-all"),
        class_name="shelf-head",
    )  # fmt: skip


def _genres() -> rx.Component:
    """The categories as links that keep no other filter: a fresh start."""
    return chips(
        chip(_("All"), testid="genre-all", href=page_at(BROWSE), is_on=BrowseState.filters.category == ""),
        *(
            chip(
                genre_text(genre), testid=f"genre-{genre}", href=Filters(category=genre).address,
                is_on=BrowseState.filters.category == genre.value,
            )
            for genre in Genre
        ),
        label=_("Categories"),
        scrolls=True,
    )  # fmt: skip


def _panel() -> rx.Component:
    chosen = BrowseState.filters
    return rx.el.aside(
        rx.el.form(
            _choice("when", _("When"), [Choice(value=span, label=span_text(span)) for span in SPANS], _("Any day")),
            rx.el.div(
                _typed("start", _("From"), "date"), _typed("end", _("Until"), "date"), class_name="form-row"
            ),
            _choice("place", _("Where"), BrowseState.cities, _("Anywhere")),
            rx.el.div(
                _price("least", _("Price from"), BrowseState.least),
                _price("most", _("Price up to"), BrowseState.most),
                class_name="form-row",
            ),
            select(
                _("Currency"), BrowseState.currencies, name="currency", testid="filter-currency",
                value=BrowseState.currency, on_change=lambda value: BrowseState.narrow("currency", value),
            ),
            *(
                [_choice("kind", _("What"), [Choice(value=its.name, label=its.title) for its in kinds()], _("Anything"))]
                if len(kinds()) > 1
                else []
            ),
            checkbox(
                _("Available now only"), name="available", testid="filter-available",
                is_on=chosen.available == "1", on_change=lambda is_on: BrowseState.narrow("available", is_on),
            ),
            class_name="form",
            # Enter in a field must not leave the page: what it says is known already.
            on_submit=rx.prevent_default,
            key=BrowseState.edition,
        ),
        rx.el.button(
            _("Show {count}", count=BrowseState.count_text), type="button",
            class_name="button button-primary button-wide only-narrow", data_testid="filters-close",
            custom_attrs={"popoverTarget": PANEL, "popoverTargetAction": "hide"},
        ),
        id=PANEL,
        class_name="filters",
        aria_label=_("Filters"),
        custom_attrs={"popover": "auto"},
    )  # fmt: skip


def _choice(name: str, label: str, choices: Any, any_text: str) -> rx.Component:
    """A filter that is chosen from a list; the first choice is not to filter."""
    return select(
        label, choices, name=name, testid=f"filter-{name}", any_text=any_text,
        value=getattr(BrowseState.filters, name), on_change=lambda value: BrowseState.narrow(name, value),
    )  # fmt: skip


def _typed(name: str, label: str, kind: str, value: Any = None, **more: Any) -> rx.Component:
    """A filter that is typed."""
    return field(
        label, name=name, kind=kind, testid=f"filter-{name}",
        default_value=getattr(BrowseState.filters, name) if value is None else value,
        on_change=lambda value: BrowseState.typed(name, value, BrowseState.edition).debounce(TYPED), **more,
    )  # fmt: skip


def _price(name: str, label: str, value: Any) -> rx.Component:
    # Text, because a browser's field of numbers knows one format only: its own.
    return _typed(name, label, "text", value, input_mode="decimal", error=BrowseState.price_errors[name])


def _results() -> rx.Component:
    orders = [Choice(value="" if sort is Sort.SOONEST else sort.value, label=sort_text(sort)) for sort in Sort]
    return rx.el.section(
        rx.el.h2(_("Results"), id="results", class_name="visually-hidden"),
        rx.el.div(
            rx.el.p(BrowseState.count_text, role="status", class_name="strong", data_testid="count"),
            select(
                _("Sort"), orders, name="sort", testid="sort", value=BrowseState.filters.sort,
                on_change=lambda value: BrowseState.narrow("sort", value),
            ),
            class_name="results-head",
        ),
        rx.cond(
            BrowseState.order_text, rx.el.p(BrowseState.order_text, class_name="quiet", data_testid="order-text")
        ),
        rx.cond(
            BrowseState.active,
            rx.el.div(
                rx.foreach(BrowseState.active, _active),
                rx.el.a(_("Clear all"), href=page_at(BROWSE), class_name="button button-plain", data_testid="active-none"),
                role="group",
                aria_label=_("Active filters"),
                class_name="chips",
            ),
        ),
        rx.cond(
            BrowseState.is_loading,
            cards_on_their_way(),
            rx.cond(BrowseState.cards, _cards(BrowseState.cards, is_top=True), _nothing()),
        ),
        rx.cond(
            BrowseState.has_more,
            button(
                _("Show more"), testid="more", is_busy=BrowseState.is_busy, is_large=True, on_click=BrowseState.more
            ),
        ),
        class_name="results",
        aria_labelledby="results",
        aria_busy=BrowseState.is_busy,
    )  # fmt: skip


def _active(active: rx.Var[ActiveFilter]) -> rx.Component:
    return rx.el.a(
        rx.el.span(_("Remove:"), class_name="visually-hidden"),
        active["text"],
        icon("close"),
        href=active["href"],
        class_name="chip chip-active",
        data_testid=f"active-{active['name']}",
    )


def _nothing() -> rx.Component:
    return rx.cond(
        BrowseState.active,
        empty_state(
            _("No matching events"),
            _("Remove a filter or start over."),
            testid="no-cards",
            action=link_button(_("See all events"), page_at(BROWSE), testid="no-cards-all"),
        ),
        empty_state(
            _("No events yet"),
            _("New events are added all the time. Check back soon."),
            testid="nothing-on",
        ),
    )


def _cards(cards: Any, *, is_top: bool = False) -> rx.Component:
    """The posters at the `top` of a page are fetched before all others."""
    return rx.el.div(
        rx.foreach(cards, lambda card, at: _card(card, is_first=at < SEEN_AT_ONCE if is_top else False)),
        class_name="grid-cards",
        data_testid="cards",
    )


def _card(card: rx.Var[Card], *, is_first: Flag) -> rx.Component:
    return listing_card(
        href=card["href"], title=card["title"], when_text=card["when_text"], place=card["place"], price=card["price"],
        poster_src=card["poster"], testid=f"listing-{card['id']}", badge_text=card["badge"], badge_tone=card["badge_tone"],
        is_first=is_first,
    )  # fmt: skip
