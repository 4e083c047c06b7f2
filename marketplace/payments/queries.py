"""Every select of the payments room; locks rows, builds views."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, Subquery, and_, case, exists
from sqlalchemy.orm import Mapped
from sqlmodel import col, func, or_, select

from marketplace.db import Session
from marketplace.i18n import _
from marketplace.ids import BookingId, PaymentId, RefundId
from marketplace.money import Money
from marketplace.paging import Keyset, Page, bounded
from marketplace.payments.errors import PaymentNotFound, RefundNotFound, WebhookNotFound
from marketplace.payments.models import IdempotencyKey, InboxState, Payment, PaymentStep, Refund, WebhookEvent
from marketplace.payments.status import LIVE, FailureReason, PaymentStatus, RefundStatus
from marketplace.payments.views import (
    Analytics,
    Decided,
    Decline,
    InboxHealth,
    OwedHealth,
    OwedView,
    PaymentView,
    RefundView,
    StepView,
    Volume,
    WebhookView,
)

MOST_IN_ONE_SELECT = 5_000

_SUCCEEDED = col(Payment.status) == PaymentStatus.SUCCEEDED.value
_FAILED = col(Payment.status).in_([PaymentStatus.FAILED.value, PaymentStatus.CANCELED.value])
_IS_LIVE = and_(col(Payment.status).in_([status.value for status in LIVE]), col(Payment.is_surplus).is_(False))

_NEWEST = Keyset("paid", PaymentId, Payment.id, is_descending=True)
_IS_OWED = col(Refund.status) == RefundStatus.OWED.value

Standing = tuple[Payment | None, Payment | None]
"""The payment that was begun under a key, and the one that pays for the booking, or still may."""

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?) ([A-Z]{3})")


async def lock_payment(session: Session, id: PaymentId) -> Payment:
    """The payment, for this transaction alone. Raises PaymentNotFound."""
    rows = await session.exec(
        select(Payment)
        .where(col(Payment.id) == id)
        .with_for_update()
        .execution_options(populate_existing=True)  # what was read before the lock may be stale
    )
    payment = rows.one_or_none()
    if payment is None:
        raise PaymentNotFound(id)
    return payment


async def known_payment(session: Session, id: PaymentId) -> Payment:
    """The payment as it stands, for whoever locks it later. Raises PaymentNotFound."""
    payment = await session.get(Payment, id)
    if payment is None:
        raise PaymentNotFound(id)
    return payment


async def payment_by_reference(session: Session, provider: str, reference: str) -> Payment | None:
    """As it stands: not locked."""
    rows = await session.exec(
        select(Payment).where(col(Payment.provider) == provider, col(Payment.reference) == reference)
    )
    return rows.one_or_none()


async def standing_in_the_way(session: Session, booking: BookingId, key: str) -> Standing:
    """The payment that was begun under this key, and the one that pays for the booking, or still may."""
    rows = await session.exec(
        select(Payment).where(col(Payment.booking_id) == booking, or_(col(Payment.key) == key, _IS_LIVE))
    )
    found = rows.all()
    known = next((payment for payment in found if payment.key == key), None)
    return known, next((payment for payment in found if payment.state.is_live and not payment.is_surplus), None)


async def live_payment(session: Session, booking: BookingId) -> Payment | None:
    """The one payment that pays for the booking, or still may."""
    rows = await session.exec(select(Payment).where(col(Payment.booking_id) == booking, _IS_LIVE))
    return rows.one_or_none()


def is_being_paid(booking: Mapped[str]) -> ColumnElement[bool]:
    """Whether a booking has such a payment, as a part of another room's select; `booking` is that one's column."""
    return exists().where(col(Payment.booking_id) == booking, _IS_LIVE)


async def undecided(session: Session, ids: Sequence[PaymentId]) -> int:
    """How many of these payments may still turn out either way."""
    rows = await session.exec(
        select(func.count())
        .select_from(Payment)
        .where(
            col(Payment.id).in_(ids),
            col(Payment.status).not_in([status for status in PaymentStatus if status.is_final]),
        )
    )
    return rows.one()


async def payments_to_ask(
    session: Session, now: datetime, limit: int = 200, *, without: Collection[str] = ()
) -> list[PaymentId]:
    rows = await session.exec(
        select(Payment.id)
        .where(col(Payment.check_at) <= now, col(Payment.id).not_in(without))
        .order_by(col(Payment.check_at))
        .limit(limit)
    )
    return [PaymentId(id) for id in rows]


async def payment_view(session: Session, id: PaymentId) -> PaymentView:
    """One payment with its timeline. Raises PaymentNotFound."""
    payment = await session.get(Payment, id)
    if payment is None:
        raise PaymentNotFound(id)
    return await view_of(session, payment)


async def view_of(session: Session, payment: Payment) -> PaymentView:
    return (await _views(session, [payment]))[0]


def view_with(payment: Payment, steps: Sequence[PaymentStep]) -> PaymentView:
    """The view of rows that are all in hand."""
    return _view(payment, tuple(map(step_view, steps)))


async def payments_of(session: Session, booking: BookingId) -> list[PaymentView]:
    """Every attempt to pay for the booking, latest first."""
    rows = await session.exec(
        select(Payment).where(col(Payment.booking_id) == booking).order_by(col(Payment.id).desc())
    )
    return await _views(session, rows.all())


async def refundable(session: Session, ids: Iterable[PaymentId]) -> dict[PaymentId, Money]:
    """What is left to give back of each payment of `ids` that exists."""
    wanted = sorted(set(ids))
    found: dict[PaymentId, Money] = {}
    for start in range(0, len(wanted), MOST_IN_ONE_SELECT):
        rows = await session.exec(
            select(Payment.id, Payment.captured_minor, Payment.refunded_minor, Payment.captured_currency).where(
                col(Payment.id).in_(wanted[start : start + MOST_IN_ONE_SELECT])
            )
        )
        found |= {PaymentId(id): Money(captured - refunded, currency) for id, captured, refunded, currency in rows}
    return found


async def history(
    session: Session,
    *,
    status: PaymentStatus | None = None,
    text: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PaymentView]:
    """Payments, latest first, narrowed down. Raises Invalid for a cursor that is not ours.

    `text` is looked for in the ids, the provider's reference, the card's label and the reason of failure.
    """
    limit = bounded(limit)
    wanted = select(Payment).order_by(*_NEWEST.columns()).limit(limit + 1)
    if status is not None:
        wanted = wanted.where(col(Payment.status) == status.value)
    if cursor:
        wanted = wanted.where(_NEWEST.after(cursor))
    if text.strip():
        wanted = wanted.where(
            or_(
                *(
                    col(column).icontains(text.strip(), autoescape=True)
                    for column in (
                        Payment.id,
                        Payment.booking_id,
                        Payment.reference,
                        Payment.method_label,
                        Payment.failure_reason,
                    )
                )
            )
        )
    page = Page.cut((await session.exec(wanted)).all(), limit, _NEWEST.cursor)
    return page.of(await _views(session, page.items))


async def analytics(session: Session, *, since: datetime, until: datetime) -> Analytics:
    """What became of the payments begun from `since` until (not including) `until`."""
    period = (col(Payment.created_at) >= since, col(Payment.created_at) < until)
    counted = await session.exec(
        select(func.count(), func.count(case((_SUCCEEDED, 1))), func.count(case((_FAILED, 1))))
        .select_from(Payment)
        .where(*period)
    )
    started, good, bad = counted.one()
    taken = await session.exec(
        select(Payment.captured_currency, func.count(), func.sum(Payment.captured_minor))
        .where(*period, _SUCCEEDED)
        .group_by(col(Payment.captured_currency))
        .order_by(col(Payment.captured_currency))
    )
    volumes = tuple(
        Volume(payments=count, total=Money(int(total), currency), average=Money(round(int(total) / count), currency))
        for currency, count, total in taken
    )
    reasons = await session.exec(
        select(Payment.failure_reason, func.count())
        .where(*period, _FAILED)
        .group_by(col(Payment.failure_reason))
        .order_by(func.count().desc(), col(Payment.failure_reason))
    )
    declines = tuple(Decline(FailureReason(reason) if reason else None, count) for reason, count in reasons)
    return Analytics(
        started=started,
        succeeded=good,
        failed=bad,
        success_rate=good / (good + bad) if good + bad else None,
        volumes=volumes,
        declines=declines,
    )


async def course(session: Session, edges: Sequence[datetime]) -> tuple[Decided, ...]:
    """What became of the payments begun between each two neighbours of `edges`, which ascend."""
    began = col(Payment.created_at)
    span = case(*((began < until, at) for at, until in enumerate(edges[1:]))).label("span")
    decided = (
        select(span, case((_SUCCEEDED, 1), else_=0).label("good"), case((_FAILED, 1), else_=0).label("bad"))
        .where(began >= edges[0], began < edges[-1])
        .subquery()
    )
    rows = await session.exec(
        select(decided.c.span, func.sum(decided.c.good), func.sum(decided.c.bad)).group_by(decided.c.span)
    )
    counted = {span: (int(good), int(bad)) for span, good, bad in rows}
    return tuple(Decided(since, until, *counted.get(at, (0, 0))) for at, (since, until) in enumerate(pairwise(edges)))


async def lock_refund(session: Session, id: RefundId) -> Refund:
    """Raises RefundNotFound."""
    rows = await session.exec(
        select(Refund).where(col(Refund.id) == id).with_for_update().execution_options(populate_existing=True)
    )
    refund = rows.one_or_none()
    if refund is None:
        raise RefundNotFound(id)
    return refund


async def lock_payment_and_refund(session: Session, id: RefundId) -> tuple[Payment, Refund]:
    """Both rows, the payment locked first, as everywhere. Raises RefundNotFound."""
    found = await session.exec(select(Refund.payment_id).where(col(Refund.id) == id))
    payment_id = found.one_or_none()
    if payment_id is None:
        raise RefundNotFound(id)
    return await lock_payment(session, PaymentId(payment_id)), await lock_refund(session, id)


async def refund_by_key(session: Session, payment: PaymentId, key: str) -> Refund | None:
    rows = await session.exec(select(Refund).where(col(Refund.payment_id) == payment, col(Refund.key) == key))
    return rows.one_or_none()


async def refunds_of(session: Session, payment: PaymentId) -> list[RefundView]:
    """Every refund of the payment, oldest first."""
    row = await session.get(Payment, payment)
    if row is None:
        raise PaymentNotFound(payment)
    rows = await session.exec(select(Refund).where(col(Refund.payment_id) == payment).order_by(col(Refund.id)))
    return [refund_view(refund, row) for refund in rows]


async def refunds_to_ask(
    session: Session, now: datetime, limit: int = 200, *, without: Collection[str] = ()
) -> list[RefundId]:
    rows = await session.exec(
        select(Refund.id)
        .where(col(Refund.check_at) <= now, col(Refund.id).not_in(without))
        .order_by(col(Refund.check_at))
        .limit(limit)
    )
    return [RefundId(id) for id in rows]


async def owed(session: Session, limit: int = 200) -> list[OwedView]:
    """Refunds that are owed, the oldest first."""
    rows = await session.exec(
        select(Refund, Payment)
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(_IS_OWED)
        .order_by(col(Refund.created_at), col(Refund.id))
        .limit(limit)
    )
    return [
        OwedView(
            refund=refund_view(refund, payment),
            provider=payment.provider,
            reference=payment.reference,
            why=_(refund.why),
            refusals=refund.refusals,
            next_try=refund.check_at,
            is_disputed=payment.is_disputed,
        )
        for refund, payment in rows
    ]


async def owed_for(session: Session, booking: BookingId) -> dict[str, Money]:
    """What is owed back for a booking, by currency: promised, and not to be had from the provider so far."""
    rows = await session.exec(
        select(Refund.currency, func.sum(Refund.amount_minor))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(_IS_OWED, col(Payment.booking_id) == booking)
        .group_by(col(Refund.currency))
    )
    return {currency: Money(int(minor), currency) for currency, minor in rows}


async def owed_health(session: Session) -> OwedHealth:
    """How much is owed, and since when."""
    rows = await session.exec(
        select(func.count(), func.count(case((col(Refund.check_at).is_(None), 1))), func.min(Refund.created_at)).where(
            _IS_OWED
        )
    )
    refunds, for_people, since = rows.one()
    sums = await session.exec(
        select(Refund.currency, func.sum(Refund.amount_minor))
        .where(_IS_OWED)
        .group_by(col(Refund.currency))
        .order_by(col(Refund.currency))
    )
    return OwedHealth(refunds, for_people, tuple(Money(int(minor), currency) for currency, minor in sums), since)


def money_left() -> Subquery:
    """What is left of each payment (`payment_id`, `minor`), as a part of another room's select: taken, not promised back."""
    return select(
        col(Payment.id).label("payment_id"), (col(Payment.captured_minor) - col(Payment.refunded_minor)).label("minor")
    ).subquery("money_left")


