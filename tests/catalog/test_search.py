"""Finding listings: filters, order, pages, and a number of queries that does not grow with the answer."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from marketplace import db
from marketplace.accounts.views import SYSTEM, Actor
from marketplace.catalog import actions, queries
from marketplace.catalog.views import ListingCard, ListingFilters, ListingPage, Sort, Status
from marketplace.db import transaction
from marketplace.errors import Forbidden, Invalid
from marketplace.ids import ListingId
from marketplace.money import Money
from marketplace.paging import Page
from tests.makers.accounts import make_seller
from tests.makers.catalog import BERLIN, make_listing


async def cards(now: datetime, cursor: str | None = None, limit: int = 24, **filters: Any) -> Page[ListingCard]:
    async with transaction(reading=True) as session:
        return await queries.listing_cards(session, ListingFilters(**filters), now, cursor, limit)


async def titles(now: datetime, **filters: Any) -> list[str]:
    return [card.title for card in (await cards(now, **filters)).items]


def on(now: datetime, days: float) -> dict[str, datetime]:
    start = now + timedelta(days=days)
    return {"starts_at": start, "ends_at": start + timedelta(hours=2)}


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every query that is sent while the block lasts."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    engine = db.engine().sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def test_a_card_shows_a_listing_in_short(database: str, now: datetime) -> None:
    made = await make_listing(now)
    (card,) = (await cards(now)).items
    assert (card.id, card.slug, card.title, card.status) == (made.id, made.slug, made.title, Status.ON_SALE)
    assert (card.price_from, card.price_to) == (Money(1500, "EUR"), Money(2000, "EUR"))
    assert (card.seller_name, card.city, card.zone) == ("Theatre Royal", "Berlin", "Europe/Berlin")
    assert card.is_on_sale
    assert made.id in card.poster_url


async def test_the_soonest_comes_first(database: str, now: datetime) -> None:
    for days, title in ((9, "Third"), (2, "First"), (5, "Second")):
        await make_listing(now, title=title, **on(now, days))
    assert await titles(now) == ["First", "Second", "Third"]


async def test_only_what_is_public_and_still_to_come_is_found(database: str, now: datetime) -> None:
    kept = await make_listing(now, title="Still to come", **on(now, 2))
    await make_listing(now, title="Draft", is_published=False)
    await make_listing(now, title="Over soon", **on(now, 1))
    cancelled = await make_listing(now, title="Cancelled")
    async with transaction() as session:
        await actions.cancel(session, SYSTEM, cancelled.id, now)
    later = now + timedelta(days=1)
    assert await titles(later) == [kept.title]
    assert await titles(later, starts_from=now) == ["Over soon", kept.title]


async def test_filters_narrow_the_list(database: str, now: datetime) -> None:
    shop, _ = await make_seller(now, name="Śpiewnik")
    await make_listing(now, title="Blue Hour", category="jazz", **on(now, 1))
    await make_listing(
        now, title="100 % Comedy", category="comedy", place=replace(BERLIN, city="München"), **on(now, 2)
    )
    await make_listing(now, title="La Traviata", seller=shop, currency="CHF", category="opera", **on(now, 3))
    assert await titles(now, category="jazz") == ["Blue Hour"]
    assert await titles(now, kind="seats") == ["Blue Hour", "100 % Comedy", "La Traviata"]
    assert await titles(now, kind="service") == []
    assert await titles(now, place="münchen") == await titles(now, place=" Munchen ") == ["100 % Comedy"]
    assert await titles(now, text="TRAVI") == await titles(now, text="spiewnik la") == ["La Traviata"]
    assert await titles(now, text="100 %") == await titles(now, text="%") == ["100 % Comedy"]
    assert await titles(now, text="_") == []
    assert await titles(now, text="blue volksbuhne") == ["Blue Hour"]
    assert await titles(now, seller_id=shop.id) == ["La Traviata"]
    assert await titles(now, starts_from=now + timedelta(days=2)) == ["100 % Comedy", "La Traviata"]
    assert await titles(now, starts_before=now + timedelta(days=2)) == ["Blue Hour"]


async def test_a_time_zone_finds_what_happens_on_its_clocks(database: str, now: datetime) -> None:
    for title, zone in (("Here", "Europe/Berlin"), ("There", "Europe/Lisbon")):
        await make_listing(now, title=title, place=replace(BERLIN, zone=zone))
    assert await titles(now, zone="Europe/Lisbon") == ["There"]
    assert await titles(now, zone="Europe/Paris") == []
    await make_listing(now, title="Far", place=replace(BERLIN, zone="Asia/Kolkata"))
    assert await titles(now, zone="Asia/Calcutta") == await titles(now, zone="Asia/Kolkata") == ["Far"]


async def test_a_price_bound_finds_what_one_can_afford_in_its_currency(database: str, now: datetime) -> None:
    await make_listing(now, title="Cheap", prices={"Premium": 900, "Standard": 500}, **on(now, 1))
    await make_listing(now, title="Dear", prices={"Premium": 9000, "Standard": 5000}, **on(now, 2))
    await make_listing(now, title="Swiss", currency="CHF", prices={"Premium": 900, "Standard": 500}, **on(now, 3))
    assert await titles(now, price_to=Money(800, "EUR")) == ["Cheap"]
    assert await titles(now, price_from=Money(5000, "EUR")) == ["Dear"]
    assert await titles(now, price_from=Money(600, "EUR"), price_to=Money(800, "EUR")) == []
    assert await titles(now, price_to=Money(800, "CHF")) == ["Swiss"]


async def test_only_available_leaves_out_what_one_cannot_buy_now(database: str, now: datetime) -> None:
    await make_listing(now, title="Now")
    await make_listing(now, title="Later", sale_starts_at=now + timedelta(days=1))
    gone = await make_listing(now, title="Gone")
    async with transaction() as session:
        await actions.mark_sold_out(session, gone.id, now)
    assert sorted(await titles(now)) == ["Gone", "Later", "Now"]
    assert await titles(now, only_available=True) == ["Now"]


async def test_pages_follow_each_other_without_gap_or_repeat(database: str, now: datetime) -> None:
    made = {(await make_listing(now, title=f"Show {at}", **on(now, 1 + at // 3))).id for at in range(7)}
    seen: list[ListingId] = []
    cursor = None
    for size in (2, 2, 2, 1):
        page = await cards(now, cursor, limit=2)
        assert len(page.items) == size
        seen += [card.id for card in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert len(seen) == 7
    assert set(seen) == made


async def in_order(now: datetime, sort: Sort) -> list[str]:
    """Every title, page by page, two at a time."""
    found: list[str] = []
    cursor = None
    while True:
        async with transaction(reading=True) as session:
            page = await queries.listing_cards(session, ListingFilters(), now, cursor, limit=2, sort=sort)
        found += [card.title for card in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def sell(listing: ListingPage, count: int, now: datetime) -> None:
    async def how_many() -> int:
        return count

    async with transaction() as session:
        await actions.keep_sold_out_sign(session, listing.id, how_many, now)


async def test_each_order_runs_through_all_pages(database: str, now: datetime) -> None:
    for days, title, price in ((3, "Late", 800), (2, "Middle", 300), (1, "Soon", 500), (2, "Too", 500), (4, "Last", 0)):
        await make_listing(
            now - timedelta(days=days), title=title, prices={"Premium": 9000, "Standard": price}, **on(now, days)
        )
    assert await in_order(now, Sort.SOONEST) == ["Soon", "Middle", "Too", "Late", "Last"]
    assert await in_order(now, Sort.CHEAPEST) == ["Last", "Middle", "Soon", "Too", "Late"]
    assert await in_order(now, Sort.NEWEST) == ["Soon", "Too", "Middle", "Late", "Last"]


async def test_prices_are_compared_within_their_currency_only(database: str, now: datetime) -> None:
    """1,000 yen are not ten times 100 euros: the currency of most listings first, then every other one by itself."""
    for title, currency, price in (
        ("Yen dear", "JPY", 1000), ("Euro dear", "EUR", 90_00), ("Euro cheap", "EUR", 10_00), ("Crowns", "CZK", 50),
        ("Yen cheap", "JPY", 10), ("Euro", "EUR", 50_00),
    ):  # fmt: skip
        await make_listing(now, title=title, currency=currency, prices={"Premium": 99_000, "Standard": price})
    by_group = [["Euro cheap", "Euro", "Euro dear"], ["Crowns"], ["Yen cheap", "Yen dear"]]
    assert await in_order(now, Sort.CHEAPEST) == [title for group in by_group for title in group]
    async with transaction(reading=True) as session:
        yen = await queries.listing_cards(session, ListingFilters(), now, limit=3, sort=Sort.CHEAPEST, currency="JPY")
        rest = await queries.listing_cards(session, ListingFilters(), now, yen.next_cursor, sort=Sort.CHEAPEST)
    assert [card.title for card in (*yen.items, *rest.items)] == ["Yen cheap", "Yen dear", *by_group[1], *by_group[0]]


async def test_what_sells_fastest_comes_first_and_what_is_gone_last(database: str, now: datetime) -> None:
    made = {title: await make_listing(now, title=title) for title in ("Slow", "Gone", "Nearly gone", "Fast")}
    capacity = made["Slow"].capacity
    for title, sold in (("Slow", 1), ("Gone", capacity), ("Nearly gone", capacity - 1), ("Fast", capacity * 7 // 10)):
        await sell(made[title], sold, now)
    assert await in_order(now, Sort.SELLING_FAST) == ["Nearly gone", "Fast", "Slow", "Gone"]
    found = {card.title: card for card in (await cards(now)).items}
    assert [title for title, card in found.items() if card.is_selling_fast and not card.are_few_left] == ["Fast"]
    assert (found["Gone"].status, found["Gone"].sold, found["Gone"].capacity) == (Status.SOLD_OUT, capacity, capacity)
    assert not found["Gone"].are_few_left


def test_few_are_left_when_nine_of_ten_are_gone() -> None:
    assert [left for left in range(30) if few(100, 100 - left)] == list(range(1, 11))
    assert not few(0, 0)


def few(capacity: int, sold: int) -> bool:
    return ListingCard.are_few_left.fget(SimpleNamespace(capacity=capacity, sold=sold))  # type: ignore[attr-defined]


async def test_how_many_there_are_is_counted_as_far_as_it_matters(database: str, now: datetime) -> None:
    for city in ("Porto", "Berlin", "Porto"):
        await make_listing(now, place=replace(BERLIN, city=city))
    async with transaction(reading=True) as session:
        assert await queries.listing_count(session, ListingFilters(), now) == 3
        assert await queries.listing_count(session, ListingFilters(place="porto"), now) == 2
        assert await queries.listing_count(session, ListingFilters(), now, most=1) == 2


async def test_what_the_public_may_find_is_listed_by_slug(database: str, now: datetime) -> None:
    shown, _ = await make_listing(now), await make_listing(now, is_published=False)
    async with transaction(reading=True) as session:
        assert [slug for slug, _ in await queries.public_slugs(session, now, limit=10)] == [shown.slug]
        assert await queries.public_slugs(session, now, limit=0) == []
        assert await queries.currencies(session, now) == ["EUR"]


async def test_the_currency_that_most_listings_ask_for_comes_first(database: str, now: datetime) -> None:
    for currency in ("CHF", "EUR", "EUR", "CZK"):
        await make_listing(now, currency=currency)
    await make_listing(now, currency="USD", is_published=False)
    async with transaction(reading=True) as session:
        assert await queries.currencies(session, now) == ["EUR", "CHF", "CZK"]


async def test_a_page_has_a_sane_size(database: str, now: datetime) -> None:
    for _ in range(2):
        await make_listing(now)
    assert len((await cards(now, limit=-5)).items) == 1
    assert len((await cards(now, limit=10**9)).items) == 2


async def test_a_cursor_belongs_to_its_order(database: str, now: datetime) -> None:
    for _ in range(2):
        await make_listing(now)
    cursor = (await cards(now, limit=1)).next_cursor
    async with transaction(reading=True) as session:
        with pytest.raises(Invalid):
            await queries.listing_cards(session, ListingFilters(), now, cursor, sort=Sort.NEWEST)


@pytest.mark.parametrize(
    "cursor", ["x", "é", "AAAA", "_" * 500, urlsafe_b64encode(f"{10**30} lst_x".encode()).decode()]
)
async def test_a_cursor_that_is_not_ours_is_refused(database: str, now: datetime, cursor: str) -> None:
    with pytest.raises(Invalid):
        await cards(now, cursor)


async def test_more_cards_take_no_more_queries(database: str, now: datetime) -> None:
    for _ in range(2):
        await make_listing(now)
    with counted() as two:
        await cards(now)
    for _ in range(4):
        await make_listing(now)
    with counted() as six:
        await cards(now)
    assert len(six) == len(two) == 3


async def test_a_shop_sees_all_of_its_own(database: str, now: datetime) -> None:
    shop, owner = await make_seller(now)
    await make_listing(now, seller=shop, title="Draft", is_published=False, **on(now, 1))
    await make_listing(now, seller=shop, title="Published", **on(now, 2))
    await make_listing(now, title="Somebody else's")
    async with transaction(reading=True) as session:
        page = await queries.shop_listings(session, owner, shop.id, now + timedelta(days=30))
        assert [card.title for card in page.items] == ["Draft", "Published"]
        assert [card.status for card in page.items] == [Status.DRAFT, Status.CLOSED]
        with pytest.raises(Forbidden):
            await queries.shop_listings(session, Actor(), shop.id, now)


async def test_cards_can_be_asked_for_by_id(database: str, now: datetime) -> None:
    one, draft = await make_listing(now), await make_listing(now, is_published=False)
    async with transaction(reading=True) as session:
        found = await queries.cards_by_id(session, [one.id, draft.id, ListingId.new()], now)
        assert list(found) == [one.id]
        assert await queries.cards_by_id(session, [], now) == {}


async def test_the_places_to_choose_from(database: str, now: datetime) -> None:
    assert not await anything()
    for city in ("Porto", "Berlin", "Porto"):
        await make_listing(now, place=replace(BERLIN, city=city))
    async with transaction(reading=True) as session:
        assert await queries.cities(session, now) == ["Berlin", "Porto"]
        assert await queries.cities(session, now + timedelta(days=60)) == []
    assert await anything()


async def anything() -> bool:
    async with transaction(reading=True) as session:
        return await queries.is_anything_listed(session)
