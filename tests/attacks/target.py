"""A running marketplace under attack: somebody buys there, and whoever attacks sees it through its public API."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from uuid import uuid4

import httpx

from tests.waiting import eventually

PASSWORD = "holdfast-demo"
BUYER, SELLER = "ada@holdfast.example", "mira@holdfast.example"
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
NONE: dict[str, str] = {}


@dataclass
class Target:
    """Where it runs. Nobody keeps cookies: each call says who asks."""

    url: str
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        nothing_kept = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self.http = httpx.AsyncClient(base_url=f"{self.url}/api/v1", timeout=30, cookies=nothing_kept)

    async def get(self, path: str, who: dict[str, str] = NONE, **how: Any) -> httpx.Response:
        return await self.http.get(path, headers=who, **how)

    async def post(self, path: str, body: Any = None, who: dict[str, str] = NONE, *, key: str = "") -> httpx.Response:
        headers = {**who, "Idempotency-Key": key} if key else who
        return await self.http.post(path, json=body, headers=headers)

    async def log_in(self, email: str) -> dict[str, Any]:
        answer = await self.post("/auth/login", {"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def register(self, email: str) -> httpx.Response:
        return await self.post("/auth/register", {"email": email, "name": "Eve Adams", "password": PASSWORD})

    async def listing_of(self, seller: str) -> dict[str, Any]:
        """Something that this seller has on sale and that has places left."""
        found = await self.get("/listings", params={"seller_id": seller, "only_available": "true"})
        assert found.json()["items"], "the demo world has nothing on sale"
        return dict(found.json()["items"][-1])

    async def any_listing(self) -> dict[str, Any]:
        found = await self.get("/listings", params={"only_available": "true", "sort": "newest"})
        return dict(found.json()["items"][0])

    async def largest_listing(self) -> str:
        """The id of what has most places."""
        cards = (await self.get("/listings", params={"only_available": "true"})).json()["items"]
        whole = [(await self.get(f"/listings/{card['id']}")).json() for card in cards]
        return str(max(whole, key=lambda listing: listing["capacity"])["id"])

    async def hold(self, listing: str, who: dict[str, str] = NONE, quantity: int = 1) -> tuple[dict, dict[str, str]]:
        """A hold, and who has it."""
        answer = await self.post("/holds", {"listing_id": listing, "quantity": quantity, "together": False}, who)
        assert answer.status_code == 201, answer.text
        return answer.json(), who or {"X-Cart-Token": answer.headers["X-Cart-Token"]}

    async def order(self, listing: str, name: str = "Eve Adams") -> tuple[dict, dict[str, str]]:
        """An order that waits for its money, and whose it is."""
        held, who = await self.hold(listing)
        buyer = {"name": name, "email": new_address()}
        answer = await self.post("/bookings", {"hold_id": held["id"], "buyer": buyer, "total": held["total"]}, who)
        assert answer.status_code == 201, answer.text
        return answer.json(), who

    async def pay(self, order: dict, who: dict[str, str], key: str) -> httpx.Response:
        return await self.post(
            f"/bookings/{order['id']}/payments", {"card": CARD, "total": order["total"]}, who, key=key
        )

    async def paid(self, order: dict, who: dict[str, str]) -> dict:
        """The order as it is once its money has come."""
        now: dict[str, Any] = {}

        async def is_confirmed() -> bool:
            now.update((await self.get(f"/bookings/{order['id']}", who)).json())
            return now["status"] == "confirmed"

        await eventually(is_confirmed, within=30)
        return now

    async def bought(self, listing: str, name: str = "Eve Adams") -> tuple[dict, dict[str, str]]:
        order, who = await self.order(listing, name)
        answer = await self.pay(order, who, "once")
        assert answer.status_code == 201, answer.text
        return await self.paid(order, who), who

    async def link_to(self, order: dict) -> dict[str, str]:
        """Whoever reads the mail about this order, and follows its magic link."""
        found: list[str] = []

        async def has_come() -> bool:
            cards = (await self.get("/lab/mailbox")).json()["items"]
            to_buyer = [card["id"] for card in cards if card["to"] == order["buyer"]["email"]]
            emails = [(await self.get(f"/lab/mailbox/{id}")).json()["text"] for id in to_buyer]
            found[:] = re.findall(rf"{order['id']}\?key=([\w.-]+)", "".join(emails))
            return bool(found)

        await eventually(has_come, within=30)
        return {"X-Booking-Key": found[0]}

    async def payments_of(self, order: dict) -> list[dict[str, Any]]:
        """What the books say, by the lab."""
        return list((await self.get("/lab/payments", params={"text": order["id"]})).json()["items"])


def new_address() -> str:
    return f"eve-{uuid4().hex}@holdfast.example"


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


async def at_once(*calls: Any) -> list[httpx.Response]:
    """All of them together."""
    return list(await asyncio.gather(*calls))


def statuses(answers: list[httpx.Response]) -> set[int]:
    return {answer.status_code for answer in answers}
