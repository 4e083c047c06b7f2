"""Giving money back: promised under the payment's lock, then asked for between two transactions.

What the provider refuses stays owed: it is tried again with growing pauses, or an operator settles it by other means.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog

from marketplace import limits
from marketplace.batches import drain
from marketplace.db import Session, transaction
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _, gettext_noop
from marketplace.ids import BookingId, PaymentId, RefundId
from marketplace.money import AmountRefused, Money
from marketplace.outbox import record
from marketplace.payments import queries
from marketplace.payments.actions.timeline import note
from marketplace.payments.errors import KeyReused, ProviderRefused
from marketplace.payments.events import RefundFailed, RefundRequested, RefundSettled, RefundSucceeded
from marketplace.payments.gateway import Reversal, gateway
from marketplace.payments.models import DISPUTED, Payment, Refund
from marketplace.payments.status import RefundStatus
from marketplace.payments.views import RefundView

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor

log = structlog.get_logger()

F = TypeVar("F", RefundRequested, RefundSucceeded, RefundFailed, RefundSettled)

LONGEST_REASON = limits.REASON
FORGOTTEN = gettext_noop("It is not known whether the provider has paid it out: look it up there before trying again")
NOT_PAID_OUT = gettext_noop("The provider could not pay it out.")


class _Silence(Enum):
    """What it means that the provider has not said how a refund stands."""

    ANSWER_LOST = auto()
    KEY_FORGOTTEN = auto()


async def request_refund(
    session: Session, payment_id: PaymentId, amount: Money | None, *, reason: str, key: str, now: datetime
) -> RefundView:
    """Promise `amount` (None: all that is left) back to the payer; a job does the rest. The same key promises once.

    Raises PaymentNotFound, NotRefundable, DisputeOpen, RefundTooLarge, AmountRefused, MixedCurrencies, KeyReused.
    """
    payment = await queries.lock_payment(session, payment_id)
    if await queries.refund_by_key(session, payment_id, key) is None:
        payment.must_be_undisputed()
    return await owe(session, payment_id, amount, reason=reason, key=key, now=now)


async def owe(
    session: Session, payment_id: PaymentId, amount: Money | None, *, reason: str, key: str, now: datetime
) -> RefundView:
    """The same where the money must go back whatever stands in the way.

    While the payer's bank disputes the payment it is written down as owed, and an operator decides. Raises what
    `request_refund` does, but for DisputeOpen.
    """
    payment = await queries.lock_payment(session, payment_id)
    known = await queries.refund_by_key(session, payment_id, key)
    if known is not None:
        if amount is not None and amount != known.amount:
            raise KeyReused
        return queries.refund_view(known, payment)
    if amount is not None and not amount.is_positive:
        raise AmountRefused(_("A refund must be more than zero."))
    refund = Refund.of(payment, payment.refundable if amount is None else amount, reason=reason, key=key, now=now)
    session.add(refund)
    note(session, payment, gettext_noop("Refund requested"), str(refund.amount), now)
    if payment.is_disputed:
        refund.leave_to_people(DISPUTED, now)
        _tell_of_debt(session, refund, payment, now)
    else:
        record(session, _event(RefundRequested, refund, payment), now)
    return queries.refund_view(refund, payment)


async def process_refund(refund_id: RefundId, now: datetime) -> bool:
    """Ask the provider for the refund, or what became of it. Opens its own transactions; safe to repeat.

    False if nothing was to be asked.
    """
    async with transaction() as session:
        payment, refund = await queries.lock_payment_and_refund(session, refund_id)
        if payment.is_disputed and not refund.was_asked and refund.check_at is not None:
            refund.leave_to_people(DISPUTED, now)
            _tell_of_debt(session, refund, payment, now)
            return True
        if not refund.lease(now):
            return False
    answer = await _ask(refund, payment, now)
    async with transaction() as session:
        payment, fresh = await queries.lock_payment_and_refund(session, refund_id)
        if fresh.asked_as == refund.asked_as:  # else somebody has taken over, and began another attempt
            _take_in(session, payment, fresh, answer, now)
    return True


async def settle_refunds(now: datetime) -> int:
    """Work on every refund whose time has come. Returns how many. Raises Incomplete."""

    async def find(passed_over: Collection[str]) -> list[RefundId]:
        async with transaction(reading=True) as session:
            return await queries.refunds_to_ask(session, now, without=passed_over)

    return await drain(find, partial(process_refund, now=now))


async def try_again(session: Session, actor: Actor, refund_id: RefundId, now: datetime) -> RefundView:
    """Have the provider asked for owed money now, and not when its next turn comes: an operator's word.

    Raises Forbidden, RefundNotFound, NotOwed, DisputeOpen.
    """
    actor.must_operate()
    payment, refund = await queries.lock_payment_and_refund(session, refund_id)
    refund.try_again(now)
    payment.must_be_undisputed()
    record(session, _event(RefundRequested, refund, payment), now)
    return queries.refund_view(refund, payment)


async def settle_otherwise(session: Session, actor: Actor, refund_id: RefundId, how: str, now: datetime) -> RefundView:
    """Take note that owed money was paid back by other means; `how` says by which. An operator's word.

    Raises Forbidden, RefundNotFound, NotOwed, Invalid without a reason.
    """
    actor.must_operate()
    how = " ".join(how.split())
    if not how or len(how) > LONGEST_REASON or not how.isprintable():
        raise Invalid(
            _("Please check this."),
            [FieldError("how", _("Say in up to {most} characters how it was paid back.", most=LONGEST_REASON))],
        )
    payment, refund = await queries.lock_payment_and_refund(session, refund_id)
    refund.settle(actor.label, how, now)
    note(session, payment, gettext_noop("Paid back by other means"), str(refund.amount), now)
    record(session, _event(RefundSettled, refund, payment), now)
    return queries.refund_view(refund, payment)


async def _ask(refund: Refund, payment: Payment, now: datetime) -> Reversal | ProviderRefused | _Silence:
    """The provider's word, its refusal, or why there is neither."""
    provider = gateway(payment.provider)
    assert payment.reference is not None
    try:
        if refund.attempts > 1:
            made = await provider.fetch_refund(key=refund.asked_as)
            if made is not None:
                return made
            if refund.is_forgotten(now):
                return _Silence.KEY_FORGOTTEN
        return await provider.refund(payment.reference, refund.amount, key=refund.asked_as, now=now)
    except ProviderRefused as refusal:
        return refusal
    except Exception as error:  # noqa: BLE001 - whatever went wrong, we cannot tell what the provider has done
        log.warning("payments.no_answer", refund=refund.id, error=repr(error))
        return _Silence.ANSWER_LOST


