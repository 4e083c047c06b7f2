"""What there is to buy in a storm, who sells it, and who has an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marketplace.accounts import actions as accounts
from marketplace.accounts.views import Actor, SellerView
from marketplace.db import transaction
from tests.makers.accounts import make_account
from tests.makers.catalog import make_listing, plan_document

ROWS, SEATS, STANDING = 8, 12, 30
CATEGORIES = ("Premium", "Standard", "Standing")
PRICES = (1999, 1333, 777)
"""Uneven, so that halves and fees have to be rounded."""

SHOWS: tuple[dict[str, Any], ...] = (
    {"in": timedelta(hours=20), "policy": "flexible"},  # a buyer who cancels gets half
    {"in": timedelta(days=10), "policy": "moderate"},
    {"in": timedelta(days=10), "policy": "strict"},
    {"in": timedelta(days=14), "policy": "flexible"},
    {"in": timedelta(days=2), "policy": "moderate", "currency": "JPY"},
    {"in": timedelta(days=14), "policy": "flexible", "no_single_seats": True},
)
CALLED_OFF = 3
"""Which show does not take place in the end."""


@dataclass(frozen=True, slots=True)
class Show:
    """One listing, whose seats are called A-1 and so on, with an area “pit”; and who sells it."""

    id: str
    seller: Actor
    email: str
    """The seller's, who logs in with tests.makers.accounts.PASSWORD."""


@dataclass(frozen=True, slots=True)
class Town:
    shows: Sequence[Show]
    people: Sequence[str]
    """Addresses of accounts with the same password."""


async def build(now: datetime, people: int) -> Town:
    """Into empty tables."""
    shows = []
    for number, how in enumerate(SHOWS):
        shop, seller, email = await _shop(now, number)
        begins = now + how["in"]
        page = await make_listing(
            now, seller=shop, document=plan_document(rows=ROWS, seats=SEATS, standing=STANDING),
            title=f"Show {number}", starts_at=begins, ends_at=begins + timedelta(hours=2),
            prices=dict(zip(CATEGORIES, PRICES, strict=True)),
            **{name: value for name, value in how.items() if name != "in"},
        )  # fmt: skip
        shows.append(Show(page.id, seller, email))
    accounts = [await make_account(now, email=f"person-{number}@example.org") for number in range(people)]
    return Town(shows, [account.email for account in accounts])


async def _shop(now: datetime, number: int) -> tuple[SellerView, Actor, str]:
    account = await make_account(now, email=f"seller-{number}@example.org")
    async with transaction() as session:
        await accounts.vouch_for(session, account.id, now)
        shop = await accounts.open_shop(session, account.id, name=f"Shop {number}", about="", now=now)
    return shop, Actor(account=account.id, sellers=frozenset({shop.id})), account.email
