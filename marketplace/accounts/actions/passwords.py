"""Changing a password that one knows, and setting a new one for what one has forgotten."""

from __future__ import annotations

from datetime import datetime

from marketplace.accounts import passwords, queries
from marketplace.accounts.actions.forgetting import forget_second_factor
from marketplace.accounts.actions.sessions import end_all
from marketplace.accounts.errors import TokenRefused, WrongPassword
from marketplace.accounts.events import PasswordChanged, PasswordResetWanted
from marketplace.accounts.inputs import parse_email
from marketplace.accounts.models import Account
from marketplace.accounts.tokens import Purpose, read_step
from marketplace.accounts.views import AccountView, Actor
from marketplace.db import Session
from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.i18n import _
from marketplace.outbox import record


async def change_password(session: Session, actor: Actor, *, password: str, new_password: str, now: datetime) -> None:
    """Replace the password, and end every log-in but the one that asks.

    Raises Unauthenticated, SessionEnded, WrongPassword, Invalid.
    """
    account = await queries.signed_in(session, actor, now, lock=True)
    await must_know(account, password)
    await _set(session, account, new_password, now)
    await end_all(session, account.id, now, but=actor.session)


async def ask_for_reset(session: Session, email: str, now: datetime) -> None:
    """Have a link sent that sets a new password, if there is such an account.

    It does the same whether there is one or not: who waits for the answer learns nothing. Raises Invalid for what is no
    address.
    """
    address = parse_email(email)
    if address is None:
        raise Invalid(_("Please check this."), [FieldError("email", _("This does not look like an e-mail address."))])
    record(session, PasswordResetWanted(address, now), now)


async def reset_password(session: Session, token: str, *, new_password: str, now: datetime) -> AccountView:
    """Set a new password with the link from the mail, once, and end every log-in. Raises TokenRefused, Invalid.

    Whoever has the link reads the account's mail, so the address counts as verified. A second factor stays on where its
    owner had shown that already; one that somebody set up under an address that was never theirs is gone.
    """
    claims = read_step(Purpose.RESET, token, now)
    try:
        account = await queries.account(session, claims.account, lock=True)
    except NotFound:
        raise TokenRefused from None
    claims.must_build_on(account.password_hash)
    await _set(session, account, new_password, now)
    if account.verified_at is None:
        await forget_second_factor(session, account.id)
    account.verify(now)
    await end_all(session, account.id, now)
    return await queries.view_of(session, account)


async def must_know(account: Account, password: str) -> None:
    """Raises WrongPassword."""
    is_right, _ = await passwords.matches(password, account.password_hash)
    if not is_right:
        raise WrongPassword


async def _set(session: Session, account: Account, new: str, now: datetime) -> None:
    errors = [
        FieldError("new_password", field_error.message) for field_error in passwords.errors_of(new, account.email)
    ]
    if errors:
        raise Invalid(_("Please choose another password."), errors)
    account.password_hash = await passwords.hashed(new)
    record(session, PasswordChanged(account.id, now), now)
