"""Time passes for the simulator when its own events come due."""

from __future__ import annotations

from datetime import datetime

from marketplace.outbox import reacts_after
from marketplace.payments.gateway import gateway
from marketplace.payments.gateways.simulator.adapter import NAME, SimulatorGateway
from marketplace.payments.gateways.simulator.events import SimulatorDue


@reacts_after(SimulatorDue)
async def let_time_pass(event: SimulatorDue, now: datetime) -> None:
    simulator = gateway(NAME)
    assert isinstance(simulator, SimulatorGateway)
    await simulator.advance(now)
    # Its own only: of all who are told at the same time, each would else try to lease the others' as well.
    await simulator.send_webhooks(now, event.reference)
