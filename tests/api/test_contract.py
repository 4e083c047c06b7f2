"""The API keeps to its OpenAPI document, whoever asks and whatever they send: no 5xx, nothing undocumented."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace import settings
from marketplace.accounts import tokens
from marketplace.accounts.views import Actor
from marketplace.bookings import holding
from marketplace.catalog.views import ListingPage
from marketplace.money import Money
from tests.api.fuzzing import Fuzzed, fuzz
from tests.api.test_listings import served
from tests.api.test_purchase import bearer
from tests.makers.bookings import Market, guest
from tests.makers.catalog import make_listing
from tests.makers.payments import CHALLENGE

# One database is enough here: the rooms' own tests run on both.
pytestmark = [pytest.mark.timeout(300), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

RULES = {
    "GET /api/v1/listings": "a price names its currency, a cursor is one of ours",
    "GET /api/v1/bookings": "a cursor is one of ours",
    "GET /api/v1/lab/payments": "a cursor is one of ours",
    "GET /api/v1/lab/mailbox": "a cursor is one of ours",
    "GET /api/v1/lab/emails": "the language is one of ours",
    "GET /api/v1/lab/emails/{kind}": "the language is one of ours",
    "PUT /api/v1/lab/simulator": "a outcome is one of the simulator's",
    "POST /api/v1/lab/simulator/forced-outcomes": "a outcome is one of the simulator's",
    "POST /api/v1/auth/register": "a password is not easily guessed",
    "POST /api/v1/auth/password/change": "the old password is right",
    "PATCH /api/v1/me": "a name can be shown, the language is one of ours",
    "DELETE /api/v1/me": "the password is right",
    "POST /api/v1/me/second-factor": "the password is right",
    "DELETE /api/v1/me/second-factor": "the password is right",
    "POST /api/v1/holds": "seats are named or counted, never both",
    "POST /api/v1/bookings": "a name can be shown",
    "POST /api/v1/bookings/{id}/payments": "a card has a check digit and has not run out",
    "POST /api/v1/payments/{id}/refunds": "a refund is not negative, and in the currency of the payment",
    "POST /api/v1/plans": "a plan has seats",
    "POST /api/v1/listings": "an event ends after it begins, in a time zone that exists",
    "PATCH /api/v1/listings/{id}": "an event ends after it begins, in a time zone that exists",
}
"""What an operation may refuse beyond what a schema can say, and why."""

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
"""Requests made up by chance for each operation, on top of those at and beyond each boundary of its schema."""

SLOW = ("POST /api/v1/lab/reset",)
"""It makes the whole demo world anew; test_operations has it."""


@dataclass
class World:
    """Something of everything: on sale and not, held, ordered, challenged and paid."""

    market: Market
    buyer: Actor
    held: holding.Held
    ordered: str
    challenged: str
    paid: str
    draft: ListingPage

    @classmethod
    async def make(cls, market: Market) -> World:
        buyer = guest()
        paid = await market.bought(buyer, "A-1")
        ordered = await market.order(buyer, "B-1")
        challenged = await market.begin_to_pay(buyer, ordered, CHALLENGE)
        await market.let_pass(1)
        held = await market.hold(buyer, "C-1")
        draft = await make_listing(market.now, seller=market.listing.seller, is_published=False)
        return cls(market, buyer, held, ordered.id, challenged.id, paid.payment_id, draft)

    async def asks(self, who: str) -> dict[str, Any]:
        """How each of them asks: as whom, about what."""
        listing = self.market.listing
        assert self.buyer.cart
        if who == "guest":
            return {
                "tags": ["Holds", "Bookings", "Payments"],
                "headers": {"X-Cart-Token": tokens.issue_cart(self.buyer.cart, self.market.now)},
                "paths": {"holds": self.held.id, "bookings": self.ordered, "payments": self.challenged},
                "bodies": {
                    "listing_id": str(listing.id),
                    "hold_id": str(self.held.id),
                    "total": _amount(self.held.total),
                },
            }
        if who == "seller":
            return {
                "tags": ["Listings", "Sales", "Accounts", "Payments"],
                "headers": await bearer(self.market.seller, self.market.now),
                "paths": {"listings": self.draft.id, "plans": self.draft.terms.plan_id, "payments": self.paid},
                "bodies": {"seller_id": str(listing.seller.id), "plan_id": str(self.draft.terms.plan_id)},
            }
        everything = ["Listings", "Holds", "Bookings", "Payments", "Webhooks", "Accounts", "Sales", "Operations"]
        if who == "tester":
            # Without a listing that exists: a storm of buyers would go on after the test.
            return {"tags": ["Lab"], "headers": {}, "paths": {}, "bodies": {}}
        return {"tags": everything, "headers": {}, "paths": {}, "bodies": {"listing_id": str(listing.id)}}


def _amount(money: Money) -> dict[str, Any]:
    return {"amount": money.minor, "currency": money.currency}


@pytest.fixture
async def world(market: Market, own_settings: settings.Settings) -> World:
    often = "1000000/minute"
    settings.use(
        own_settings.model_copy(update={"login_limit": often, "hold_limit": often, "hold_limit_per_network": often})
    )
    return await World.make(market)


async def fuzzed(app: Any, world: World, who: str, *, outermost: ASGIApp | None = None, **how: Any) -> Fuzzed:
    asked = {"examples": EXAMPLES} | await world.asks(who) | how
    async with served(app, outermost) as url:
        return await asyncio.to_thread(
            fuzz, app.openapi(), url.removesuffix("/api/v1"), rules=RULES, without=SLOW, **asked
        )


def told(found: Fuzzed) -> str:
    return "\n\n".join(f"{mismatch}\n{how}" for mismatch, how in found.mismatches.items())


@pytest.mark.parametrize("who", ["stranger", "guest", "seller", "tester"])
async def test_every_answer_is_as_documented(app: Any, world: World, who: str) -> None:
    found = await fuzzed(app, world, who)
    assert not found.mismatches, told(found)
    reached = {
        "stranger": ("GET /api/v1/listings", 200),
        "guest": ("GET /api/v1/bookings/{id}", 200),
        "seller": ("PATCH /api/v1/listings/{id}", 200),
        "tester": ("PUT /api/v1/lab/simulator", 200),
    }[who]
    assert reached in found.answers


@pytest.mark.parametrize(
    ("status", "mismatch"),
    [(418, "Undocumented status code"), (500, "Server error"), (200, "Schema-violating request accepted")],
)
async def test_what_is_not_documented_is_found(app: Any, world: World, status: int, mismatch: str) -> None:
    """The control: the same check of an API that answers one operation otherwise."""

    async def strange(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_strangely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["status"] = status
            await send(message)

        await app(scope, receive, send_strangely)

    found = await fuzzed(app, world, "guest", outermost=strange, tags=["Holds"], paths={})
    assert any(mismatch in one for one in found.mismatches), told(found)
