"""What the payments room does about events, all of them its own."""

from __future__ import annotations

from datetime import datetime

from marketplace.db import Session
from marketplace.outbox import reacts_after
from marketplace.payments import actions
from marketplace.payments.events import PaymentStarted, RefundRequested, WebhookReceived


@reacts_after(PaymentStarted)
async def ask_for_the_money(event: PaymentStarted, now: datetime) -> None:
    await actions.process(event.payment_id, now)


@reacts_after(RefundRequested)
async def give_the_money_back(event: RefundRequested, now: datetime) -> None:
    await actions.process_refund(event.refund_id, now)


@reacts_after(WebhookReceived)
async def read_the_inbox(session: Session, event: WebhookReceived, now: datetime) -> None:
    await actions.process_event(session, event.event_id, now)
