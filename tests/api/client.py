"""A program that uses the API."""

from __future__ import annotations

from typing import Any

import httpx

from tests.makers.bookings import Market
from tests.makers.payments import SUCCESS

BUYER = {"name": "Ada Byron", "email": "ada@example.org"}
JOB_SECRET = "a job secret that opens tests, and nothing else"


def booking_of(held: dict[str, Any], buyer: dict[str, str] = BUYER) -> dict[str, Any]:
    """What turns a hold into a booking."""
    return {"hold_id": held["id"], "buyer": buyer, "total": held["total"]}


class Client(httpx.AsyncClient):
    """Keeps the cart that its first hold brings; cookies are left to browsers."""

    async def request(self, *asked: Any, **how: Any) -> httpx.Response:
        answer = await super().request(*asked, **how)
        self.cookies.clear()
        assert answer.headers["X-Request-ID"]
        if "X-Cart-Token" in answer.headers:
            self.headers["X-Cart-Token"] = answer.headers["X-Cart-Token"]
        return answer

    def without_cart(self) -> Client:
        """Another program, on the same server."""
        return Client(transport=self._transport, base_url=self.base_url)

    async def hold(self, market: Market, *seats: str, **more: Any) -> httpx.Response:
        wanted = {"listing_id": market.listing.id, **({"seats": list(seats)} if seats else {})}
        return await self.post("/holds", json=wanted | more)

    async def book(self, market: Market, *seats: str) -> dict[str, Any]:
        """Held and checked out."""
        held = await self.hold(market, *seats)
        assert held.status_code == 201, held.text
        booked = await self.post("/bookings", json=booking_of(held.json()))
        assert booked.status_code == 201, booked.text
        return dict(booked.json())

    async def pay(
        self, booking: dict[str, Any], number: str = SUCCESS, *, key: str = "first", **more: Any
    ) -> httpx.Response:
        card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
        wanted = {"total": booking["total"], "provider": "simulator", "method": "card", "card": card} | more
        return await self.post(f"/bookings/{booking['id']}/payments", json=wanted, headers={"Idempotency-Key": key})


def is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that `answer` is this problem in the shape of RFC 9457, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["type"] == f"/api/v1/docs#{code}"
    assert body["title"]
    assert body["detail"]
    return body


def wrong_fields(problem: dict[str, Any]) -> list[str]:
    assert all(error["message"] for error in problem["errors"])
    return [error["field"] for error in problem["errors"]]
