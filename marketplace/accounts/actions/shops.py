"""Opening a shop, and what operators do about shops and people."""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from marketplace import limits
from marketplace.accounts import queries
from marketplace.accounts.errors import AddressUnverified
from marketplace.accounts.inputs import one_line, text_errors
from marketplace.accounts.models import Membership, Seller
from marketplace.accounts.views import AccountView, Actor, SellerView
from marketplace.db import Session
from marketplace.errors import Invalid
from marketplace.i18n import _
from marketplace.ids import AccountId, SellerId


async def open_shop(session: Session, account: AccountId, *, name: str, about: str, now: datetime) -> SellerView:
    """Open a shop that `account` runs. Raises Invalid with every error, NotFound, AddressUnverified."""
    name, about = one_line(name), about.strip()
    errors = text_errors("name", name, most=limits.SHOP) + text_errors("about", about, most=limits.ABOUT_SHOP, least=0)
    if errors:
        raise Invalid(_("Please check these."), errors)
    if (await queries.account(session, account)).verified_at is None:
        raise AddressUnverified
    seller = SellerId.new()
    slug = _slug(name) or "shop"
    if await queries.slug_is_taken(session, slug):
        slug = _unique(slug)
    try:
        async with session.begin_nested():
            session.add(Seller(id=seller, slug=slug, name=name, about=about, created_at=now))
    except IntegrityError:
        # Somebody opened a shop of this name at the same moment.
        session.add(Seller(id=seller, slug=_unique(slug), name=name, about=about, created_at=now))
    await session.flush()
    session.add(Membership(account_id=account, seller_id=seller, since=now))
    await session.flush()
    return await queries.seller_view(session, seller)


async def appoint_operator(session: Session, actor: Actor, account: AccountId) -> AccountView:
    """Let an account operate the marketplace, from its next access token on. Raises Forbidden, NotFound."""
    actor.must_operate()
    row = await queries.account(session, account)
    row.is_operator = True
    return await queries.view_of(session, row)


async def suspend_shop(session: Session, actor: Actor, seller: SellerId, now: datetime) -> SellerView:
    """Stop a shop from selling. Raises Forbidden, NotFound."""
    actor.must_operate()
    (await queries.seller(session, seller)).suspend(now)
    return await queries.seller_view(session, seller)


async def reinstate_shop(session: Session, actor: Actor, seller: SellerId) -> SellerView:
    """Let a suspended shop sell again. Raises Forbidden, NotFound."""
    actor.must_operate()
    (await queries.seller(session, seller)).reinstate()
    return await queries.seller_view(session, seller)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _unique(slug: str) -> str:
    return f"{slug}-{secrets.token_hex(4)}"