def _take_in(
    session: Session, payment: Payment, refund: Refund, answer: Reversal | ProviderRefused | _Silence, now: datetime
) -> None:
    match answer:
        case Reversal(status=RefundStatus.SUCCEEDED):
            if refund.succeed(answer.reference, now):
                note(session, payment, gettext_noop("Refunded"), str(refund.amount), now)
                record(session, _event(RefundSucceeded, refund, payment), now)
        case Reversal(status=RefundStatus.FAILED):
            _refuse(session, payment, refund, NOT_PAID_OUT, now)
        case ProviderRefused():
            _refuse(session, payment, refund, answer.message, now)
        case _Silence.KEY_FORGOTTEN:
            refund.leave_to_people(FORGOTTEN, now)
            _tell_of_debt(session, refund, payment, now)
        case _:
            refund.doubt(now)


def _refuse(session: Session, payment: Payment, refund: Refund, why: str, now: datetime) -> None:
    if refund.refuse(why, now):
        _tell_of_debt(session, refund, payment, now)


def _tell_of_debt(session: Session, refund: Refund, payment: Payment, now: datetime) -> None:
    log.warning("payments.owed", refund=refund.id, payment=payment.id, amount=str(refund.amount), why=refund.why)
    note(session, payment, gettext_noop("Refund failed"), refund.why, now)
    record(session, _event(RefundFailed, refund, payment), now)


def _event(kind: type[F], refund: Refund, payment: Payment) -> F:
    return kind(
        refund_id=RefundId(refund.id),
        payment_id=PaymentId(payment.id),
        booking_id=BookingId(payment.booking_id),
        amount=refund.amount_minor,
        currency=refund.currency,
        reason=refund.reason,
    )
