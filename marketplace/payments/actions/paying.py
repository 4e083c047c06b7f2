"""Taking money: begun in the buyer's transaction, asked for by a job, moved forward by whatever the provider says."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from datetime import datetime
from functools import partial

import structlog

from marketplace.batches import drain
from marketplace.db import Session, add_once, transaction
from marketplace.i18n import _, gettext_noop
from marketplace.ids import BookingId, PaymentId
from marketplace.money import AmountRefused, Money
from marketplace.outbox import record
from marketplace.payments import idempotency, lock_order, queries
from marketplace.payments.actions.refunding import owe
from marketplace.payments.actions.timeline import note, note_status
from marketplace.payments.errors import KeyReused, PaymentInProgress, ProviderRefused, ProviderSilent
from marketplace.payments.events import (
    PaidTwice,
    PaymentDisputed,
    PaymentFailed,
    PaymentStarted,
    PaymentSucceeded,
    WebhookReceived,
)
from marketplace.payments.gateway import Charge, gateway
from marketplace.payments.models import DISPUTED, KEY_LIFE, Payment
from marketplace.payments.status import PaymentStatus
from marketplace.payments.views import PaymentView

log = structlog.get_logger()


async def start(
    session: Session,
    *,
    booking: BookingId,
    amount: Money,
    provider: str,
    method: str,
    key: str,
    now: datetime,
    standing: queries.Standing | None = None,
) -> PaymentView:
    """Begin to pay for `booking` with the provider's token `method`; a job asks the provider after the commit.

    The same key begins once for one booking; `standing` is what the caller has seen already. Raises PaymentInProgress (with
    the id of the payment to look at) where another payment pays for the booking or still may; KeyReused, KeyRefused,
    AmountRefused, UnknownProvider.
    """
    gateway(provider)
    idempotency.check_key(key)
    if not amount.is_positive:
        raise AmountRefused(_("A payment must be more than zero."))
    known, live = standing or await queries.standing_in_the_way(session, booking, key)
    if known is not None:
        if (known.amount, known.provider) != (amount, provider):
            raise KeyReused
        return await queries.view_of(session, known)
    if live is not None:
        raise PaymentInProgress(PaymentId(live.id), live.state)
    payment = Payment.begin(booking=booking, amount=amount, provider=provider, method=method, key=key, now=now)
    if not await add_once(session, payment):
        # Another tab was faster by the blink of an eye; now its payment can be seen.
        return await start(session, booking=booking, amount=amount, provider=provider, method=method, key=key, now=now)
    step = note(session, payment, gettext_noop("Payment started"), str(amount), now)
    record(session, PaymentStarted(PaymentId(payment.id), booking), now)
    return queries.view_with(payment, [step])


async def process(payment_id: PaymentId, now: datetime) -> bool:
    """Ask the provider whatever is to be asked: for the money at first, later how it stands. False if nothing was.

    Opens its own transactions; the provider is called between them. Safe to repeat, to run twice at once, and to kill
    at any point: everything is asked under the payment's own id, and a lease lets the next one take over.
    """
    async with transaction() as session:
        payment = await queries.lock_payment(session, payment_id)
        if not payment.lease(now):
            return False
    try:
        charge = await _ask(payment, now)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, we cannot tell what the provider has done
        log.warning("payments.no_answer", payment=payment_id, error=repr(error))
        charge = None
    async with transaction() as session:
        if isinstance(charge, Charge):
            await learn(session, payment, charge, now)
            return True
        fresh = await queries.lock_payment(session, payment_id)
        if charge is not None:
            log.warning("payments.refused", payment=payment_id, why=charge.message)
            if fresh.refuse(now):
                note_status(session, fresh, now)
                _tell_failure(session, fresh, now)
        elif fresh.reference is None:
            _doubt(session, fresh, now)
        else:
            fresh.postpone(now)
    return True


async def settle_in_flight(now: datetime) -> int:
    """Ask about every payment that should have been heard of by now. How many were asked about. Raises Incomplete."""

    async def find(passed_over: Collection[str]) -> list[PaymentId]:
        async with transaction(reading=True) as session:
            return await queries.payments_to_ask(session, now, without=passed_over)

    return await drain(find, partial(process, now=now))


async def answer_challenge(payment_id: PaymentId, *, approve: bool, now: datetime) -> PaymentView:
    """Pass the payer's answer to the bank's challenge on. Where there is no challenge (any more), nothing changes.

    Raises PaymentNotFound. Opens its own transactions.
    """
    payment = await _read(payment_id)
    if payment.status is PaymentStatus.REQUIRES_ACTION and payment.reference is not None:
        await _act(
            payment_id,
            gateway(payment.provider).confirm_action(
                payment.reference, approve=approve, key=f"{payment_id}:challenge", now=now
            ),
            now,
        )
    return await _read(payment_id)


async def cancel(payment_id: PaymentId, now: datetime) -> PaymentView:
    """Give up a payment that waits for its payer, or let go of a reserved amount.

    What is decided or with the bank already takes its course. Raises PaymentNotFound. Opens its own transactions.
    """
    payment = await _read(payment_id)
    if payment.status in {PaymentStatus.REQUIRES_ACTION, PaymentStatus.AUTHORIZED} and payment.reference is not None:
        await _act(
            payment_id, gateway(payment.provider).void(payment.reference, key=f"{payment_id}:void", now=now), now
        )
    return await _read(payment_id)


async def learn(session: Session, known: Payment, charge: Charge, now: datetime) -> None:
    """Take in what the provider says about a payment, which need not be locked, and say what is new.

    Where it says that money has come, what is paid for is locked first: see `lock_order`.
    """
    if charge.status is PaymentStatus.SUCCEEDED:
        await lock_order.lock_what_is_paid_for(session, BookingId(known.booking_id))
    payment = await queries.lock_payment(session, PaymentId(known.id))
    if payment.reference is None:
        await _wake_parked_events(session, payment.provider, charge.reference, now)
        payment.reference = charge.reference
    before, was_disputed = payment.state, payment.is_disputed
    if not before.is_live and charge.status.is_live and not payment.outranks(charge):
        # Given up as failed, and now it lives. If meanwhile another one pays for the booking, this one is too many.
        payment.is_surplus = await queries.live_payment(session, BookingId(payment.booking_id)) is not None
    if not payment.apply(charge, now):
        return
    if payment.state is not before or not payment.state.is_final:
        note_status(session, payment, now)
    if payment.state is PaymentStatus.SUCCEEDED and before is not PaymentStatus.SUCCEEDED:
        await _tell_success(session, payment, now)
    elif payment.state.is_final and not before.is_final:
        _tell_failure(session, payment, now)
    if payment.is_disputed and not was_disputed:
        _tell_dispute(session, payment, now)


async def _ask(payment: Payment, now: datetime) -> Charge | ProviderRefused:
    """The provider's word, or its refusal to take the money. Raises whatever leaves us without an answer."""
    provider = gateway(payment.provider)
    if payment.reference is not None or payment.attempts > 1:
        found = await provider.fetch(payment.reference, key=payment.id)
        if found is not None:
            return found
        if payment.reference is not None:
            raise ProviderSilent("The provider does not know its own payment.")
        if now - payment.created_at > KEY_LIFE:
            return ProviderRefused("The provider has never heard of this payment, and it is too late to ask anew.")
    try:
        return await provider.charge(payment.amount, payment.method, key=payment.id, now=now)
    except ProviderRefused as refusal:
        return refusal


