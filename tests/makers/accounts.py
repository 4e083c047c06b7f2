"""Makers of people and shops."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace.accounts import actions, passwords, tokens
from marketplace.accounts.models import Account, LoginSession
from marketplace.accounts.views import AccountView, Actor, SellerView
from marketplace.db import transaction
from marketplace.ids import AccountId, CartId, SessionId, ulid

PASSWORD = "correct horse battery"

_hashes: dict[str, str] = {}


async def make_account(
    now: datetime, *, email: str | None = None, name: str = "Ada Lovelace", is_operator: bool = False,
    is_verified: bool = False,
) -> AccountView:  # fmt: skip
    """An account that logs in with PASSWORD, without the cost of hashing it each time."""
    row = Account(
        id=AccountId.new(),
        email=email or f"{ulid().lower()}@example.org",
        name=name,
        password_hash=await _hash_of_the_password(),
        is_operator=is_operator,
        created_at=now,
        verified_at=now if is_verified else None,
    )
    async with transaction() as session:
        session.add(row)
    return AccountView(AccountId(row.id), row.email, row.name, row.is_operator, (), row.created_at, row.verified_at)


async def make_seller(now: datetime, *, name: str = "Theatre Royal", about: str = "") -> tuple[SellerView, Actor]:
    """A shop, and the person who runs it."""
    account = await make_account(now, is_verified=True)
    async with transaction() as session:
        shop = await actions.open_shop(session, account.id, name=name, about=about, now=now)
    return shop, Actor(account=account.id, sellers=frozenset({shop.id}), cart=CartId.new())


def guest() -> Actor:
    """A visitor without an account."""
    return Actor(cart=CartId.new())


async def bearer(actor: Actor, now: datetime) -> dict[str, str]:
    """Headers of somebody with an account, who has just logged in."""
    account, log_in = actor.must_have_account(), SessionId.new()
    sellers = tuple(SellerView(seller, "", "", "", is_suspended=False) for seller in actor.sellers)
    async with transaction() as session:
        if await session.get(Account, account) is None:
            session.add(Account(id=account, email=f"{account}@example.org", name="", password_hash="", created_at=now))
            await session.flush()
        session.add(
            LoginSession(
                id=log_in, account_id=account, device="a test", started_at=now, seen_at=now,
                expires_at=now + timedelta(days=30),
            )
        )  # fmt: skip
    view = AccountView(account, "", "", actor.is_operator, sellers, now)
    return {"Authorization": f"Bearer {tokens.issue_access(view, log_in, now, is_proved=actor.is_operator)}"}


async def _hash_of_the_password() -> str:
    if PASSWORD not in _hashes:
        _hashes[PASSWORD] = await passwords.hashed(PASSWORD)
    return _hashes[PASSWORD]
