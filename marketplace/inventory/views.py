"""What others may see of claims: never a row, never a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.ids import HoldId, ResourceId

HELD = "held"
SOLD = "sold"

BOX_OFFICE = "box office"
"""Holds whatever was sold without a visitor's hold."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Units of one resource that one holder has until `expires_at`, all or nothing.

    `fence` grows with every claim on the resource: of two who believe that they have a unit, the larger one is right.
    No extension goes beyond `limit_at`. `terms` are whatever was to be kept with it; empty once it was rebuilt from SQL.
    """

    id: HoldId
    resource: ResourceId
    holder: str
    units: tuple[str, ...]
    fence: int
    expires_at: datetime
    is_extended: bool
    is_checked_out: bool
    limit_at: datetime
    terms: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """`group` may have at most `most` units of a resource in all its open holds; more are refused by raising `refusal`."""

    group: str
    most: int
    refusal: Callable[[int], Exception]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`held` or `sold` for every unit that is not free, as of `version`."""

    version: int
    status: dict[str, str]


@dataclass(frozen=True, slots=True)
class Allotment:
    """Units that were sold without a visitor's hold, together."""

    id: HoldId
    units: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Sale:
    """Units that somebody bought at `at`, for a booking: to be sold together with others, see `actions.allot_each`."""

    units: Sequence[str]
    holder: str
    booking: str
    at: datetime
