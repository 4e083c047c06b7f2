"""Whether all money is where it belongs: for alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog
from fastapi import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from marketplace import clock, outbox
from marketplace.bookings import queries as bookings
from marketplace.bookings.actions import NEWS_TAKES
from marketplace.db import transaction
from marketplace.errors import Unavailable
from marketplace.payments import queries as payments
from marketplace.payments.views import OwedHealth

log = structlog.get_logger()

LATE = 60.0
"""Seconds that news about money may wait before somebody should look."""


async def health(response: Response) -> dict[str, Any]:
    """Whether all money is where it belongs; 503 `alarm` if something about it needs looking at.

    `events`: news that is not delivered; `owed`: what providers have refused to pay back; `unclaimed`: payments that are
    neither an order's nor on their way back.
    """
    state = await _money(clock.now())
    response.status_code = 503 if state.alarm else 200
    return {
        "status": "alarm" if state.alarm else "ok",
        "events": asdict(state.events),
        "owed": {
            **asdict(state.owed),
            "amounts": [{"amount": sum.minor, "currency": sum.currency} for sum in state.owed.amounts],
        },
        "unclaimed": state.unclaimed,
    }


@dataclass(frozen=True, slots=True)
class _Money:
    events: outbox.OutboxHealth
    owed: OwedHealth
    unclaimed: int
    late_seconds: float
    """How long the oldest news about money has waited to be delivered."""

    @property
    def alarm(self) -> bool:
        return bool(self.events.dead or self.owed.refunds or self.unclaimed or self.late_seconds > LATE)


async def _money(now: datetime) -> _Money:
    async with transaction(reading=True) as session:
        events = await outbox.health(session, now)
        since = events.money_waits_since
        return _Money(
            events,
            await payments.owed_health(session),
            await bookings.unclaimed_count(session, now - NEWS_TAKES),
            (now - since).total_seconds() if since else 0.0,
        )


def _gauges(state: _Money) -> Iterator[GaugeMetricFamily]:
    """Read from the tables at each scrape: every process of every machine says the same."""
    for name, about, value in (
        ("holdfast_events_failing", "Events whose delivery failed and is tried again.", state.events.failing),
        ("holdfast_events_dead", "Events whose delivery was given up.", state.events.dead),
        ("holdfast_money_events_late_seconds", "Age of the oldest undelivered event about money.", state.late_seconds),
        ("holdfast_refunds_owed", "Refunds that the provider has refused so far.", state.owed.refunds),
        ("holdfast_refunds_owed_for_people", "Of these, those that wait for an operator.", state.owed.for_people),
        ("holdfast_payments_unclaimed", "Payments that are no order's and not on their way back.", state.unclaimed),
    ):
        yield GaugeMetricFamily(name, about, value=value)


class _Scrape(Collector):
    def __init__(self, state: _Money) -> None:
        self._state = state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        return _gauges(self._state)


async def figures() -> bytes:
    """The same for Prometheus. Nothing where SQL, which alone knows, does not answer."""
    of_money = CollectorRegistry()
    try:
        of_money.register(_Scrape(await _money(clock.now())))
    except Unavailable as error:
        log.warning("metrics.incomplete", why=error.message)
    return generate_latest(of_money)