async def _act(payment_id: PaymentId, asked: Awaitable[Charge], now: datetime) -> None:
    """Wait for the provider's answer to something the payer did, and take it in."""
    try:
        charge = await asked
    except Exception as error:  # noqa: BLE001 - as in process(): it may have been done all the same
        log.warning("payments.no_answer", payment=payment_id, error=repr(error))
        async with transaction() as session:
            _doubt(session, await queries.lock_payment(session, payment_id), now)
        return
    async with transaction() as session:
        await learn(session, await queries.known_payment(session, payment_id), charge, now)


async def _read(payment_id: PaymentId) -> PaymentView:
    async with transaction(reading=True) as session:
        return await queries.payment_view(session, payment_id)


def _doubt(session: Session, payment: Payment, now: datetime) -> None:
    if payment.doubt(now):
        note_status(session, payment, now)


def _tell_failure(session: Session, payment: Payment, now: datetime) -> None:
    reason = payment.failure_reason or payment.status
    record(session, PaymentFailed(PaymentId(payment.id), BookingId(payment.booking_id), reason), now)


async def _tell_success(session: Session, payment: Payment, now: datetime) -> None:
    id, booking, taken = PaymentId(payment.id), BookingId(payment.booking_id), payment.captured
    if taken != payment.amount:
        log.error("payments.wrong_amount", payment=id, asked=str(payment.amount), taken=str(taken))
    if not payment.is_surplus:
        record(session, PaymentSucceeded(id, booking, taken.minor, taken.currency), now)
        return
    record(session, PaidTwice(id, booking, taken.minor, taken.currency), now)
    await owe(session, id, None, reason="paid_twice", key="paid-twice", now=now)


def _tell_dispute(session: Session, payment: Payment, now: datetime) -> None:
    note(session, payment, gettext_noop("Disputed"), DISPUTED, now)
    taken = payment.captured
    record(
        session,
        PaymentDisputed(PaymentId(payment.id), BookingId(payment.booking_id), taken.minor, taken.currency),
        now,
    )


async def _wake_parked_events(session: Session, provider: str, reference: str, now: datetime) -> None:
    for event in await queries.parked_events(session, provider, reference):
        event.wake(now)
        record(session, WebhookReceived(event.id), now)
