"""Tables of people, shops and log-ins."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from marketplace import limits
from marketplace.accounts.errors import AlreadyOn, NotBegun, SessionEnded, WrongCode
from marketplace.db import Instant


class Account(SQLModel, table=True):
    """Somebody with a log-in. `email` is kept stripped and in lower case: it is who they are."""

    id: str = Field(primary_key=True)
    email: str = Field(max_length=limits.EMAIL, unique=True)
    name: str = Field(max_length=limits.PERSON)
    password_hash: str
    is_operator: bool = False
    created_at: datetime = Field(sa_type=Instant)
    verified_at: datetime | None = Field(default=None, sa_type=Instant)
    language: str = Field(default="", max_length=20)
    erased_at: datetime | None = Field(default=None, sa_type=Instant)

    def verify(self, now: datetime) -> None:
        self.verified_at = self.verified_at or now

    def erase(self, now: datetime) -> None:
        """Keep nothing but the id, which books of account refer to. No password matches an empty hash."""
        self.email, self.name, self.password_hash, self.language = f"{self.id.lower()}@erased.invalid", "", "", ""
        self.is_operator, self.verified_at, self.erased_at = False, None, now


class Seller(SQLModel, table=True):
    """A shop. People run it through their memberships."""

    id: str = Field(primary_key=True)
    slug: str = Field(max_length=80, unique=True)
    name: str = Field(max_length=limits.SHOP)
    about: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    suspended_at: datetime | None = Field(default=None, sa_type=Instant)

    def suspend(self, now: datetime) -> None:
        self.suspended_at = self.suspended_at or now

    def reinstate(self) -> None:
        self.suspended_at = None


class Membership(SQLModel, table=True):
    """This account may run that shop."""

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    seller_id: str = Field(primary_key=True, foreign_key="seller.id", index=True)
    since: datetime = Field(sa_type=Instant)


class LoginSession(SQLModel, table=True):
    """One log-in on one device, kept alive by a chain of refresh tokens. `proved_at`: it has shown the second factor.

    `cart` is the basket that its person filled before they logged in, and goes on filling; it ends with the log-in.
    """

    __tablename__ = "login_session"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    device: str = Field(max_length=200)
    cart: str | None = None
    started_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    proved_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)

    def is_live(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at

    def must_be_live(self, now: datetime) -> None:
        """Raises SessionEnded."""
        if not self.is_live(now):
            raise SessionEnded

    def prolong(self, now: datetime, by: timedelta) -> None:
        """Used again: its life starts anew. Raises SessionEnded."""
        self.must_be_live(now)
        self.seen_at, self.expires_at = now, now + by

    def end(self, now: datetime) -> None:
        self.ended_at = self.ended_at or now


class RefreshToken(SQLModel, table=True):
    """One link of a session's chain, known by the SHA-256 of the token only.

    Spent ones stay, so that their return is recognised.
    """

    __tablename__ = "refresh_token"

    digest: str = Field(primary_key=True, max_length=64)
    session_id: str = Field(foreign_key="login_session.id", index=True, ondelete="CASCADE")
    issued_at: datetime = Field(sa_type=Instant, index=True)
    spent_at: datetime | None = Field(default=None, sa_type=Instant)


class SecondFactor(SQLModel, table=True):
    """Time-based codes (RFC 6238) of one account. The secret is kept sealed; no code is taken twice."""

    __tablename__ = "second_factor"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    secret: str
    begun_at: datetime = Field(sa_type=Instant)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    last_step: int = 0

    @property
    def is_on(self) -> bool:
        return self.confirmed_at is not None

    def begin_anew(self, secret: str, now: datetime) -> None:
        """Raises AlreadyOn: only one that was never confirmed can be replaced."""
        if self.is_on:
            raise AlreadyOn
        self.secret, self.begun_at, self.last_step = secret, now, 0

    def confirm(self, step: int | None, now: datetime) -> None:
        """Raises AlreadyOn, WrongCode."""
        if self.is_on:
            raise AlreadyOn
        self.accept(step)
        self.confirmed_at = now

    def must_be_on(self) -> None:
        """Raises NotBegun."""
        if not self.is_on:
            raise NotBegun

    def accept(self, step: int | None) -> None:
        """Take the code of this step of time, once. Raises WrongCode, also for None: no step has that code."""
        if step is None or step <= self.last_step:
            raise WrongCode
        self.last_step = step


class RecoveryCode(SQLModel, table=True):
    """A way in without the authenticator, once; known by a keyed hash only."""

    __tablename__ = "recovery_code"

    digest: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant)

    def use(self, now: datetime) -> None:
        """Raises WrongCode."""
        if self.used_at is not None:
            raise WrongCode
        self.used_at = now
