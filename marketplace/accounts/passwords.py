"""Passwords: what we accept, and how we keep them (Argon2id, RFC 9106).

Cost: 19 MiB and two passes on one lane, OWASP's recommendation for Argon2id (Password Storage Cheat Sheet). A higher
cost set here later reaches everybody at their next log-in. Hashing takes tens of milliseconds of a core, so it runs in
a thread: the event loop goes on serving.
"""

from __future__ import annotations

import asyncio
import unicodedata
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from marketplace.errors import FieldError
from marketplace.i18n import _

SHORTEST, LONGEST = 10, 200

_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))

# The most common passwords of at least ten characters, from the public lists of leaked ones.
_COMMON_TEXT = """
    1234567890 12345678910 123456789a 1234567891 0123456789 0987654321 9876543210 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc
    qwertyuiop qwerty1234 qwerty12345 qwerty123456 asdfghjkl1 zxcvbnm123 abcdefghij abcd123456 abc1234567 a123456789
    password12 password123 password1234 password12345 passwordpassword mypassword1 passw0rd123 p@ssw0rd123 iloveyou12
    iloveyou123 letmein123 letmein1234 welcome123 welcome1234 admin12345 administrator football12 baseball12 basketball
    sunshine12 princess12 superman123 starwars123 changeme123 qazwsxedcr trustno1trustno1 aaaaaaaaaa 1111111111
    0000000000
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def errors_of(password: str, email: str) -> list[FieldError]:
    """What is wrong with a new password; empty if nothing is."""
    wrong = []
    if not SHORTEST <= len(password) <= LONGEST:
        wrong.append(_("Use between {least} and {most} characters.", least=SHORTEST, most=LONGEST))
    folded = password.strip().casefold()
    if folded in {email.casefold(), email.casefold().partition("@")[0]}:
        wrong.append(_("Choose something other than your e-mail address."))
    if folded in _COMMON:
        wrong.append(_("This password is too common. Choose another."))
    return [FieldError("password", why) for why in wrong]


async def hashed(password: str) -> str:
    """The text to keep: algorithm, cost, salt and hash."""
    return await asyncio.to_thread(_hasher.hash, _octets(password))


async def matches(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Whether `password` is the one, and what to keep from now on if the cost has changed.

    `kept` is None where there is no such account: a hash of nobody's password is then checked instead, so that the
    answer takes as long as for anybody else.
    """
    return await asyncio.to_thread(_check, password, kept)


def _check(password: str, kept: str | None) -> tuple[bool, str | None]:
    nobody = _nobodys_hash()
    is_right, fresh = _hasher.verify_and_update(_octets(password), nobody if kept is None else kept)
    return (is_right, fresh) if kept is not None else (False, None)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def _octets(password: str) -> bytes:
    """One spelling for what looks the same (NFKC, as NIST SP 800-63B asks), whatever code points a client may send."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
