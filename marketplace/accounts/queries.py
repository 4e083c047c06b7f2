"""Every select about people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import col, select

from marketplace.accounts.models import Account, LoginSession, Membership, RefreshToken, Seller
from marketplace.accounts.views import AccountView, SellerView
from marketplace.db import Session
from marketplace.errors import NotFound
from marketplace.ids import AccountId, SellerId, SessionId


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
        raise NotFound("There is no such shop.")
    return _shop(row)


async def session_is_live(session: Session, id: SessionId, now: datetime) -> bool:
    """Whether this log-in has neither ended nor run out."""
    row = await session.get(LoginSession, id)
    return row is not None and row.is_live(now)


async def view_of(session: Session, account: Account) -> AccountView:
    """An account with its shops, the oldest first."""
    shops = await session.exec(
        select(Seller)
        .join(Membership, col(Membership.seller_id) == col(Seller.id))
        .where(Membership.account_id == account.id)
        .order_by(col(Membership.since), col(Seller.id))
    )
    return AccountView(
        id=AccountId(account.id),
        email=account.email,
        name=account.name,
        is_operator=account.is_operator,
        sellers=tuple(_shop(row) for row in shops),
        created_at=account.created_at,
    )


async def account(session: Session, id: AccountId) -> Account:
    """The row, for actions. Raises NotFound."""
    row = await session.get(Account, id)
    if row is None:
        raise NotFound("There is no such account.")
    return row


async def account_by_email(session: Session, email: str) -> Account | None:
    return (await session.exec(select(Account).where(Account.email == email))).first()


async def seller(session: Session, id: SellerId) -> Seller:
    """The row, for actions. Raises NotFound."""
    row = await session.get(Seller, id)
    if row is None:
        raise NotFound("There is no such shop.")
    return row


async def slug_is_taken(session: Session, slug: str) -> bool:
    return (await session.exec(select(Seller.id).where(Seller.slug == slug))).first() is not None


async def lock_refresh_token(session: Session, digest: str) -> RefreshToken | None:
    """The row, kept from everybody else until the end of the transaction: a token is spent by one caller at a time."""
    return (await session.exec(select(RefreshToken).where(RefreshToken.digest == digest).with_for_update())).first()


async def login_session(session: Session, id: str) -> LoginSession:
    """The log-in that a refresh token belongs to; the foreign key says that there is one."""
    return (await session.exec(select(LoginSession).where(LoginSession.id == id).with_for_update())).one()


def _shop(row: Seller) -> SellerView:
    return SellerView(SellerId(row.id), row.name, row.slug, row.about, is_suspended=row.suspended_at is not None)
