"""What people do: register, log in, stay logged in, log out, open a shop; and what operators do about them.

A log-in is a chain of refresh tokens. The first is random; each next one is the HMAC of the one before it, so that
whoever presents a token twice within the grace window (two tabs that woke up together) is given the *same* successor,
although only hashes are stored. A token that comes back later than that has been copied: the whole log-in ends.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete

from marketplace import settings
from marketplace.accounts import passwords, queries, tokens
from marketplace.accounts.errors import EmailTaken, SessionEnded, SessionReused, WrongCredentials
from marketplace.accounts.models import Account, LoginSession, Membership, RefreshToken, Seller
from marketplace.accounts.views import AccountView, Actor, SellerView, Tokens
from marketplace.db import Session
from marketplace.errors import Fault, Invalid
from marketplace.ids import AccountId, SellerId, SessionId

REFRESH_GRACE = timedelta(seconds=10)
"""How long a replaced refresh token still answers, for tabs that sent it at the same time."""

LONGEST_ABOUT = 2000


async def register(session: Session, *, email: str, name: str, password: str, now: datetime) -> AccountView:
    """Make an account. Raises Invalid with every fault, or EmailTaken."""
    address = _address(email)
    name = " ".join(name.split())
    faults = [] if address else [Fault("email", "This does not look like an e-mail address.")]
    faults += _text_faults("name", name, most=100)
    faults += passwords.faults_of(password, email.strip())
    if faults or address is None:
        raise Invalid("Please look at these again.", faults)
    # Hashed before the transaction begins to work, which then holds no lock meanwhile.
    kept = await passwords.hashed(password)
    if await queries.account_by_email(session, address):
        raise EmailTaken
    account = Account(id=AccountId.new(), email=address, name=name, password_hash=kept, created_at=now)
    try:
        async with session.begin_nested():
            session.add(account)
    except IntegrityError:
        raise EmailTaken from None
    return await queries.view_of(session, account)


async def login(session: Session, *, email: str, password: str, device: str, now: datetime) -> Tokens:
    """Begin a log-in session.

    Raises WrongCredentials, in the same words and time whether there is such an account or not.
    """
    address = _address(email)
    account = await queries.account_by_email(session, address) if address else None
    is_right, fresh = await passwords.matches(password, account.password_hash if account else None)
    if account is None or not is_right:
        raise WrongCredentials
    if fresh:
        account.password_hash = fresh
    seen = "".join(character for character in device if character.isprintable())[:200]
    row = LoginSession(
        id=SessionId.new(), account_id=account.id, device=seen, started_at=now, expires_at=now + _refresh_life()
    )
    session.add(row)
    await session.flush()
    return await _issue(session, row, account, secrets.token_urlsafe(32), now)


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
        row.prolong(now, _refresh_life())
        return await _issue(session, row, account, successor, now)
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


async def open_shop(session: Session, account: AccountId, *, name: str, about: str, now: datetime) -> SellerView:
    """Open a shop that `account` runs. Raises Invalid with every fault, NotFound."""
    name, about = " ".join(name.split()), about.strip()
    faults = _text_faults("name", name, most=80) + _text_faults("about", about, most=LONGEST_ABOUT, least=0)
    if faults:
        raise Invalid("Please look at these again.", faults)
    await queries.account(session, account)
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


async def clean_up(session: Session, now: datetime) -> int:
    """Forget log-ins that ran out, with their tokens, and tokens so old that their return means nothing.

    Returns how many log-ins.
    """
    gone = await session.execute(delete(LoginSession).where(col(LoginSession.expires_at) <= now))
    await session.execute(delete(RefreshToken).where(col(RefreshToken.issued_at) <= now - _refresh_life()))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


async def _issue(session: Session, row: LoginSession, account: Account, refresh_token: str, now: datetime) -> Tokens:
    session.add(RefreshToken(digest=_digest(refresh_token), session_id=row.id, issued_at=now))
    await session.flush()
    return await _answer(session, row, account, refresh_token, now)


async def _answer(session: Session, row: LoginSession, account: Account, refresh_token: str, now: datetime) -> Tokens:
    view = await queries.view_of(session, account)
    id = SessionId(row.id)
    return Tokens(
        access=tokens.issue_access(view, id, now),
        refresh=refresh_token,
        session=id,
        access_expires_at=now + tokens.access_life(),
        refresh_expires_at=row.expires_at,
        account=view,
    )


async def _is_unspent(session: Session, refresh_token: str) -> bool:
    row = await session.get(RefreshToken, _digest(refresh_token))
    return row is not None and row.spent_at is None


def _refresh_life() -> timedelta:
    return timedelta(days=settings.current().refresh_token_days)


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _address(email: str) -> str | None:
    """The address as we keep it, or None if it is none. Whether its domain takes mail is found out by writing to it."""
    try:
        return validate_email(email.strip().lower(), check_deliverability=False).normalized.lower()
    except (EmailNotValidError, UnicodeError):
        return None


def _text_faults(field: str, text: str, *, most: int, least: int = 1) -> list[Fault]:
    if len(text) < least:
        return [Fault(field, "This cannot be empty.")]
    if len(text) > most:
        return [Fault(field, f"Use at most {most} characters.")]
    # Control characters and halves of surrogate pairs, which no database keeps. Joiners stay: names need them.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text if character not in "\n\r\t"):
        return [Fault(field, "This holds characters that cannot be shown.")]
    return []


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _unique(slug: str) -> str:
    return f"{slug}-{secrets.token_hex(4)}"
