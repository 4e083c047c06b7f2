"""One browser, one person after the other: what each leaves is nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from marketplace.accounts import actions as accounts
from marketplace.accounts import tokens
from marketplace.accounts.views import Actor
from marketplace.db import transaction
from marketplace.ids import CartId
from tests.api.client import Client, booking_of, is_problem
from tests.makers.accounts import PASSWORD, bearer, make_account
from tests.makers.bookings import Market


@pytest.fixture
async def browser(app, market: Market) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        client.cookies.set("cart", tokens.issue_cart(CartId.new(), market.now), domain="test.local")
        client.headers["Origin"] = "http://test"
        yield client


async def send(browser: httpx.AsyncClient, form: str, **fields: str) -> httpx.Response:
    answer = await browser.post(f"/session/{form}", data={"csrf": tokens.csrf_for(browser.cookies["cart"]), **fields})
    assert answer.status_code == 303
    assert "problem" not in answer.headers["location"], answer.headers["location"]
    return answer


async def log_in(browser: httpx.AsyncClient, market: Market) -> None:
    account = await make_account(market.now)
    await send(browser, "login", email=account.email, password=PASSWORD)


async def hold(browser: httpx.AsyncClient, market: Market, *seats: str) -> dict[str, Any]:
    held = await browser.post("/api/v1/holds", json={"listing_id": market.listing.id, "seats": list(seats)})
    assert held.status_code == 201, held.text
    return dict(held.json())


async def book(browser: httpx.AsyncClient, market: Market, *seats: str) -> str:
    booked = await browser.post("/api/v1/bookings", json=booking_of(await hold(browser, market, *seats)))
    assert booked.status_code == 201, booked.text
    return str(booked.json()["id"])


def signs(browser: httpx.AsyncClient) -> tuple[str, str]:
    return browser.cookies["cart"], browser.cookies.get("visit", "")


async def test_logging_in_and_out_changes_cart_and_sign(browser: httpx.AsyncClient, market: Market) -> None:
    before = signs(browser)
    await log_in(browser, market)
    within = signs(browser)
    await browser.get("/session/renew")
    assert signs(browser) == within
    await send(browser, "logout")
    after = signs(browser)
    for place in (0, 1):
        assert len({before[place], within[place], after[place]}) == 3


async def test_whoever_logs_in_keeps_what_they_picked_as_a_guest(browser: httpx.AsyncClient, market: Market) -> None:
    order = await book(browser, market, "A-1")
    held = await hold(browser, market, "B-1")
    await log_in(browser, market)
    assert (await browser.get(f"/api/v1/bookings/{order}")).status_code == 200
    assert (await browser.get(f"/api/v1/holds/{held['id']}")).status_code == 200
    assert (await hold(browser, market, "B-2"))["id"] == held["id"]
    mine = (await browser.get("/api/v1/bookings")).json()["items"]
    assert [card["id"] for card in mine] == [order]


async def test_after_logging_out_nothing_of_it_opens(browser: httpx.AsyncClient, market: Market) -> None:
    as_guest = await book(browser, market, "A-1")
    await log_in(browser, market)
    with_account = await book(browser, market, "B-1")
    held = await hold(browser, market, "C-1")
    await send(browser, "logout")
    for order in (as_guest, with_account):
        for path in ("", "/tickets.pdf", "/event.ics", "/cancel"):
            is_problem(await browser.get(f"/api/v1/bookings/{order}{path}"), 404, "booking_not_found")
        is_problem(await browser.post(f"/api/v1/bookings/{order}/cancel"), 404, "booking_not_found")
    assert (await browser.get(f"/api/v1/holds/{held['id']}")).status_code == 404
    assert (await browser.get("/api/v1/bookings")).json()["items"] == []


async def test_the_cart_of_before_the_log_in_does_not_open_what_was_bought_after_it(
    browser: httpx.AsyncClient, api: Client, market: Market
) -> None:
    known_to_another = browser.cookies["cart"]
    await log_in(browser, market)
    held = await hold(browser, market, "A-1")
    booked = await browser.post("/api/v1/bookings", json=booking_of(held))
    api.headers["X-Cart-Token"] = known_to_another
    is_problem(await api.get(f"/bookings/{booked.json()['id']}"), 404, "booking_not_found")
    assert (await api.get("/bookings")).json()["items"] == []
    again = await api.post("/bookings", json=booking_of(held))
    is_problem(again, 404, "booking_not_found")


async def test_who_was_logged_out_elsewhere_leaves_nothing_either(browser: httpx.AsyncClient, market: Market) -> None:
    await log_in(browser, market)
    within = signs(browser)
    me = tokens.read_access(browser.cookies["access"], market.now)
    async with transaction() as session:
        await accounts.end_log_in(session, me.actor(), me.session, market.now)
    await browser.get("/session/renew")
    assert "access" not in browser.cookies
    assert browser.cookies["cart"] != within[0]
    assert browser.cookies["visit"] != within[1]


async def test_an_ended_log_in_acts_no_more(api: Client, market: Market) -> None:
    booking = await api.book(market, "A-1")
    payment = (await api.pay(booking)).json()
    await market.let_pass(4)
    headers = await bearer(market.seller, market.now)
    me = tokens.read_access(headers["Authorization"].removeprefix("Bearer "), market.now)
    seller = api.without_cart()
    seller.headers.update(headers)
    refund, listing = f"/payments/{payment['id']}/refunds", f"/listings/{market.listing.id}"
    assert (await seller.post(refund, json={}, headers={"Idempotency-Key": "one"})).status_code == 201
    async with transaction() as session:
        await accounts.end_log_in(session, Actor(account=me.account, session=me.session), me.session, market.now)
    for answer in (
        await seller.post(refund, json={}, headers={"Idempotency-Key": "one"}),
        await seller.post(refund, json={}, headers={"Idempotency-Key": "two"}),
        await seller.patch(listing, json={"title": "Mine no more"}),
        await seller.post(f"/bookings/{booking['id']}/cancel"),
        await seller.post("/holds", json={"listing_id": market.listing.id, "seats": ["B-1"]}),
        await seller.get(f"{listing}/orders.csv"),
        await seller.get(f"/bookings/{booking['id']}/tickets.pdf"),
        await seller.get("/me/export"),
    ):
        is_problem(answer, 401, "session_ended")
