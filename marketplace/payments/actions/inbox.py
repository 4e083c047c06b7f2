"""The webhook inbox: verify, store raw, answer; work it off afterwards, as often as it takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import structlog

from marketplace import limits
from marketplace.batches import drain
from marketplace.db import Session, add_once, transaction
from marketplace.outbox import record
from marketplace.payments import queries
from marketplace.payments.actions.paying import learn
from marketplace.payments.errors import WebhookTooLarge
from marketplace.payments.events import WebhookReceived
from marketplace.payments.gateway import gateway
from marketplace.payments.models import WebhookEvent

log = structlog.get_logger()

LARGEST_BODY = limits.BODY
"""Bytes. Far above any event, and what the API reads at most."""


async def receive_webhook(provider: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Put an event into the inbox; one that is there already changes nothing. Opens its own transaction.

    Raises UnknownProvider, WebhookTooLarge, BadSignature and UnreadableWebhook, each before anything is written.
    """
    adapter = gateway(provider)
    if len(body) > LARGEST_BODY:
        raise WebhookTooLarge(LARGEST_BODY)
    notice = await adapter.read_webhook(body, headers, now)
    event = WebhookEvent(
        provider=provider,
        event_id=notice.event_id,
        kind=notice.kind,
        reference=notice.charge.reference if notice.charge else None,
        body=body,
        due_at=now,
        received_at=now,
    )
    async with transaction() as session:
        if await add_once(session, event):
            record(session, WebhookReceived(event.id), now)


async def process_event(session: Session, event_id: str, now: datetime) -> bool:
    """Let one event of the inbox have its effect, unless it has had it. False if there was nothing to take up.

    What goes wrong is written on the event and tried again later; after the last attempt it lies among the dead until
    somebody replays it.
    """
    event = await queries.lock_event_if_due(session, event_id, now)
    if event is None:
        return False
    try:
        async with session.begin_nested():
            await _take_effect(session, event, now)
    except Exception as error:  # noqa: BLE001 - a poisoned event must not stop the others
        log.warning("payments.event_failed", id=event_id, error=repr(error))
        event = await queries.lock_event(session, event_id)  # as it was before the attempt
        event.attempts += 1
        event.fail(repr(error), now)
    return True


async def process_inbox(now: datetime) -> int:
    """Work off every event whose time has come. Returns how many were taken up. Raises Incomplete."""

    async def find(passed_over: Collection[str]) -> list[str]:
        async with transaction(reading=True) as session:
            return await queries.events_due(session, now, without=passed_over)

    async def act(id: str) -> bool:
        async with transaction() as session:
            return await process_event(session, id, now)

    return await drain(find, act)


async def replay_event(session: Session, event_id: str, now: datetime) -> None:
    """Have an event processed once more: one that died, usually. Raises WebhookNotFound."""
    event = await queries.lock_event(session, event_id)
    event.wake(now)
    record(session, WebhookReceived(event.id), now)


async def _take_effect(session: Session, event: WebhookEvent, now: datetime) -> None:
    event.attempts += 1
    notice = await gateway(event.provider).read_event(event.body)
    if notice.charge is not None:
        payment = await queries.payment_by_reference(session, event.provider, notice.charge.reference)
        if payment is None:
            event.park(now)
            return
        await learn(session, payment, notice.charge, now)
    event.finish(now)
