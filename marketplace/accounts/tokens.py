"""Signed tokens: JSON Web Tokens (RFC 7519) by python-jose, and a CSRF value.

Every purpose has a key of its own, derived from the one signing key (HMAC-SHA256 of the purpose's name), and an
audience of its own: a token made for one purpose opens nothing else. The algorithm is pinned to HS256 and the key is
handed over as a key *object* of that algorithm, so that neither `alg: none` nor a public key used as a secret chooses
how we verify.
Times are checked against `now`, not against jose's idea of it, so that a moved clock moves tokens, too.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from jose import jwk, jwt
from jose.exceptions import JOSEError

from marketplace import settings
from marketplace.accounts.errors import TokenRefused
from marketplace.accounts.views import AccountView, Actor, Link
from marketplace.errors import NotFound
from marketplace.ids import AccountId, BookingId, CartId, SellerId, SessionId, TicketId, ulid

ALGORITHM = "HS256"
LONGEST = 4096
"""Characters of a token that we read: a cookie holds no more, and nothing longer was ever issued."""

CART_LIFE = timedelta(days=30)
DEVICE_LIFE = timedelta(days=365)
BOOKING_KEY_LIFE = timedelta(days=400)
"""A magic link outlives the event that it is for: seats are sold up to a year ahead."""


class Purpose(StrEnum):
    """What a key or a token is for; also the token's `aud`."""

    ACCESS = "holdfast:access"
    REFRESH = "holdfast:refresh"
    CART = "holdfast:cart"
    BOOKING = "holdfast:booking"
    TICKET = "holdfast:ticket"
    CSRF = "holdfast:csrf"
    VERIFY = "holdfast:verify"
    RESET = "holdfast:reset"
    HALF_WAY = "holdfast:half-way"
    RECOVERY = "holdfast:recovery"
    SEAL = "holdfast:seal"
    DEVICE = "holdfast:device"


