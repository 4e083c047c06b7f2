"""Giving money back: promised under the payment's lock, then asked for between two transactions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from marketplace.batches import drain
from marketplace.db import Session, transaction
from marketplace.ids import BookingId, PaymentId, RefundId
from marketplace.money import AmountRefused, Money
from marketplace.outbox import record
from marketplace.payments import queries
from marketplace.payments.actions.timeline import note
from marketplace.payments.errors import KeyReused, ProviderRefused
from marketplace.payments.events import RefundFailed, RefundRequested, RefundSucceeded
from marketplace.payments.gateway import Reversal, gateway
from marketplace.payments.models import Payment, Refund
from marketplace.payments.status import RefundStatus
from marketplace.payments.views import RefundView
from marketplace.words import later, say

log = structlog.get_logger()

F = TypeVar("F", RefundRequested, RefundSucceeded, RefundFailed)


async def request_refund(
    session: Session, payment_id: PaymentId, amount: Money | None, *, reason: str, key: str, now: datetime
) -> RefundView:
    """Promise `amount` (None: all that is left) back to the payer; a job does the rest. The same key promises once.

    Raises PaymentNotFound, NotRefundable, DisputeOpen, RefundTooLarge, AmountRefused, MixedCurrencies, KeyReused.
    """
    payment = await queries.lock_payment(session, payment_id)
    known = await queries.refund_by_key(session, payment_id, key)
    if known is not None:
        if amount is not None and amount != known.amount:
            raise KeyReused
        return queries.refund_view(known, payment)
    if amount is not None and not amount.is_positive:
        raise AmountRefused(say("A refund is more than nothing."))
    refund = Refund.of(payment, payment.refundable if amount is None else amount, reason=reason, key=key, now=now)
    session.add(refund)
    note(session, payment, later("Refund requested"), str(refund.amount), now)
    record(session, _fact(RefundRequested, refund, payment), now)
    return queries.refund_view(refund, payment)


async def process_refund(refund_id: RefundId, now: datetime) -> bool:
    """Ask the provider for the refund, or what became of it. Opens its own transactions; safe to repeat.

    False if nothing was to be asked.
    """
    async with transaction() as session:
        refund = await queries.lock_refund(session, refund_id)
        if not refund.lease(now):
            return False
        # Read without a lock: below, as everywhere, the payment is locked before its refund.
        payment = await session.get_one(Payment, refund.payment_id)
    answer = await _ask(refund, payment, now)
    async with transaction() as session:
        payment = await queries.lock_payment(session, PaymentId(refund.payment_id))
        refund = await queries.lock_refund(session, refund_id)
        if answer is None:
            refund.doubt(now)
        elif isinstance(answer, ProviderRefused) and refund.refuse(now):
            _fail(session, refund, payment, answer.message, now)
        elif isinstance(answer, Reversal) and refund.apply(answer, now):
            if refund.state is RefundStatus.SUCCEEDED:
                note(session, payment, later("Refunded"), str(refund.amount), now)
                record(session, _fact(RefundSucceeded, refund, payment), now)
            else:
                _fail(session, refund, payment, later("The provider could not pay it out."), now)
    return True


async def settle_refunds(now: datetime) -> int:
    """Work on every refund whose time has come. Returns how many. Raises Incomplete."""

    async def find(passed_over: Collection[str]) -> list[RefundId]:
        async with transaction(reading=True) as session:
            return await queries.refunds_to_ask(session, now, without=passed_over)

    return await drain(find, partial(process_refund, now=now))


async def _ask(refund: Refund, payment: Payment, now: datetime) -> Reversal | ProviderRefused | None:
    """The provider's word, its refusal, or None where it gave no usable answer."""
    provider = gateway(payment.provider)
    assert payment.reference is not None
    try:
        if refund.attempts > 1:
            made = await provider.fetch_refund(key=refund.id)
            if made is not None:
                return made
        return await provider.refund(payment.reference, refund.amount, key=refund.id, now=now)
    except ProviderRefused as refusal:
        return refusal
    except Exception as error:  # noqa: BLE001 - whatever went wrong, we cannot tell what the provider has done
        log.warning("payments.no_answer", refund=refund.id, error=repr(error))
        return None


def _fail(session: Session, refund: Refund, payment: Payment, why: str, now: datetime) -> None:
    payment.release_refund(refund.amount)
    note(session, payment, later("Refund failed"), why, now)
    record(session, _fact(RefundFailed, refund, payment), now)


def _fact(kind: type[F], refund: Refund, payment: Payment) -> F:
    return kind(
        refund_id=RefundId(refund.id),
        payment_id=PaymentId(payment.id),
        booking_id=BookingId(payment.booking_id),
        amount=refund.amount_minor,
        currency=refund.currency,
        reason=refund.reason,
    )
