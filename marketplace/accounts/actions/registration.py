"""Making an account, and showing that mail reaches its owner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from marketplace import limits
from marketplace.accounts import passwords, queries
from marketplace.accounts.errors import EmailTaken, PasswordRefused, TokenRefused
from marketplace.accounts.events import SignedUpAgain, VerificationWanted
from marketplace.accounts.inputs import one_line, parse_email, text_errors
from marketplace.accounts.models import Account
from marketplace.accounts.tokens import Purpose, read_step
from marketplace.accounts.views import AccountView, Actor
from marketplace.db import Session
from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.i18n import _
from marketplace.ids import AccountId
from marketplace.outbox import record


async def register(
    session: Session, *, email: str, name: str, password: str, language: str = "", now: datetime
) -> AccountView:
    """Make an account whose owner is written to in `language`.

    Raises Invalid with every error, PasswordRefused where only the password has any, or EmailTaken.
    """
    address = parse_email(email)
    name = one_line(name)
    errors = [] if address else [FieldError("email", _("This does not look like an e-mail address."))]
    errors += text_errors("name", name, most=limits.PERSON)
    weak = passwords.errors_of(password, email.strip())
    if errors or address is None:
        raise Invalid(_("Please check these."), errors + weak)
    if weak:
        raise PasswordRefused(weak)
    # Hashed before the transaction begins to work, which then holds no lock meanwhile.
    kept = await passwords.hashed(password)
    if await queries.account_by_email(session, address):
        raise EmailTaken
    account = Account(
        id=AccountId.new(), email=address, name=name, password_hash=kept, language=language, created_at=now
    )
    try:
        async with session.begin_nested():
            session.add(account)
    except IntegrityError:
        raise EmailTaken from None
    record(session, VerificationWanted(account.id, now), now)
    return await queries.view_of(session, account)


async def sign_up(session: Session, *, email: str, name: str, password: str, language: str = "", now: datetime) -> None:
    """Make an account, or tell the owner of the one that there is by mail.

    It takes as long and says the same, so that nobody learns whose addresses we know. Raises Invalid, PasswordRefused.
    """
    try:
        await register(session, email=email, name=name, password=password, language=language, now=now)
    except EmailTaken:
        known = await queries.account_by_email(session, parse_email(email) or "")
        if known is not None:
            record(session, SignedUpAgain(known.id, now), now)


async def vouch_for(session: Session, account: AccountId, now: datetime) -> AccountView:
    """Take an address for verified without asking, such as the demo world's. Raises NotFound."""
    row = await queries.account(session, account)
    row.verify(now)
    return await queries.view_of(session, row)


async def ask_to_verify(session: Session, actor: Actor, now: datetime) -> None:
    """Have the link that confirms the address sent once more. Raises Unauthenticated, SessionEnded."""
    account = await queries.signed_in(session, actor, now)
    if account.verified_at is None:
        record(session, VerificationWanted(account.id, now), now)


async def verify(session: Session, token: str, now: datetime) -> AccountView:
    """Follow the link in the mail: it may be followed again. Raises TokenRefused."""
    claims = read_step(Purpose.VERIFY, token, now)
    try:
        row = await queries.account(session, claims.account, lock=True)
    except NotFound:
        raise TokenRefused from None
    claims.must_build_on(row.email)
    row.verify(now)
    return await queries.view_of(session, row)
