"""Chooses adapters from the settings and registers every reaction, once. The only place that knows a gateway or a kind by name."""

from __future__ import annotations

import importlib
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from sqlmodel import SQLModel

from marketplace import clock, db, outbox, queues, redis, settings
from marketplace.accounts import exports
from marketplace.bookings import queries as bookings
from marketplace.catalog.kind import use_kind
from marketplace.ids import EventId, MailId
from marketplace.kinds.seats.kind import Seats
from marketplace.money import Money
from marketplace.notifications import actions as mail
from marketplace.notifications import queries as notifications
from marketplace.payments.gateway import Charge, use_gateway
from marketplace.payments.gateways.simulator import SimulatorGateway
from marketplace.payments.gateways.simulator.models import SimulatorCharge
from marketplace.queues import PatientQueue
from marketplace.timekeeping import keeping_time

REACTING_ROOMS = ("inventory", "payments", "bookings", "notifications")

DELIVER = "deliver_events_of_a_commit"
"""Name of the queue's function that delivers the events of one commit; `jobs.worker` defines it."""

SEND = "send_one_mail"
"""Name of the function that sends one mail, on the queue of mail."""

_queues: dict[str, PatientQueue] = {}
_simulator = SimulatorGateway()


def wire() -> None:
    """Register reactions, gateways, kinds, and what each room says of somebody who asks. Safe to call again."""
    for room in REACTING_ROOMS:
        importlib.import_module(f"marketplace.{room}.reactions")
    outbox.all_are_registered()
    use_gateway("simulator", _simulator)
    use_kind(Seats())
    exports.add("orders", bookings.exported)
    exports.add("mail", notifications.exported)


def queue(name: str = queues.WORK) -> PatientQueue:
    """A queue that background work goes through."""
    if name not in _queues:
        _queues[name] = queues.connect(redis.url(), name)
    return _queues[name]


async def wake(batch: EventId, due_at: datetime, now: datetime) -> None:
    """Enqueue the delivery of a commit's events: at once, or when their time comes. One job, however often it is asked for."""
    # The queue knows whole seconds. Rounded down, an event would be looked at before its time, and then wait for a sweep.
    scheduled = math.ceil((due_at - clock.offset()).timestamp()) if due_at > now else 0
    await queue().enqueue(
        DELIVER, batch=batch, key=f"events:{batch}:{scheduled}", scheduled=scheduled, timeout=60, retries=1
    )


async def wake_sender(id: MailId) -> None:
    """Enqueue the sending of a mail, where nothing but mail waits for a mail server."""
    await queue(queues.MAIL).enqueue(SEND, id=id, key=f"mail:{id}", timeout=60, retries=1)


def past_charge(amount: Money, *, key: str, card: str, at: datetime) -> tuple[SQLModel, Charge]:
    """What the simulated provider is to have in its books of a payment that went well back then, and says of it.

    For the demo world, which has a past.
    """
    row = SimulatorCharge.settled(amount, key=key, card=card, at=at)
    return row, row.snapshot()


async def advance_simulator(now: datetime) -> int:
    """Let time pass for the simulated provider: what is ripe is decided, what waits to be told is told."""
    return await _simulator.advance(now) + await _simulator.send_webhooks(now)


@asynccontextmanager
async def app_context() -> AsyncIterator[None]:
    """Everything a process needs to do the marketplace's work; put away again at the end."""
    log_as(settings.current().log_level)
    wire()
    outbox.wake_with(wake)
    mail.wake_with(wake_sender)
    try:
        async with keeping_time():
            yield
    finally:
        outbox.wake_with(None)
        mail.wake_with(None)
        for known in _queues.values():
            await known.disconnect()
        _queues.clear()
        await redis.close()
        await db.close()


def log_as(level: str) -> None:
    """One line of JSON an event on a server, readable lines in a terminal."""
    # A failing job is logged where it runs, with what it was about; the queue would say it once more, at length.
    logging.getLogger("saq").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )
