"""The second factor's codes: time-based ones, and recovery codes for the day when the device is lost.

Time-based codes are TOTP (RFC 6238) as every authenticator app speaks it: six digits, 30 seconds, SHA-1.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime
from io import BytesIO

import pyotp
import segno

from marketplace.accounts import tokens
from marketplace.brand import NAME
from marketplace.ids import AccountId

ISSUER = NAME
DRIFT = 1
"""Steps of 30 seconds that a device's clock may be ahead or behind (RFC 6238, 5.2, recommends one)."""

RECOVERY_CODES = 10
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: ten of these are 50 random bits, and none looks like another."""


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def uri_of(secret: str, email: str) -> str:
    """What the QR code says: an otpauth:// address."""
    return pyotp.TOTP(secret, name=email, issuer=ISSUER).provisioning_uri()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of time around `now` whose code this is; None if it is none's."""
    totp = pyotp.TOTP(secret)
    present = totp.timecode(now)
    typed = re.sub(r"\s", "", code).encode("utf-8", "replace")
    steps = range(present - DRIFT, present + DRIFT + 1)
    # Every step is looked at, whichever matches: the time that it takes tells nothing.
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), typed)]
    return right[0] if right else None


def new_recovery_codes() -> tuple[str, ...]:
    """Ten of “9XK2M-4T7QA”."""
    drawn = ("".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES))
    return tuple(f"{code[:5]}-{code[5:]}" for code in drawn)


def digest_of(account: AccountId, code: str) -> str:
    """How a recovery code is kept. Case, spaces and dashes do not matter, nor do letters that look like digits."""
    plain = re.sub(r"[\s-]", "", code).upper().replace("O", "0").replace("I", "1").replace("L", "1")
    return tokens.mac(tokens.Purpose.RECOVERY, f"{account}:{plain}")


def qr_svg(uri: str) -> str:
    """The address as an SVG, black on white whatever the page's theme: cameras want contrast."""
    drawn = BytesIO()
    code = segno.make(uri, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    return drawn.getvalue().decode()
