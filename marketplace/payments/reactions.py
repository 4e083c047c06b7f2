"""What the payments room does about facts, all of them its own."""

from __future__ import annotations

from datetime import datetime

from marketplace.outbox import reacts_to
from marketplace.payments import actions
from marketplace.payments.events import PaymentStarted, RefundRequested, WebhookReceived


@reacts_to(PaymentStarted)
async def ask_for_the_money(fact: PaymentStarted, now: datetime) -> None:
    await actions.process(fact.payment_id, now)


@reacts_to(RefundRequested)
async def give_the_money_back(fact: RefundRequested, now: datetime) -> None:
    await actions.process_refund(fact.refund_id, now)


@reacts_to(WebhookReceived)
async def read_the_inbox(fact: WebhookReceived, now: datetime) -> None:
    await actions.process_event(fact.event_id, now)
