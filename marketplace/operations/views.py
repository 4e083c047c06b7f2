"""What operators are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.money import Money
from marketplace.outbox import OutboxHealth
from marketplace.payments.views import InboxHealth, OwedHealth


@dataclass(frozen=True, slots=True)
class Today:
    """Everything at a glance.

    `orders` and `revenue` are of orders confirmed from `since` on, and not cancelled again; `refunds` are on their way.
    """

    since: datetime
    orders: int
    revenue: tuple[Money, ...]
    undecided: int
    disputed: int
    overdue: int
    refunds: int
    owed: OwedHealth
    events: OutboxHealth
    webhooks: InboxHealth
