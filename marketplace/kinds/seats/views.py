"""What outsiders may see of seat plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from marketplace.ids import PlanId, SellerId


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A seat plan as its seller finds it in a list. `capacities` counts units by category."""

    id: PlanId
    seller_id: SellerId
    name: str
    digest: str
    seat_count: int
    standing_count: int
    capacities: Mapping[str, int]
    created_at: datetime
