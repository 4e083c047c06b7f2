"""Logging in: a password and, where that is switched on, a code of the second factor."""

from __future__ import annotations

import secrets
from datetime import datetime

from marketplace.accounts import passwords, queries
from marketplace.accounts.actions.second_factors import take_code
from marketplace.accounts.actions.sessions import issue, refresh_life
from marketplace.accounts.errors import SecondFactorNeeded, TokenRefused, WrongCredentials
from marketplace.accounts.inputs import parse_email
from marketplace.accounts.models import Account, LoginSession, SecondFactor
from marketplace.accounts.tokens import STEP_LIFE, Purpose, issue_step, read_step
from marketplace.accounts.views import Tokens
from marketplace.db import Session
from marketplace.errors import NotFound
from marketplace.ids import AccountId, CartId, SessionId


async def login(
    session: Session, *, email: str, password: str, device: str, cart: CartId | None = None, now: datetime
) -> Tokens:
    """Begin a log-in session. What is in `cart`, the visitor's so far, stays reachable to it.

    Raises WrongCredentials, in the same words and time whether there is such an account or not; SecondFactorNeeded
    with the token that `finish_login` wants, where the password alone is not enough.
    """
    address = parse_email(email)
    account = await queries.account_by_email(session, address) if address else None
    is_right, fresh = await passwords.matches(password, account.password_hash if account else None)
    if account is None or not is_right:
        raise WrongCredentials
    factor = await session.get(SecondFactor, account.id)
    if factor is not None and factor.is_on:
        half_way = issue_step(Purpose.HALF_WAY, AccountId(account.id), account.password_hash, now)
        raise SecondFactorNeeded(half_way, now + STEP_LIFE[Purpose.HALF_WAY])
    if fresh:
        account.password_hash = fresh
    return await _begin(session, account, device, cart, now, proved_at=None)


async def finish_login(
    session: Session, half_way: str, *, code: str, device: str, cart: CartId | None = None, now: datetime
) -> Tokens:
    """The second half: a code of the moment, or one for recovery. Raises TokenRefused, WrongCode."""
    claims = read_step(Purpose.HALF_WAY, half_way, now)
    try:
        account = await queries.account(session, claims.account)
    except NotFound:
        raise TokenRefused from None
    claims.must_build_on(account.password_hash)
    await take_code(session, claims.account, code, now)
    return await _begin(session, account, device, cart, now, proved_at=now)


async def _begin(
    session: Session, account: Account, device: str, cart: CartId | None, now: datetime, *, proved_at: datetime | None
) -> Tokens:
    seen = "".join(character for character in device if character.isprintable())[:200]
    row = LoginSession(
        id=SessionId.new(), account_id=account.id, device=seen, started_at=now, seen_at=now, proved_at=proved_at,
        cart=cart or CartId.new(), expires_at=now + refresh_life(),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return await issue(session, row, account, secrets.token_urlsafe(32), now)
