"""Staying logged in, and what ends a log-in.

A log-in is a chain of refresh tokens. The first is random; each next one is the HMAC of the one before it, so that
whoever presents a token twice within the grace window (two tabs that woke up together) is given the *same* successor,
although only hashes are stored. A token that comes back later than that has been copied: the whole log-in ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import col, update

from marketplace import settings
from marketplace.accounts import queries, tokens
from marketplace.accounts.errors import SessionEnded, SessionReused
from marketplace.accounts.models import Account, LoginSession, RefreshToken
from marketplace.accounts.views import Actor, Tokens
from marketplace.db import Session, forget_some
from marketplace.ids import AccountId, SessionId

REFRESH_GRACE = timedelta(seconds=10)
"""How long a replaced refresh token still answers, for tabs that sent it at the same time."""


async def refresh(session: Session, refresh_token: str, now: datetime) -> Tokens:
    """Replace a refresh token by its successor. Raises SessionEnded, or SessionReused after ending the log-in.

    Commits before it raises SessionReused: that the log-in has ended must outlast the refusal.
    """
    known = await queries.lock_refresh_token(session, _digest(refresh_token))
    if known is None:
        raise SessionEnded
    row = await queries.login_session(session, known.session_id)
    row.must_be_live(now)
    account = await queries.account(session, AccountId(row.account_id))
    successor = tokens.mac(tokens.Purpose.REFRESH, refresh_token)
    if known.spent_at is None:
        known.spent_at = now
        row.prolong(now, refresh_life())
        return await issue(session, row, account, successor, now)
    if now - known.spent_at < REFRESH_GRACE and await _is_unspent(session, successor):
        return await _answer(session, row, account, successor, now)
    row.end(now)
    await session.commit()
    raise SessionReused


async def logout(session: Session, refresh_token: str, now: datetime) -> None:
    """End the log-in that this token belongs to. Says nothing about a token that it does not know."""
    known = await queries.lock_refresh_token(session, _digest(refresh_token))
    if known is not None:
        (await queries.login_session(session, known.session_id)).end(now)


async def end_log_in(session: Session, actor: Actor, id: SessionId, now: datetime) -> None:
    """End one of the actor's own log-ins, wherever it is. Raises Unauthenticated, SessionEnded, NotFound."""
    account = await queries.signed_in(session, actor, now)
    (await queries.own_log_in(session, account.id, id)).end(now)


async def end_other_log_ins(session: Session, actor: Actor, now: datetime) -> None:
    """End all of the actor's log-ins but the one that asks. Raises Unauthenticated, SessionEnded."""
    account = await queries.signed_in(session, actor, now)
    await end_all(session, account.id, now, but=actor.session)


async def end_all(session: Session, account: str, now: datetime, *, but: SessionId | None = None) -> None:
    """End every log-in of the account, except perhaps one."""
    await session.execute(
        update(LoginSession)
        .where(
            col(LoginSession.account_id) == account,
            col(LoginSession.ended_at).is_(None),
            col(LoginSession.id) != (but or ""),
        )
        .values(ended_at=now)
    )


async def clean_up(session: Session, now: datetime) -> int:
    """Forget log-ins that ran out, with their tokens, and tokens so old that their return means nothing.

    A portion of each. Returns how many; 0 when none is left.
    """
    tokens = await forget_some(session, RefreshToken, col(RefreshToken.issued_at) <= now - refresh_life())
    return tokens + await forget_some(session, LoginSession, col(LoginSession.expires_at) <= now)


async def issue(session: Session, row: LoginSession, account: Account, refresh_token: str, now: datetime) -> Tokens:
    """Add a link to the log-in's chain, and give its bearer both tokens."""
    session.add(RefreshToken(digest=_digest(refresh_token), session_id=row.id, issued_at=now))
    await session.flush()
    return await _answer(session, row, account, refresh_token, now)


def refresh_life() -> timedelta:
    return timedelta(days=settings.current().refresh_token_days)


async def _answer(session: Session, row: LoginSession, account: Account, refresh_token: str, now: datetime) -> Tokens:
    view = await queries.view_of(session, account)
    id = SessionId(row.id)
    return Tokens(
        access=tokens.issue_access(view, id, now, is_proved=row.proved_at is not None),
        refresh=refresh_token,
        session=id,
        access_expires_at=now + tokens.access_life(),
        refresh_expires_at=row.expires_at,
        account=view,
    )


async def _is_unspent(session: Session, refresh_token: str) -> bool:
    row = await session.get(RefreshToken, _digest(refresh_token))
    return row is not None and row.spent_at is None


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
