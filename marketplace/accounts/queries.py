"""Every select about people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from marketplace.accounts.errors import SessionEnded
from marketplace.accounts.models import (
    Account,
    LoginSession,
    Membership,
    RecoveryCode,
    RefreshToken,
    SecondFactor,
    Seller,
)
from marketplace.accounts.views import AccountView, Actor, LoginView, SecondFactorView, SellerView
from marketplace.db import Session
from marketplace.errors import NotFound
from marketplace.i18n import _
from marketplace.ids import AccountId, CartId, SellerId, SessionId


async def account_view(session: Session, id: AccountId) -> AccountView:
    """Raises NotFound."""
    return await view_of(session, await account(session, id))


async def seller_view(session: Session, id: SellerId) -> SellerView:
    """Raises NotFound."""
    return _shop(await seller(session, id))


async def seller_views(session: Session, ids: Iterable[SellerId]) -> dict[SellerId, SellerView]:
    """Those of `ids` that exist, in one query."""
    rows = await session.exec(select(Seller).where(col(Seller.id).in_(set(ids))))
    return {SellerId(row.id): _shop(row) for row in rows}


async def seller_by_slug(session: Session, slug: str) -> SellerView:
    """Raises NotFound."""
    row = (await session.exec(select(Seller).where(Seller.slug == slug))).first()
    if row is None:
        raise NotFound(_("Shop not found."))
    return _shop(row)


async def session_is_live(session: Session, id: SessionId, now: datetime) -> bool:
    """Whether this log-in has neither ended nor run out."""
    row = await session.get(LoginSession, id)
    return row is not None and row.is_live(now)


async def cart_of_log_in(session: Session, id: SessionId, now: datetime) -> CartId | None:
    """The basket of a log-in that lives. Raises SessionEnded."""
    row = await session.get(LoginSession, id)
    if row is None or not row.is_live(now):
        raise SessionEnded
    return None if row.cart is None else CartId(row.cart)


async def own_view(session: Session, actor: Actor, now: datetime) -> AccountView:
    """Raises Unauthenticated, SessionEnded."""
    return await view_of(session, await signed_in(session, actor, now))


async def log_ins(session: Session, actor: Actor, now: datetime) -> list[LoginView]:
    """Where the actor is logged in, the last seen first. Raises Unauthenticated, SessionEnded."""
    account = await signed_in(session, actor, now)
    rows = await session.exec(
        select(LoginSession)
        .where(
            LoginSession.account_id == account.id,
            col(LoginSession.ended_at).is_(None),
            col(LoginSession.expires_at) > now,
        )
        .order_by(col(LoginSession.seen_at).desc(), col(LoginSession.id).desc())
    )
    return [
        LoginView(SessionId(row.id), row.device, row.started_at, row.seen_at, is_current=row.id == actor.session)
        for row in rows
    ]


async def second_factor_view(session: Session, actor: Actor, now: datetime) -> SecondFactorView:
    """Raises Unauthenticated, SessionEnded."""
    account = await signed_in(session, actor, now)
    factor = await session.get(SecondFactor, account.id)
    if factor is None or not factor.is_on:
        return SecondFactorView(is_on=False, since=None, recovery_codes=0)
    unused = await session.exec(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.account_id == account.id, col(RecoveryCode.used_at).is_(None))
    )
    return SecondFactorView(is_on=True, since=factor.confirmed_at, recovery_codes=unused.one())


async def exported(session: Session, id: AccountId) -> dict[str, Any]:
    """This room's part of what somebody may take away. Raises NotFound."""
    row = await account(session, id)
    view = await view_of(session, row)
    factor = await session.get(SecondFactor, id)
    log_ins = await session.exec(
        select(LoginSession).where(LoginSession.account_id == id).order_by(col(LoginSession.started_at))
    )
    return {
        "id": view.id,
        "email": view.email,
        "name": view.name,
        "language": view.language,
        "created_at": view.created_at,
        "verified_at": view.verified_at,
        "is_operator": view.is_operator,
        "second_factor_since": None if factor is None else factor.confirmed_at,
        "shops": view.sellers,
        "log_ins": [
            {name: getattr(log_in, name) for name in ("device", "started_at", "seen_at", "expires_at", "ended_at")}
            for log_in in log_ins
        ],
    }


