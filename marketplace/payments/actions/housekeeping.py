"""Forgetting what need not be kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col

from marketplace.db import Session, forget_some
from marketplace.payments import idempotency
from marketplace.payments.models import WebhookEvent

EVENTS_KEPT_FOR = timedelta(days=30)


async def clean_up(session: Session, now: datetime) -> int:
    """Forget answers kept for repetition, and webhooks that were dealt with a month ago. Returns how many.

    A forgotten event cannot come back: by then its signature is far too old.
    """
    gone = await forget_some(session, WebhookEvent, col(WebhookEvent.processed_at) < now - EVENTS_KEPT_FOR)
    return gone + await idempotency.forget(session, now)
