"""What outsiders may see of people, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from marketplace.errors import Forbidden, Unauthenticated
from marketplace.i18n import _, gettext_noop
from marketplace.ids import AccountId, BookingId, CartId, SellerId, SessionId


class SecondFactorMissing(Forbidden):
    """An operator has logged in with a password alone."""

    # Here, and not among the room's other errors: views stand beside those, and the Actor raises it.
    code = "second_factor_missing"
    title = gettext_noop("Two-factor authentication required")

    def __init__(self) -> None:
        super().__init__(_("Operators need two-factor authentication. Turn it on in your account, then come back."))


@dataclass(frozen=True, slots=True)
class Link:
    """A magic link: opens one booking for whoever holds it, as long as the booking is sent to the same address."""

    booking: BookingId
    stamp: str
    """A fingerprint of the address that the link was sent to; `tokens.opens` compares it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, as far as the edges could vouch for it. Actions ask it what it may; it refuses by raising."""

    cart: CartId | None = None
    account: AccountId | None = None
    sellers: frozenset[SellerId] = field(default_factory=frozenset)
    is_operator: bool = False
    is_system: bool = False
    link: Link | None = None
    """The magic link that they followed, which opens one booking."""

    session: SessionId | None = None
    """The log-in that the account speaks through."""

    network: str | None = field(default=None, compare=False)
    """Where the request comes from (see `throttle.network_of`). No part of who is asking: people move, and share it."""

    lacks_second_factor: bool = False
    """An operator by appointment, who has not shown the second factor: until then an account like any other."""

    def must_run(self, seller: SellerId) -> None:
        """Raises Forbidden for all but the shop's people, operators and the system."""
        if not (self.is_system or self.is_operator or seller in self.sellers):
            raise Forbidden(_("This shop belongs to someone else."))

    def must_have_account(self) -> AccountId:
        """Raises Unauthenticated for guests."""
        if self.account is None:
            raise Unauthenticated(_("Please log in first."))
        return self.account

    def must_have_cart(self) -> CartId:
        """Raises Unauthenticated for a visitor whom no cart was given yet."""
        if self.cart is None:
            raise Unauthenticated(_("We could not find your basket. Allow cookies and reload the page."))
        return self.cart

    def must_operate(self) -> None:
        """Raises Forbidden for all but operators and the system, SecondFactorMissing for half an operator."""
        if self.lacks_second_factor:
            raise SecondFactorMissing
        if not (self.is_system or self.is_operator):
            raise Forbidden(_("Only operators of this marketplace can do that."))

    @property
    def label(self) -> str:
        """Who it was, for an audit trail."""
        if self.is_system:
            return "system"
        if self.account is not None:
            return f"{'operator' if self.is_operator else 'account'} {self.account}"
        if self.link is not None:
            return f"link {self.link.booking}"
        return f"guest {self.cart}" if self.cart is not None else "visitor"


SYSTEM = Actor(is_system=True)
"""The marketplace itself: jobs and reactions."""


@dataclass(frozen=True, slots=True)
class SellerView:
    """A shop as its visitors see it."""

    id: SellerId
    name: str
    slug: str
    about: str
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """Somebody with a log-in, as they see themselves."""

    id: AccountId
    email: str
    name: str
    is_operator: bool
    sellers: tuple[SellerView, ...]
    created_at: datetime
    verified_at: datetime | None = None
    """When they showed that mail to `email` reaches them."""

    language: str = ""
    """The one they chose to be spoken to in; empty: whatever their browser asks for."""

    has_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class LoginView:
    """One log-in on one device. `device` is what the browser said of itself."""

    id: SessionId
    device: str
    started_at: datetime
    seen_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor that waits for its first code: `secret` for typing, `uri` (otpauth://) for the QR code."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class SecondFactorView:
    """`recovery_codes` counts those that are left."""

    is_on: bool
    since: datetime | None
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a log-in gives: both tokens belong into HttpOnly cookies and nowhere else."""

    access: str
    refresh: str
    session: SessionId
    access_expires_at: datetime
    refresh_expires_at: datetime
    account: AccountView
