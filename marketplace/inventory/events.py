"""What has happened to units, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.ids import HoldId, ResourceId
from marketplace.outbox import DomainEvent


@dataclass(frozen=True)
class UnitsSold(DomainEvent):
    """The units are the buyer's for good. A `fence` says that they went to many holds at once, all of them under it."""

    hold_id: HoldId
    resource: ResourceId
    units: tuple[str, ...]
    at: datetime
    fence: int | None = None


@dataclass(frozen=True)
class UnitsFreed(DomainEvent):
    """Units that had been checked out or sold may be claimed again."""

    hold_id: HoldId
    resource: ResourceId
    units: tuple[str, ...]
    at: datetime
