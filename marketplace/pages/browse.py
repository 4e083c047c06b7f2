"""Home and Browse: what is on."""

from __future__ import annotations

import reflex as rx

from marketplace.catalog.views import Genre
from marketplace.components.buttons import button, link_button
from marketplace.components.cards import listing_card
from marketplace.components.feedback import empty_state, skeleton_cards
from marketplace.components.forms import search_field
from marketplace.components.labels import chip, chips
from marketplace.components.shell import page_header
from marketplace.pages.frame import frame
from marketplace.state.browse import BrowseState
from marketplace.state.cards import Card


def home() -> rx.Component:
    return frame(
        page_header(
            "Seats that are yours the moment you pick them.", lead="Held while you pay. Sold once. Every cent shown."
        ),
        _search(),
        _genres(),
        rx.el.section(rx.el.h2("Coming up"), _cards(), class_name="stack"),
        link_button("See everything", "/browse", testid="home-browse"),
        current="/",
    )


def browse() -> rx.Component:
    return frame(
        page_header("What is on"),
        _search(),
        _genres(),
        _cards(),
        rx.cond(BrowseState.has_more, button("Show more", testid="more", on_click=BrowseState.more)),
        current="/browse",
    )


def _search() -> rx.Component:
    return rx.el.form(
        search_field(
            "Search", name="text", testid="search", placeholder="Title, place or city", default_value=BrowseState.text
        ),
        button("Search", testid="search-go", kind="submit"),
        on_submit=BrowseState.search,
        class_name="cluster search-form",
        role="search",
        key=BrowseState.text,
    )


def _genres() -> rx.Component:
    return chips(
        chip("Everything", testid="genre-all", href="/browse", is_on=BrowseState.category == ""),
        *(
            chip(
                genre.value.capitalize(), testid=f"genre-{genre}", href=f"/browse?category={genre}",
                is_on=BrowseState.category == genre.value,
            )
            for genre in Genre
        ),
        label="Kinds of events",
        scrolls=True,
    )  # fmt: skip


def _cards() -> rx.Component:
    return rx.cond(
        BrowseState.is_loading,
        skeleton_cards(),
        rx.cond(
            BrowseState.cards,
            rx.el.div(rx.foreach(BrowseState.cards, _card), class_name="grid-cards", data_testid="cards"),
            empty_state(
                "Nothing like that is on",
                "Try another word, or look at everything.",
                testid="no-cards",
                action=link_button("See everything", "/browse", testid="no-cards-all"),
            ),
        ),
    )


def _card(card: rx.Var[Card]) -> rx.Component:
    return listing_card(
        href=card["href"], title=card["title"], when_text=card["when_text"], place=card["place"], price=card["price"],
        poster_src=card["poster"], testid=f"listing-{card['id']}", badge_text=card["badge"], badge_tone=card["badge_tone"],
    )  # fmt: skip
