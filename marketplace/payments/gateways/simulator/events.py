"""What happens inside the simulator."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.outbox import DomainEvent


@dataclass(frozen=True)
class SimulatorDue(DomainEvent):
    """Something happens to this payment, or is to be said about it, when this event is delivered."""

    reference: str