async def kept(
    session: Session,
    is_claimed: Callable[[Mapped[str]], ColumnElement[bool]],
    before: datetime,
    limit: int = 200,
    *,
    without: Collection[str] = (),
) -> list[PaymentId]:
    """Payments that have money which is neither given back nor promised, and that nobody claims: the oldest first.

    `is_claimed` says of a payment's id, as a part of this select, whether something stands behind it. Left out is what
    has moved since `before`.
    """
    rows = await session.exec(
        select(Payment.id)
        .where(
            _SUCCEEDED,
            col(Payment.refunded_minor) < col(Payment.captured_minor),
            col(Payment.updated_at) <= before,
            ~is_claimed(col(Payment.id)),
            col(Payment.id).not_in(without),
        )
        .order_by(col(Payment.id))
        .limit(limit)
    )
    return [PaymentId(id) for id in rows]


async def undecided_count(session: Session) -> int:
    """Payments whose provider has not said yet what became of them."""
    waits = col(Payment.status).in_([PaymentStatus.PROCESSING.value, PaymentStatus.UNKNOWN.value])
    return (await session.exec(select(func.count()).select_from(Payment).where(waits))).one()


async def disputed_count(session: Session) -> int:
    """Payments that a payer's bank claims back."""
    return (await session.exec(select(func.count()).select_from(Payment).where(col(Payment.is_disputed)))).one()