async def shops_run_alone(session: Session, id: AccountId) -> list[str]:
    """Names of the shops that nobody but this account runs, those that operators have closed left out."""
    other = aliased(Membership)
    others = select(other.account_id).where(other.seller_id == Seller.id, other.account_id != id).exists()
    rows = await session.exec(
        select(Seller.name)
        .join(Membership, col(Membership.seller_id) == col(Seller.id))
        .where(Membership.account_id == id, col(Seller.suspended_at).is_(None), ~others)
        .order_by(col(Seller.name))
    )
    return list(rows)


async def signed_in(session: Session, actor: Actor, now: datetime, *, lock: bool = False) -> Account:
    """The row of whoever asks, as long as their log-in lives: an access token alone outlives it by some minutes.

    Raises Unauthenticated, SessionEnded.
    """
    id = actor.must_have_account()
    if actor.session is None or not await session_is_live(session, actor.session, now):
        raise SessionEnded
    return await account(session, id, lock=lock)


async def view_of(session: Session, account: Account) -> AccountView:
    """An account with its shops, the oldest first."""
    shops = await session.exec(
        select(Seller)
        .join(Membership, col(Membership.seller_id) == col(Seller.id))
        .where(Membership.account_id == account.id)
        .order_by(col(Membership.since), col(Seller.id))
    )
    factor = await session.get(SecondFactor, account.id)
    return AccountView(
        id=AccountId(account.id),
        email=account.email,
        name=account.name,
        is_operator=account.is_operator,
        sellers=tuple(_shop(row) for row in shops),
        created_at=account.created_at,
        verified_at=account.verified_at,
        language=account.language,
        has_second_factor=factor is not None and factor.is_on,
    )


async def account(session: Session, id: AccountId, *, lock: bool = False) -> Account:
    """The row, for actions; `lock` keeps other writers away until the end of the transaction. Raises NotFound."""
    wanted = select(Account).where(Account.id == id, col(Account.erased_at).is_(None))
    row = (await session.exec(wanted.with_for_update() if lock else wanted)).first()
    if row is None:
        raise NotFound(_("Account not found."))
    return row


async def account_by_email(session: Session, email: str) -> Account | None:
    """The row, for actions. An erased account has no address any more."""
    found = await session.exec(select(Account).where(Account.email == email, col(Account.erased_at).is_(None)))
    return found.first()


async def seller(session: Session, id: SellerId) -> Seller:
    """The row, for actions. Raises NotFound."""
    row = await session.get(Seller, id)
    if row is None:
        raise NotFound(_("Shop not found."))
    return row


async def slug_is_taken(session: Session, slug: str) -> bool:
    return (await session.exec(select(Seller.id).where(Seller.slug == slug))).first() is not None


async def lock_refresh_token(session: Session, digest: str) -> RefreshToken | None:
    """The row, kept from everybody else until the end of the transaction: a token is spent by one caller at a time."""
    return (await session.exec(select(RefreshToken).where(RefreshToken.digest == digest).with_for_update())).first()


async def login_session(session: Session, id: str) -> LoginSession:
    """The log-in that a refresh token belongs to; the foreign key says that there is one."""
    return (await session.exec(select(LoginSession).where(LoginSession.id == id).with_for_update())).one()


async def own_log_in(session: Session, account: str, id: SessionId) -> LoginSession:
    """One of the account's log-ins, for actions. Raises NotFound, for somebody else's as well."""
    row = await session.get(LoginSession, id, with_for_update=True)
    if row is None or row.account_id != account:
        raise NotFound(_("Session not found."))
    return row


async def second_factor(session: Session, account: str) -> SecondFactor | None:
    """The row, kept from everybody else until the end of the transaction: a code is taken by one caller at a time."""
    return (
        await session.exec(select(SecondFactor).where(SecondFactor.account_id == account).with_for_update())
    ).first()


def _shop(row: Seller) -> SellerView:
    return SellerView(SellerId(row.id), row.name, row.slug, row.about, is_suspended=row.suspended_at is not None)
