"""How long what people send may be: each number once, for the rule, the field of the page and the shape of the API."""

from __future__ import annotations

BODY = 1 << 20
"""Bytes of a request's body."""
PLAN = 32 << 20
"""Bytes of a seat plan, which comes as a file."""

LINE = 1000
"""Characters of a line that is read at all; the rule for what it holds then says in words what is too long."""
SEARCH = 100
"""Characters that are looked for."""
IDEMPOTENCY_KEY = 255

EMAIL = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 with its brackets."""
PERSON = 100
"""Characters of somebody's name."""

BUYER = 120
"""Characters of the name that stands on tickets."""

SHOP = 80
ABOUT_SHOP = 2000

TITLE = 120
STORY = 20_000
VENUE = 120
ADDRESS = 200
CITY = 80

REASON = 500
"""Why an event is called off, or how a refund was paid back."""


def mebibytes(size: int) -> int:
    return size >> 20