async def refunds_on_their_way(session: Session) -> int:
    """Refunds that the provider has been asked for, or is about to be, and has not answered yet."""
    is_open = col(Refund.status).in_([RefundStatus.REQUESTED.value, RefundStatus.UNKNOWN.value])
    return (await session.exec(select(func.count()).select_from(Refund).where(is_open))).one()


def refund_view(refund: Refund, payment: Payment) -> RefundView:
    return RefundView(
        id=RefundId(refund.id),
        payment_id=PaymentId(payment.id),
        booking_id=BookingId(payment.booking_id),
        amount=refund.amount,
        reason=refund.reason,
        status=refund.state,
        created_at=refund.created_at,
    )


async def lock_event(session: Session, id: str) -> WebhookEvent:
    """Raises WebhookNotFound."""
    rows = await session.exec(
        select(WebhookEvent)
        .where(col(WebhookEvent.id) == id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    event = rows.one_or_none()
    if event is None:
        raise WebhookNotFound(id)
    return event


async def lock_event_if_due(session: Session, id: str, now: datetime) -> WebhookEvent | None:
    """None where it is not its turn, or there is no such event."""
    rows = await session.exec(
        select(WebhookEvent)
        .where(col(WebhookEvent.id) == id, col(WebhookEvent.due_at) <= now)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.one_or_none()


async def events_due(session: Session, now: datetime, limit: int = 200, *, without: Collection[str] = ()) -> list[str]:
    rows = await session.exec(
        select(WebhookEvent.id)
        .where(col(WebhookEvent.due_at) <= now, col(WebhookEvent.id).not_in(without))
        .order_by(col(WebhookEvent.due_at), col(WebhookEvent.id))
        .limit(limit)
    )
    return list(rows)


async def parked_events(session: Session, provider: str, reference: str) -> Sequence[WebhookEvent]:
    rows = await session.exec(
        select(WebhookEvent)
        .where(
            col(WebhookEvent.provider) == provider,
            col(WebhookEvent.reference) == reference,
            col(WebhookEvent.state) == InboxState.PARKED.value,
        )
        .with_for_update(skip_locked=True)
    )
    return rows.all()


async def inbox(session: Session, state: InboxState = InboxState.DEAD, limit: int = 100) -> list[WebhookView]:
    """Events in one state (by default those given up), latest first."""
    rows = await session.exec(
        select(WebhookEvent)
        .where(col(WebhookEvent.state) == state.value)
        .order_by(col(WebhookEvent.received_at).desc())
        .limit(limit)
    )
    return [
        WebhookView(
            id=event.id,
            provider=event.provider,
            event_id=event.event_id,
            reference=event.reference,
            state=event.state,
            attempts=event.attempts,
            received_at=event.received_at,
            last_error=event.last_error,
        )
        for event in rows
    ]


async def inbox_health(session: Session, now: datetime) -> InboxHealth:
    waiting = await session.exec(
        select(func.count(), func.min(WebhookEvent.received_at)).where(
            col(WebhookEvent.due_at) <= now, col(WebhookEvent.state) == InboxState.WAITING.value
        )
    )
    count, since = waiting.one()
    put_aside = await session.exec(
        select(WebhookEvent.state, func.count())
        .where(col(WebhookEvent.state).in_([InboxState.PARKED.value, InboxState.DEAD.value]))
        .group_by(col(WebhookEvent.state))
    )
    by_state = dict(put_aside.all())
    return InboxHealth(
        waiting=count,
        parked=by_state.get(InboxState.PARKED.value, 0),
        dead=by_state.get(InboxState.DEAD.value, 0),
        waiting_since=since,
    )


async def lock_key(session: Session, actor: str, key: str) -> IdempotencyKey:
    rows = await session.exec(
        select(IdempotencyKey)
        .where(col(IdempotencyKey.actor) == actor, col(IdempotencyKey.key) == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.one()


async def _views(session: Session, payments: Sequence[Payment]) -> list[PaymentView]:
    rows = await session.exec(
        select(PaymentStep)
        .where(col(PaymentStep.payment_id).in_([payment.id for payment in payments]))
        .order_by(col(PaymentStep.id))
    )
    steps: dict[str, list[StepView]] = {payment.id: [] for payment in payments}
    for step in rows:
        steps[step.payment_id].append(step_view(step))
    return [_view(payment, tuple(steps[payment.id])) for payment in payments]


def step_view(step: PaymentStep) -> StepView:
    """A step in the language that is being spoken: sums are kept as “25.00 EUR”, reasons by their codes."""
    amount = _AMOUNT.fullmatch(step.detail)
    if amount is not None:
        detail = Money.parse(amount[1], amount[2]).text()
    elif step.detail in set(FailureReason):
        detail = FailureReason(step.detail).in_short
    else:
        detail = _(step.detail)
    return StepView(step.at, _(step.label), detail)


def _view(payment: Payment, steps: tuple[StepView, ...]) -> PaymentView:
    reason = FailureReason(payment.failure_reason) if payment.failure_reason else None
    return PaymentView(
        id=PaymentId(payment.id),
        booking_id=BookingId(payment.booking_id),
        provider=payment.provider,
        reference=payment.reference,
        amount=payment.amount,
        captured=payment.captured,
        refunded=Money(payment.refunded_minor, payment.captured_currency),
        status=payment.state,
        failure_reason=reason,
        failure_message=reason.message if reason else None,
        next_action=payment.action,
        method_label=payment.method_label,
        is_surplus=payment.is_surplus,
        is_disputed=payment.is_disputed,
        version=payment.version,
        steps=steps,
        created_at=payment.created_at,
    )
