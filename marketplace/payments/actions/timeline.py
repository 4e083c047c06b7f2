"""Writing a payment's timeline, in words that are said when somebody reads them: see `queries.step_view`."""

from __future__ import annotations

from datetime import datetime

from marketplace.db import Session
from marketplace.payments.models import Payment, PaymentStep
from marketplace.payments.status import LABELS, PaymentStatus


def note(session: Session, payment: Payment, label: str, detail: str, now: datetime) -> PaymentStep:
    step = PaymentStep(payment_id=payment.id, at=now, label=label, detail=detail)
    session.add(step)
    return step


def note_status(session: Session, payment: Payment, now: datetime) -> None:
    """Write down where the payment has come to."""
    session.add(status_step(payment, now))


def status_step(payment: Payment, now: datetime) -> PaymentStep:
    """The line that says where the payment has come to."""
    detail = {
        PaymentStatus.SUCCEEDED: str(payment.captured),
        PaymentStatus.FAILED: payment.failure_reason or "",
    }.get(payment.state, payment.method_label)
    return PaymentStep(payment_id=payment.id, at=now, label=LABELS[payment.state], detail=detail)
