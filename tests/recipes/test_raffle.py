"""The recipe for a new kind, followed literally: what nobody has told the core about is listed, held, paid, reported."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from marketplace.bookings import documents, holding, sales
from marketplace.bookings.views import Status
from marketplace.catalog import actions, queries, writing
from marketplace.catalog.errors import ListingFrozen, NotReady
from marketplace.catalog.views import ListingChange, ListingFilters, ListingPage
from marketplace.catalog.views import Status as ListingStatus
from marketplace.db import transaction
from marketplace.errors import Invalid
from marketplace.inventory.errors import NotEnoughLeft
from marketplace.money import Money
from marketplace.notifications.models import Mail
from tests.api.client import is_problem, wrong_fields
from tests.makers.accounts import bearer
from tests.makers.bookings import GRACE, Market, guest
from tests.makers.catalog import listing_draft
from tests.recipes.raffle import Raffle, RaffleTerms


async def put_on_sale(market: Market, tickets: int = 5) -> ListingPage:
    """A raffle of the market's shop, which from then on the market is about."""
    draft = listing_draft(
        market.listing.seller.id, market.now, title="Harvest Raffle", kind=Raffle.name, terms=RaffleTerms(),
        prices={},
    )  # fmt: skip
    async with transaction() as session:
        made = await actions.create_listing(session, market.seller, draft, market.now)
    with pytest.raises(NotReady) as refused:
        async with transaction() as session:
            await actions.publish(session, market.seller, made.id, market.now)
    assert [wrong.field for wrong in refused.value.errors] == ["tickets"]
    async with transaction() as session:
        change = ListingChange(terms={"tickets": tickets}, prices={"Ticket": 2_50})
        await actions.change_listing(session, market.seller, made.id, change, market.now)
        market.listing = await actions.publish(session, market.seller, made.id, market.now)
    return market.listing


async def test_it_is_found_held_paid_reported_and_paid_back(market: Market) -> None:
    page = await put_on_sale(market)
    assert (page.capacity, page.price_from) == (5, Money(2_50, "EUR"))
    async with transaction(reading=True) as session:
        found = await queries.listing_cards(session, ListingFilters(kind="raffle"), market.now)
    assert [card.id for card in found.items] == [page.id]

    ada, grace = guest(), guest()
    held = await holding.hold(ada, page.id, {"tickets": 3}, market.now)
    assert ([line.label for line in held.lines], held.price) == (
        ["Ticket 1", "Ticket 2", "Ticket 3"],
        Money(7_50, "EUR"),
    )
    with pytest.raises(NotEnoughLeft):
        await holding.hold(grace, page.id, {"tickets": 3}, market.now)
    other = await holding.hold(grace, page.id, {"tickets": 2}, market.now)

    order = await market.check_out(ada, held)
    await market.pay_for(ada, order)
    order = await market.see(ada, order.id)
    assert (order.status, [ticket.label for ticket in order.tickets]) == (
        Status.CONFIRMED,
        ["Ticket 1", "Ticket 2", "Ticket 3"],
    )
    assert documents.tickets_pdf(order).startswith(b"%PDF")
    async with transaction(reading=True) as session:
        [mail] = (await session.exec(select(Mail).where(Mail.about == order.id, Mail.kind == "confirmed"))).all()
    assert "Ticket 3" in mail.text

    second = await market.check_out(grace, other, GRACE)
    await market.pay_for(grace, second)
    async with transaction(reading=True) as session:
        report = await sales.sales(session, market.seller, page.id, market.now)
    assert [(row.category, row.capacity, row.sold) for row in report.categories] == [("Ticket", 5, 5)]
    assert report.paid_out_at == page.ends_at + timedelta(days=1)
    assert (report.revenue, report.ordered, report.listing.status) == (Money(12_50, "EUR"), 5, ListingStatus.SOLD_OUT)

    cancelled = await market.cancel(grace, second)
    assert cancelled.status is Status.CANCELLED_BY_BUYER
    await market.skip(seconds=2)  # the sign is looked after once a second
    async with transaction(reading=True) as session:
        report = await sales.sales(session, market.seller, page.id, market.now)
    assert (report.ordered, report.listing.status) == (3, ListingStatus.ON_SALE)


