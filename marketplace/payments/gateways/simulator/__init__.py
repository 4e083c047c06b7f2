"""A payment provider without money: its own books in SQL, its own pace, webhooks sent over HTTP like anybody's."""

from marketplace.payments.gateways.simulator import reactions as reactions
from marketplace.payments.gateways.simulator.adapter import SimulatorGateway

__all__ = ["SimulatorGateway"]
