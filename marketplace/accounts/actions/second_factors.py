"""The second factor: setting it up, taking its codes, switching it off."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, update

from marketplace.accounts import codes, queries, tokens
from marketplace.accounts.actions.forgetting import forget_second_factor
from marketplace.accounts.actions.passwords import must_know
from marketplace.accounts.errors import NotBegun, WrongCode
from marketplace.accounts.events import SecondFactorChanged
from marketplace.accounts.models import LoginSession, RecoveryCode, SecondFactor
from marketplace.accounts.views import Actor, Enrolment
from marketplace.db import Session
from marketplace.ids import AccountId
from marketplace.outbox import record


async def begin_second_factor(session: Session, actor: Actor, *, password: str, now: datetime) -> Enrolment:
    """Give the secret for the authenticator app; nothing is asked for until a first code confirms it.

    The password is wanted so that nobody locks the owner out from a browser that was left open. Raises Unauthenticated,
    SessionEnded, WrongPassword, AlreadyOn.
    """
    account = await queries.signed_in(session, actor, now, lock=True)
    await must_know(account, password)
    secret = codes.new_secret()
    factor = await queries.second_factor(session, account.id)
    if factor is None:
        session.add(SecondFactor(account_id=account.id, secret=tokens.sealed(secret), begun_at=now))
    else:
        factor.begin_anew(tokens.sealed(secret), now)
    return Enrolment(secret, codes.uri_of(secret, account.email))


async def confirm_second_factor(session: Session, actor: Actor, *, code: str, now: datetime) -> tuple[str, ...]:
    """Switch it on with a first code. Returns the recovery codes: they are never shown again.

    The log-in that asks has shown the factor with this. Raises Unauthenticated, SessionEnded, NotBegun, AlreadyOn,
    WrongCode.
    """
    account = await queries.signed_in(session, actor, now, lock=True)
    factor = await queries.second_factor(session, account.id)
    if factor is None:
        raise NotBegun
    factor.confirm(codes.step_of(tokens.unsealed(factor.secret), code, now), now)
    id = AccountId(account.id)
    fresh = codes.new_recovery_codes()
    session.add_all(RecoveryCode(digest=codes.digest_of(id, one), account_id=id) for one in fresh)
    await session.execute(update(LoginSession).where(col(LoginSession.id) == actor.session).values(proved_at=now))
    record(session, SecondFactorChanged(id, True, now), now)
    return fresh


async def switch_off_second_factor(session: Session, actor: Actor, *, password: str, code: str, now: datetime) -> None:
    """Raises Unauthenticated, SessionEnded, WrongPassword, NotBegun, WrongCode."""
    account = await queries.signed_in(session, actor, now, lock=True)
    await must_know(account, password)
    await take_code(session, AccountId(account.id), code, now)
    await forget_second_factor(session, account.id)
    record(session, SecondFactorChanged(account.id, False, now), now)


async def take_code(session: Session, account: AccountId, code: str, now: datetime) -> None:
    """Use a code, the app's or one for recovery, which opens nothing a second time. Raises NotBegun, WrongCode."""
    factor = await queries.second_factor(session, account)
    if factor is None:
        raise NotBegun
    factor.must_be_on()
    step = codes.step_of(tokens.unsealed(factor.secret), code, now)
    if step is not None:
        factor.accept(step)
        return
    recovery = await session.get(RecoveryCode, codes.digest_of(account, code))
    if recovery is None:
        raise WrongCode
    recovery.use(now)