async def test_an_unpaid_one_runs_out_and_its_tickets_come_back(market: Market) -> None:
    page = await put_on_sale(market, tickets=1)
    await market.check_out(ada := guest(), await holding.hold(ada, page.id, {"tickets": 1}, market.now))
    await market.skip(minutes=30)
    assert (await holding.hold(guest(), page.id, {"tickets": 1}, market.now)).units == ("ticket:1",)


async def test_what_it_keeps_is_frozen_once_buyers_rely_on_it(market: Market) -> None:
    page = await put_on_sale(market)
    with pytest.raises(ListingFrozen) as refused:
        async with transaction() as session:
            change = ListingChange(terms={"tickets": 9})
            await actions.change_listing(session, market.seller, page.id, change, market.now)
    assert refused.value.details["fields"] == ["tickets"]


async def test_a_request_of_another_kind_is_refused(market: Market) -> None:
    page = await put_on_sale(market)
    for wish in ({"seats": ["A-1"]}, {"tickets": 0}, {"tickets": 6}):
        with pytest.raises(Invalid):
            await holding.hold(guest(), page.id, wish, market.now)


async def test_it_is_written_bit_by_bit(market: Market) -> None:
    shop = market.listing.seller.id
    async with transaction() as session:
        id = await writing.begin(session, market.seller, shop, market.now, zone="Europe/Berlin")
        view = await writing.fill(session, market.seller, id, {"kind": "raffle", "tickets": "many"}, market.now)
        assert "tickets" in {wrong.field for wrong in view.errors}
        view = await writing.fill(session, market.seller, id, {"tickets": "12", "prices.Ticket": "2.50"}, market.now)
    assert (view.draft.kind, view.draft.terms, view.draft.prices) == (
        "raffle",
        RaffleTerms(tickets=12),
        {"Ticket": 250},
    )


async def test_it_is_sold_by_api(api: Any, app: Any, market: Market) -> None:
    owner = await bearer(market.seller, market.now)
    draft = {
        "seller_id": market.listing.seller.id, "kind": "raffle", "title": "Harvest Raffle", "story": "A ham.",
        "category": "family", "currency": "EUR", "prices": {"Ticket": 2_50}, "tickets": 3,
        "place": {"name": "Barn", "city": "Berlin", "country": "DE", "zone": "Europe/Berlin"},
        "starts_at": (market.now + timedelta(days=3)).isoformat(),
        "ends_at": (market.now + timedelta(days=3, hours=1)).isoformat(),
    }  # fmt: skip
    refused = await api.post("/listings", json=draft | {"plan_id": None}, headers=owner)
    assert wrong_fields(is_problem(refused, 422, "invalid")) == ["plan_id"]
    made = await api.post("/listings", json=draft, headers=owner)
    assert (made.status_code, made.json()["kind"], made.json()["tickets"]) == (201, "raffle", 3)
    id = made.json()["id"]
    assert (await api.post(f"/listings/{id}/publish", headers=owner)).status_code == 200
    wrong = await api.post("/holds", json={"listing_id": id, "quantity": 1})
    assert wrong_fields(is_problem(wrong, 422, "invalid")) == ["quantity"]
    held = await api.post("/holds", json={"listing_id": id, "tickets": 2})
    assert [unit["label"] for unit in held.json()["units"]] == ["Ticket 1", "Ticket 2"]
    schemas = app.openapi()["components"]["schemas"]
    assert {"ListingDraftBody.raffle", "ListingDraftBody.seats", "HoldRequest.raffle"} <= schemas.keys()
    assert schemas["ListingDraftBody.raffle"]["properties"]["kind"]["const"] == "raffle"
    assert [("kind" in schemas[f"ListingDraftBody.{name}"]["required"]) for name in ("seats", "raffle")] == [
        False,
        True,
    ]
