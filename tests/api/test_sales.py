"""What sellers fetch: their orders as a file, their halls as pictures, the errors of a plan."""

from __future__ import annotations

import csv
import io

import pytest

from marketplace.api.sales import _line
from tests.api.client import Client, booking_of, is_problem
from tests.makers.accounts import bearer, make_seller
from tests.makers.bookings import Market, guest
from tests.makers.catalog import plan_document


async def rows_of(api: Client, market: Market) -> list[dict[str, str]]:
    answer = await api.get(f"/listings/{market.listing.id}/orders.csv", headers=await bearer(market.seller, market.now))
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_orders_come_as_a_file_with_exact_amounts(api: Client, market: Market) -> None:
    paid = await market.bought(guest(), "A-1", "A-2")
    [row] = await rows_of(api, market)
    assert row["order"] == paid.id
    assert (row["status"], row["seats"]) == ("confirmed", "Stalls, row A, seat 1; Stalls, row A, seat 2")
    assert [row[name] for name in ("currency", "price", "guest_fee", "total", "commission")] == [
        "EUR", "40.00", "4.00", "44.00", "4.00",
    ]  # fmt: skip
    assert row["confirmed_at"].endswith("Z")


async def test_no_cell_is_a_formula_whatever_buyers_call_themselves(api: Client, market: Market) -> None:
    for at, sign in enumerate("=+-@", 1):
        buyer = {"name": f'{sign}HYPERLINK("https://example.org")', "email": f"b{at}@example.org"}
        client = api.without_cart()
        held = await client.hold(market, f"B-{at}")
        booked = await client.post("/bookings", json=booking_of(held.json(), buyer))
        assert booked.status_code == 201, booked.text
    assert {row["buyer"][:2] for row in await rows_of(api, market)} == {"'=", "'+", "'-", "'@"}


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", ";", " =", "|"])
def test_a_cell_is_inert_and_never_parted_whatever_parts_cells(begin: str) -> None:
    line = _line((f"{begin}1+1", "Ada;=1+1"))
    [cells] = csv.reader(io.StringIO(line, newline=""))
    assert cells == [f"'{begin}1+1", "Ada;=1+1"]
    assert '"Ada;=1+1"' in line


async def test_to_strangers_there_is_no_such_file(api: Client, market: Market) -> None:
    _, stranger = await make_seller(market.now, name="Other House")
    for headers in ({}, await bearer(stranger, market.now)):
        is_problem(await api.get(f"/listings/{market.listing.id}/orders.csv", headers=headers), 404, "not_found")


async def test_a_hall_is_a_picture_for_the_people_of_its_shop(api: Client, market: Market) -> None:
    place = f"/plans/{market.listing.terms.plan_id}/sketch.svg"
    mine = await api.get(place, headers=await bearer(market.seller, market.now))
    assert mine.headers["content-type"].startswith("image/svg+xml")
    assert mine.text.startswith("<svg")
    is_problem(await api.get(place), 401, "unauthenticated")
    _, other = await make_seller(market.now, name="Other House")
    is_problem(await api.get(place, headers=await bearer(other, market.now)), 404, "not_found")


async def test_a_refused_plan_comes_back_with_a_drawing_of_its_errors(api: Client, market: Market) -> None:
    document = plan_document()
    del document["zones"][0]["rows"][0]["seats"][0]["seat_guid"]
    asked = {"seller_id": market.listing.seller.id, "drawing": "true"}
    answer = await api.post("/plans", params=asked, json=document, headers=await bearer(market.seller, market.now))
    problem = is_problem(answer, 422, "plan_refused")
    assert problem["errors"][0]["field"] == "$.zones[0].rows[0].seats[0].seat_guid"
    assert ">1</text>" in problem["drawing"]
