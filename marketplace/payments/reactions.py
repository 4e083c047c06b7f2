"""What the payments room does about events, all of them its own."""

from __future__ import annotations

from datetime import datetime

from marketplace.outbox import reacts_to
from marketplace.payments import actions
from marketplace.payments.events import PaymentStarted, RefundRequested, WebhookReceived


@reacts_to(PaymentStarted)
async def ask_for_the_money(event: PaymentStarted, now: datetime) -> None:
    await actions.process(event.payment_id, now)


@reacts_to(RefundRequested)
async def give_the_money_back(event: RefundRequested, now: datetime) -> None:
    await actions.process_refund(event.refund_id, now)


@reacts_to(WebhookReceived)
async def read_the_inbox(event: WebhookReceived, now: datetime) -> None:
    await actions.process_event(event.event_id, now)