STEP_LIFE = {
    Purpose.VERIFY: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.HALF_WAY: timedelta(minutes=5),
}
"""How long a token for a single step with an account is good, if that step is not taken before."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Whom an access token vouches for."""

    account: AccountId
    session: SessionId
    sellers: frozenset[SellerId]
    is_operator: bool
    is_proved: bool
    """Whether this log-in has shown the second factor."""

    def actor(self, *, cart: CartId | None = None, link: Link | None = None) -> Actor:
        """An operator without the second factor is an account like any other."""
        return Actor(
            cart=cart, account=self.account, sellers=self.sellers, is_operator=self.is_operator and self.is_proved,
            link=link, session=self.session, lacks_second_factor=self.is_operator and not self.is_proved,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepClaims:
    """Whose step a token opens, and a fingerprint of what it builds on."""

    purpose: Purpose
    account: AccountId
    stamp: str

    def must_build_on(self, state: str) -> None:
        """Raises TokenRefused where that has changed since."""
        if not hmac.compare_digest(mac(self.purpose, state).encode(), self.stamp.encode("utf-8", "replace")):
            raise TokenRefused


def issue_access(account: AccountView, session: SessionId, now: datetime, *, is_proved: bool = False) -> str:
    """A short-lived token for `account` in this log-in session; `is_proved`: it has shown the second factor."""
    sellers = [seller.id for seller in account.sellers]
    claims = {"sub": account.id, "sid": session, "sel": sellers, "op": account.is_operator, "two": is_proved}
    return _issue(Purpose.ACCESS, claims, now, access_life())


def read_access(token: str, now: datetime) -> AccessClaims:
    """Raises TokenRefused. Whether the session has been ended since is `queries.session_is_live`'s to say."""
    claims = _read(Purpose.ACCESS, token, now)
    try:
        return AccessClaims(
            account=AccountId(claims["sub"]),
            session=SessionId(claims["sid"]),
            sellers=frozenset(SellerId(seller) for seller in claims["sel"]),
            is_operator=claims["op"] is True,
            is_proved=claims["two"] is True,
        )
    except (KeyError, TypeError, NotFound):
        raise TokenRefused from None


def access_life() -> timedelta:
    return timedelta(seconds=settings.current().access_token_seconds)


def issue_cart(cart: CartId, now: datetime) -> str:
    """A token that makes its bearer the owner of this cart's holds: the cart, when it ends, our signature.

    No JSON Web Token, because it says nothing else and comes with every request: its check costs a tenth.
    """
    claims = f"{cart}.{int((now + CART_LIFE).timestamp())}"
    return f"{claims}.{mac(Purpose.CART, claims)}"


def read_cart(token: str, now: datetime) -> CartId:
    """Raises TokenRefused."""
    claims, _, signature = token[:LONGEST].rpartition(".")
    if not hmac.compare_digest(mac(Purpose.CART, claims).encode(), signature.encode("utf-8", "replace")):
        raise TokenRefused
    cart, _, expires = claims.partition(".")
    if not expires.isdecimal() or now.timestamp() >= int(expires):
        raise TokenRefused
    try:
        return CartId(cart)
    except NotFound:
        raise TokenRefused from None


def issue_booking_key(booking: BookingId, email: str, now: datetime) -> str:
    """The key in a magic link that is sent to `email`: opens exactly this booking, while that is its buyer's address."""
    return _issue(Purpose.BOOKING, {"sub": booking, "st": mac(Purpose.BOOKING, email)}, now, BOOKING_KEY_LIFE)


def read_booking_key(token: str, now: datetime) -> Link:
    """Whether it still `opens` its booking is the booking's to say. Raises TokenRefused."""
    claims = _read(Purpose.BOOKING, token, now)
    try:
        return Link(BookingId(claims["sub"]), str(claims["st"]))
    except (KeyError, TypeError, NotFound):
        raise TokenRefused from None


def opens(link: Link | None, booking: str, email: str) -> bool:
    """Whether the link is to this booking and was sent to the address that its buyer has now."""
    if link is None or link.booking != booking:
        return False
    return hmac.compare_digest(mac(Purpose.BOOKING, email).encode(), link.stamp.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Device:
    """A browser in which somebody has logged in before."""

    id: str
    stamp: str
    """A fingerprint of the address that they logged in with."""

    def knows(self, email: str) -> bool:
        return hmac.compare_digest(mac(Purpose.DEVICE, email).encode(), self.stamp.encode("utf-8", "replace"))


def issue_device(email: str, now: datetime) -> str:
    """A token that vouches for a browser in which the owner of `email` has logged in."""
    return _issue(Purpose.DEVICE, {"sub": ulid(), "st": mac(Purpose.DEVICE, email)}, now, DEVICE_LIFE)


def read_device(token: str, now: datetime) -> Device:
    """Raises TokenRefused."""
    claims = _read(Purpose.DEVICE, token, now)
    try:
        return Device(str(claims["sub"]), str(claims["st"]))
    except KeyError:
        raise TokenRefused from None


def issue_step(purpose: Purpose, account: AccountId, state: str, now: datetime) -> str:
    """A token for one step: confirm an address, set a new password, finish a log-in.

    `state` is what the step builds on, such as the password's hash: once it has changed, the token opens nothing. That
    makes a reset link good for one use without a table of links.
    """
    return _issue(purpose, {"sub": account, "st": mac(purpose, state)}, now, STEP_LIFE[purpose])


def read_step(purpose: Purpose, token: str, now: datetime) -> StepClaims:
    """Raises TokenRefused."""
    claims = _read(purpose, token, now)
    try:
        return StepClaims(purpose, AccountId(claims["sub"]), str(claims["st"]))
    except (KeyError, TypeError, NotFound):
        raise TokenRefused from None


def sign_ticket(ticket: TicketId) -> str:
    """What a ticket's code says: its id and our signature. Short, so that the QR code is coarse and easy to scan.

    It carries no time, so that a reprint is the same code: the booking ends it, not the clock.
    """
    return f"{ticket}.{mac(Purpose.TICKET, ticket)}"


def read_ticket(code: str) -> TicketId:
    """The ticket that a code was made for. Whether it still admits somebody is the booking's word. Raises TokenRefused."""
    text, _, signature = code[:LONGEST].partition(".")
    if not hmac.compare_digest(mac(Purpose.TICKET, text).encode(), signature.encode("utf-8", "replace")):
        raise TokenRefused
    try:
        return TicketId(text)
    except NotFound:
        raise TokenRefused from None


def csrf_for(binding: str) -> str:
    """The value that a form must send back. `binding` is what the browser is known by: its session, or its cart."""
    return mac(Purpose.CSRF, binding)


def csrf_matches(binding: str, token: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(csrf_for(binding).encode(), token.encode("utf-8", "replace"))


def mac(purpose: Purpose, text: str) -> str:
    """HMAC-SHA256 of `text` under this purpose's key: 43 URL-safe characters."""
    secret = _secret(settings.current().signing_key, purpose)
    digest = hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256")
    return _encoded(digest)


def sealed(text: str) -> str:
    """`text` encrypted for keeping (Fernet: AES-CBC with an HMAC): whoever reads the table alone learns nothing."""
    return _box(settings.current().signing_key).encrypt(text.encode()).decode()


def unsealed(kept: str) -> str:
    """What `sealed` was given. Raises TokenRefused where it was sealed under another SECRET_KEY."""
    try:
        return _box(settings.current().signing_key).decrypt(kept.encode()).decode()
    except InvalidToken:
        raise TokenRefused from None


def _issue(purpose: Purpose, claims: dict[str, Any], now: datetime, life: timedelta) -> str:
    whole = {**claims, "aud": purpose.value, "iat": int(now.timestamp()), "exp": int((now + life).timestamp())}
    return str(jwt.encode(whole, _key(purpose), algorithm=ALGORITHM))


def _read(purpose: Purpose, token: str, now: datetime) -> dict[str, Any]:
    claims = _verified(purpose, token)
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(expires) is not int or now.timestamp() >= expires:
        raise TokenRefused
    return claims


def _verified(purpose: Purpose, token: str) -> dict[str, Any]:
    """The claims of a token that this purpose's key has signed. Its times are the caller's to check."""
    if len(token) > LONGEST or not _is_canonical(token):
        raise TokenRefused
    # jose would compare `exp` with the real clock as soon as it is told to require it: both are done by _read instead.
    options = {"require_aud": True, "verify_exp": False}
    try:
        claims = jwt.decode(token, _key(purpose), algorithms=[ALGORITHM], audience=purpose.value, options=options)
    except (JOSEError, ValueError, TypeError, AttributeError, RecursionError):
        # jose lets some shapes of nonsense in the unsigned header through as plain Python errors.
        raise TokenRefused from None
    return dict(claims)


def _is_canonical(token: str) -> bool:
    """Whether each part is spelled as we would have: a last letter has bits to spare, which jose does not look at."""
    try:
        return all(_encoded(base64.b64decode(f"{part}==", b"-_")) == part for part in token.split("."))
    except ValueError:
        return False


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _key(purpose: Purpose) -> Any:
    return _key_of(settings.current().signing_key, purpose)


@cache
def _key_of(signing_key: str, purpose: Purpose) -> Any:
    return jwk.construct(_secret(signing_key, purpose), ALGORITHM)


@cache
def _box(signing_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_secret(signing_key, Purpose.SEAL)))


@cache
def _secret(signing_key: str, purpose: Purpose) -> bytes:
    if len(signing_key) < settings.WEAKEST_SECRET:
        raise settings.SettingsRefused(f"SECRET_KEY: needs at least {settings.WEAKEST_SECRET} characters to sign with.")
    return hmac.digest(signing_key.encode(), purpose.value.encode(), "sha256")
