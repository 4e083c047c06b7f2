"""Writing a payment's timeline."""

from __future__ import annotations

from datetime import datetime

from marketplace.db import Session
from marketplace.payments.models import Payment, PaymentStep
from marketplace.payments.status import PaymentStatus

_LABELS = {
    PaymentStatus.REQUIRES_PAYMENT_METHOD: "Waiting for a payment method",
    PaymentStatus.PROCESSING: "The bank is checking the payment",
    PaymentStatus.REQUIRES_ACTION: "The bank asks for confirmation",
    PaymentStatus.AUTHORIZED: "The amount is reserved",
    PaymentStatus.SUCCEEDED: "Paid",
    PaymentStatus.FAILED: "Declined",
    PaymentStatus.CANCELED: "Given up",
    PaymentStatus.UNKNOWN: "No answer yet; we keep asking",
}


def note(session: Session, payment: Payment, label: str, detail: str, now: datetime) -> None:
    session.add(PaymentStep(payment_id=payment.id, at=now, label=label, detail=detail))


def note_status(session: Session, payment: Payment, now: datetime) -> None:
    """Write down where the payment has come to."""
    detail = {
        PaymentStatus.SUCCEEDED: payment.captured.text(),
        PaymentStatus.FAILED: (payment.failure_reason or "").replace("_", " "),
    }.get(payment.state, payment.method_label)
    note(session, payment, _LABELS[payment.state], detail, now)
