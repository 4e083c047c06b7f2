"""Typed, sortable, public-safe identifiers: `lst_01K9…`, a prefix that says what it names and a ULID.

A ULID (https://github.com/ulid/spec) is 48 bits of milliseconds and 80 random bits in Crockford's base 32: ids sort by
the time they were made, and none can be guessed from another.
"""

from __future__ import annotations

import re
import secrets
import time
from hashlib import sha256
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from marketplace.errors import NotFound
from marketplace.i18n import _

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
"""Ten bits, two characters: ids are made often, and half the steps take half the time."""
_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"


def ulid() -> str:
    """A fresh ULID: 26 characters of Crockford's base 32."""
    return _written((time.time_ns() // 1_000_000) << 80 | secrets.randbits(80))


def _written(number: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


class Id(str):
    """A string that has been seen to have the right shape. Raises NotFound otherwise: no such thing can exist."""

    __slots__ = ()
    prefix: ClassVar[str] = ""
    pattern: ClassVar[re.Pattern[str]] = re.compile("")

    def __init_subclass__(cls, *, prefix: str, shape: str = _ULID) -> None:
        cls.prefix = prefix
        cls.pattern = re.compile(f"{prefix}_{shape}")

    def __new__(cls, text: str) -> Self:
        if not cls.pattern.fullmatch(text):
            raise NotFound(_("There is nothing called “{text}” here.", text=text[:80]))
        return super().__new__(cls, text)

    @classmethod
    def new(cls) -> Self:
        return cls(f"{cls.prefix}_{ulid()}")

    @classmethod
    def named(cls, name: str) -> Self:
        """The same for the same name: whoever makes it twice means one thing."""
        return cls(f"{cls.prefix}_{_written(int.from_bytes(sha256(name.encode()).digest()[:16]))}")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls._from_input,
            core_schema.str_schema(pattern=f"^{cls.pattern.pattern}$"),
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def _from_input(cls, text: str) -> Self:
        return cls(text)


class AccountId(Id, prefix="acc"):
    """Somebody with a log-in."""


class SellerId(Id, prefix="sel"):
    """A shop: what is sold is sold in its name."""


class SessionId(Id, prefix="ses"):
    """One log-in on one device."""


class CartId(Id, prefix="crt"):
    """A visitor's basket, with or without an account; it owns holds."""


class PlanId(Id, prefix="pln"):
    """One immutable version of a seat plan."""


class ListingId(Id, prefix="lst"):
    """Something on offer."""


class BookingId(Id, prefix="bkg"):
    """A purchase."""


class TicketId(Id, prefix="tkt"):
    """The right to one unit of a confirmed booking."""


class PaymentId(Id, prefix="pay"):
    """One attempt to pay for a booking."""


class RefundId(Id, prefix="ref"):
    """Money on its way back."""


class EventId(Id, prefix="evt"):
    """A domain event in the outbox."""


class MailId(Id, prefix="eml"):
    """A message that we sent, or shall."""


class ResourceId(Id, prefix="[a-z]{3}"):
    """What runs out. It is never made by itself: it is the id of the thing that owns the units (today a listing)."""


class HoldId(Id, prefix="hld", shape=f"{_ULID}_[a-z]{{3}}_{_ULID}"):
    """A claim on units of one resource. It carries the resource's id, so that no look-up is needed to find its keys."""

    @classmethod
    def on(cls, resource: ResourceId) -> Self:
        return cls(f"{cls.prefix}_{ulid()}_{resource}")

    @property
    def resource(self) -> ResourceId:
        return ResourceId(self[31:])
