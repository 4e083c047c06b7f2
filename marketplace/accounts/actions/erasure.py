"""Being forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, delete

from marketplace.accounts import queries
from marketplace.accounts.actions.forgetting import forget_second_factor
from marketplace.accounts.actions.passwords import must_know
from marketplace.accounts.errors import ShopStillOpen
from marketplace.accounts.events import AccountErased
from marketplace.accounts.models import LoginSession, Membership
from marketplace.accounts.views import Actor
from marketplace.db import Session
from marketplace.ids import AccountId
from marketplace.outbox import record


async def erase(session: Session, actor: Actor, *, password: str, now: datetime) -> None:
    """Erase the actor's account: name, address, password, log-ins. Its id stays, as the name of nobody.

    Raises Unauthenticated, SessionEnded, WrongPassword; ShopStillOpen for the only one who runs a shop, because that
    shop's buyers need somebody to turn to.
    """
    account = await queries.signed_in(session, actor, now, lock=True)
    await must_know(account, password)
    shops = await queries.shops_run_alone(session, AccountId(account.id))
    if shops:
        raise ShopStillOpen(shops)
    await forget_second_factor(session, account.id)
    await session.execute(delete(Membership).where(col(Membership.account_id) == account.id))
    await session.execute(delete(LoginSession).where(col(LoginSession.account_id) == account.id))
    account.erase(now)
    record(session, AccountErased(account.id, now), now)
