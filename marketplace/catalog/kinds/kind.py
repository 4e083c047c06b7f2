"""What every kind of listing answers: which units, at what cost, paid how, paid out when, shown how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from marketplace.catalog.seating import Point, Row
from marketplace.catalog.views import SeatOffer, UnitLine
from marketplace.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRequest:
    """What a buyer asks for: these `seats` (guids), or a `quantity` of whatever fits.

    With `area`, that many places of this standing area; otherwise seats `together`, of `category` if it is named, up to
    `price_to` each if that is.
    """

    seats: tuple[str, ...] = ()
    quantity: int = 0
    area: str | None = None
    together: bool = True
    category: str | None = None
    price_to: Money | None = None


@dataclass(frozen=True, slots=True)
class These:
    """Exactly these units, all or none."""

    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any `quantity` of the units `pool:1` … `pool:capacity`: one place is as good as another."""

    pool: str
    quantity: int
    capacity: int


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best `quantity` seats of these rows, side by side if `together`; good is what is close to `focal`."""

    quantity: int
    rows: tuple[Row, ...]
    focal: Point
    together: bool


Wanted: TypeAlias = These | AnyOf | BestOf


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """How a purchase is paid: at once, or authorised until the seller accepts; all of it, or a deposit first."""

    is_captured_at_once: bool = True
    deposit_bp: int = 10_000
    """The share that is due when buying, in hundredths of a percent."""


class Kind(Protocol):
    """One kind of listing. Kinds keep no state: one instance serves all."""

    name: str
    shows: str
    """What its page lets people pick from: “seat_map”, “calendar”, “lot”, “item”."""
    payment: PaymentPlan

    @property
    def hold_seconds(self) -> int:
        """How long what a buyer has picked is kept for them."""
        ...

    def units_for(self, offer: SeatOffer, request: UnitRequest) -> Wanted:
        """What has to be claimed for this request. Raises Invalid where it can never be had."""
        ...

    def lines(self, offer: SeatOffer, units: Sequence[str]) -> tuple[UnitLine, ...]:
        """What the units are called and cost, in the order given. Raises UnknownUnits."""
        ...

    def paid_out_at(self, *, ends_at: datetime, zone: str) -> datetime:
        """When the seller gets the money of something that ends at `ends_at`, a wall-clock matter of its `zone`."""
        ...
