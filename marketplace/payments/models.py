"""Tables of the payments room. Rows guard themselves."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from marketplace.db import Instant
from marketplace.i18n import gettext_noop
from marketplace.ids import BookingId, PaymentId, RefundId, ulid
from marketplace.money import Money
from marketplace.payments.errors import DisputeOpen, NotOwed, NotRefundable, RefundTooLarge
from marketplace.payments.gateway import Charge
from marketplace.payments.status import LIVE, FailureReason, PaymentStatus, RefundStatus, rank

LEASE = timedelta(seconds=30)
"""How long one worker may take over one call to a provider before another one asks again."""

KEY_LIFE = timedelta(hours=23)
"""Providers forget idempotency keys after a day: later than this nothing is asked for anew under an old key."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=10), timedelta(days=1)
"""Between a provider's refusal to pay a refund out and the next try, which doubles each time."""

DISPUTED = gettext_noop("The payer's bank claims the money back")

_LIVE_STATUSES = ", ".join(f"'{status.value}'" for status in LIVE)
_ONE_PER_BOOKING = text(f"status IN ({_LIVE_STATUSES}) AND NOT is_surplus")
_TO_BE_ASKED = text("check_at IS NOT NULL")
_TO_BE_READ = text("due_at IS NOT NULL")
_IS_OWED = text("status = 'owed'")


def backoff(
    attempts: int, *, first: timedelta = timedelta(seconds=5), longest: timedelta = timedelta(minutes=10)
) -> timedelta:
    """5 s, 10 s, 20 s … up to `longest`."""
    return min(longest, first * (1 << min(attempts - 1, 16)))


class Payment(SQLModel, table=True):
    """One attempt to pay for one booking. Its id is the key under which the provider is asked for the money.

    `booking_id` is no foreign key: bookings live above payments, and a payment outlives whatever becomes of them.
    `check_at` is both lease and schedule: nobody asks the provider before then, and somebody does from then on.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("booking_id", "key", name="uq_payment_booking_key"),
        UniqueConstraint("provider", "reference", name="uq_payment_provider_reference"),
        Index(
            "uq_payment_one_per_booking",
            "booking_id",
            unique=True,
            postgresql_where=_ONE_PER_BOOKING,
            sqlite_where=_ONE_PER_BOOKING,
        ),
        Index("ix_payment_check_at", "check_at", postgresql_where=_TO_BE_ASKED, sqlite_where=_TO_BE_ASKED),
        Index("ix_payment_status_id", "status", "id"),
        Index("ix_payment_created_at", "created_at"),
        CheckConstraint("amount_minor > 0", name="ck_payment_amount"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= captured_minor", name="ck_payment_refunded"),
    )

    id: str = Field(primary_key=True)
    booking_id: str
    provider: str
    key: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    method: str
    method_label: str = ""
    status: str
    said_at: datetime | None = Field(default=None, sa_type=Instant)
    reference: str | None = None
    failure_reason: str | None = None
    next_action: str | None = Field(default=None, sa_type=Text)
    captured_minor: int = Field(default=0, sa_type=BigInteger)
    captured_currency: str
    refunded_minor: int = Field(default=0, sa_type=BigInteger)
    is_surplus: bool = False
    is_disputed: bool = False
    attempts: int = 0
    check_at: datetime | None = Field(default=None, sa_type=Instant)
    version: int = 1
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)

    @classmethod
    def begin(
        cls, *, booking: BookingId, amount: Money, provider: str, method: str, key: str, now: datetime
    ) -> Payment:
        return cls(
            id=PaymentId.new(),
            booking_id=booking,
            provider=provider,
            key=key,
            amount_minor=amount.minor,
            currency=amount.currency,
            captured_currency=amount.currency,
            method=method,
            status=PaymentStatus.PROCESSING.value,
            check_at=now,
            created_at=now,
            updated_at=now,
        )

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def captured(self) -> Money:
        return Money(self.captured_minor, self.captured_currency)

    @property
    def refundable(self) -> Money:
        return Money(self.captured_minor - self.refunded_minor, self.captured_currency)

    @property
    def state(self) -> PaymentStatus:
        return PaymentStatus(self.status)

    @property
    def action(self) -> dict[str, Any] | None:
        """What the payer must do, while they must."""
        if self.next_action is None or self.state is not PaymentStatus.REQUIRES_ACTION:
            return None
        return {**json.loads(self.next_action), "payment_id": self.id}

    def lease(self, now: datetime) -> bool:
        """Take the right to ask the provider; False where there is nothing to ask or somebody else is asking."""
        if self.check_at is None or self.check_at > now:
            return False
        self.attempts += 1
        self.check_at = now + LEASE
        return True

    def outranks(self, charge: Charge) -> bool:
        """Whether we know better than `charge`, or as much."""
        return rank(self.state, self.said_at) >= rank(charge.status, charge.at)

    def apply(self, charge: Charge, now: datetime) -> bool:
        """Move forward to what the provider says; False where that is no news.

        The end is the same whatever order snapshots come in and however often (see status.rank).
        """
        newly_disputed = charge.is_disputed and not self.is_disputed
        self.is_disputed = self.is_disputed or charge.is_disputed
        self.method_label = charge.method_label or self.method_label
        if self.outranks(charge):
            self.version += newly_disputed
            return newly_disputed
        self.status = charge.status.value
        self.said_at = charge.at
        self.failure_reason = charge.reason.value if charge.reason else None
        self.next_action = json.dumps(charge.next_action) if charge.next_action else None
        self.captured_minor = charge.captured.minor
        self.captured_currency = charge.captured.currency
        self._look_again(now)
        return True

    def refuse(self, now: datetime) -> bool:
        """The provider would not even begin: nothing was taken."""
        if self.state.is_final:
            return False
        self.status = PaymentStatus.FAILED.value
        self.failure_reason = FailureReason.PROCESSING_ERROR.value
        self._look_again(now)
        return True

    def doubt(self, now: datetime) -> bool:
        """An answer was lost. Past the point where it could matter (reserved, decided) the status stays."""
        is_news = self.state in {PaymentStatus.PROCESSING, PaymentStatus.REQUIRES_ACTION}
        if is_news:
            self.status = PaymentStatus.UNKNOWN.value
        self._look_again(now)
        return is_news

    def postpone(self, now: datetime) -> None:
        """The provider could not be asked how things stand: no news, so ask again later."""
        self._look_again(now)

    def reserve_refund(self, amount: Money) -> None:
        """Promise `amount` back. Raises NotRefundable, RefundTooLarge, MixedCurrencies."""
        if self.state is not PaymentStatus.SUCCEEDED:
            raise NotRefundable(self.state)
        if not amount.is_positive or amount > self.refundable:
            raise RefundTooLarge(self.refundable)
        self.refunded_minor += amount.minor
        self.version += 1

    def must_be_undisputed(self) -> None:
        """Raises DisputeOpen."""
        if self.is_disputed:
            raise DisputeOpen(PaymentId(self.id))

    def _look_again(self, now: datetime) -> None:
        """Decide when the provider is next asked, in case that its webhook never comes."""
        self.version += 1
        self.updated_at = now
        match self.state:
            case PaymentStatus.PROCESSING | PaymentStatus.UNKNOWN:
                self.check_at = now + backoff(max(1, self.attempts))
            case PaymentStatus.REQUIRES_ACTION:
                self.check_at = now + timedelta(minutes=1)
            case PaymentStatus.AUTHORIZED:
                self.check_at = now + timedelta(hours=1)
            case _:
                self.check_at = None


class PaymentStep(SQLModel, table=True):
    """One line of a payment's timeline, as people read it."""

    __tablename__ = "payment_step"
    __table_args__ = (Index("ix_payment_step_payment_id", "payment_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    payment_id: str = Field(foreign_key="payment.id")
    at: datetime = Field(sa_type=Instant)
    label: str
    detail: str = ""


class Refund(SQLModel, table=True):
    """Money on its way back: promised until it is paid out, by the provider or by other means.

    `asked_as` is the key of the present attempt, stored before the provider is asked. While its outcome is unknown it is
    asked about under that key; after a definite refusal the money is owed, and the next attempt has a key of its own.
    `check_at` as in Payment; an owed refund without one waits for an operator.
    """

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("payment_id", "key", name="uq_refund_payment_key"),
        Index("ix_refund_check_at", "check_at", postgresql_where=_TO_BE_ASKED, sqlite_where=_TO_BE_ASKED),
        Index("ix_refund_owed", "created_at", postgresql_where=_IS_OWED, sqlite_where=_IS_OWED),
        CheckConstraint("amount_minor > 0", name="ck_refund_amount"),
    )

    id: str = Field(primary_key=True)
    payment_id: str = Field(foreign_key="payment.id")
    key: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    reason: str
    status: str
    reference: str | None = None
    attempts: int = 0
    """How often the provider was asked under the present key."""

    asked_as: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was asked under the present key first."""

    refusals: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    why: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    """Why it is owed."""

    settled_how: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    settled_by: str | None = None
    check_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)

    @classmethod
    def of(cls, payment: Payment, amount: Money, *, reason: str, key: str, now: datetime) -> Refund:
        """Reserve `amount` of the payment, which the caller has locked, and say so."""
        payment.reserve_refund(amount)
        id = RefundId.new()
        return cls(
            id=id,
            asked_as=id,
            payment_id=payment.id,
            key=key,
            amount_minor=amount.minor,
            currency=amount.currency,
            reason=reason,
            status=RefundStatus.REQUESTED.value,
            check_at=now,
            created_at=now,
            updated_at=now,
        )

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def state(self) -> RefundStatus:
        return RefundStatus(self.status)

    def lease(self, now: datetime) -> bool:
        """Take the right to ask the provider, under a fresh key where it is owed; False where nothing is to be asked."""
        if self.check_at is None or self.check_at > now:
            return False
        if self.state is RefundStatus.OWED:
            self.status, self.asked_as = RefundStatus.REQUESTED.value, RefundId.new()
            self.attempts, self.asked_at = 0, None
        self.attempts += 1
        self.asked_at = self.asked_at or now
        self.check_at = now + LEASE
        return True

    @property
    def was_asked(self) -> bool:
        """Whether the provider may know of the present attempt."""
        return self.attempts > 0 and self.state is not RefundStatus.OWED

    def is_forgotten(self, now: datetime) -> bool:
        """Whether the provider may have forgotten the key, and would take its repetition for another refund."""
        return self.asked_at is not None and now - self.asked_at > KEY_LIFE

    def succeed(self, reference: str, now: datetime) -> bool:
        """It is paid out; True the first time."""
        if self.check_at is None:
            return False
        self.reference = reference
        self._move(RefundStatus.SUCCEEDED, now, None)
        return True

    def refuse(self, why: str, now: datetime) -> bool:
        """The provider has definitely not paid it out: it is owed. False where that is decided already."""
        if self.check_at is None:
            return False
        self.refusals += 1
        self.why = why
        pause = backoff(self.refusals, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        self._move(RefundStatus.OWED, now, now + pause)
        return True

    def leave_to_people(self, why: str, now: datetime) -> None:
        """It is owed, and asking the provider by ourselves could pay it twice."""
        self.why = why
        self._move(RefundStatus.OWED, now, None)

    def doubt(self, now: datetime) -> None:
        """The answer was lost: ask again under the same key."""
        if self.check_at is not None:
            self._move(RefundStatus.UNKNOWN, now, now + backoff(max(1, self.attempts)))

    def try_again(self, now: datetime) -> None:
        """Ask the provider now. Raises NotOwed."""
        self._must_be_owed()
        self.check_at = now

    def settle(self, by: str, how: str, now: datetime) -> None:
        """It was paid back by other means. Raises NotOwed."""
        self._must_be_owed()
        self.settled_by, self.settled_how = by, how
        self._move(RefundStatus.SETTLED, now, None)

    def _must_be_owed(self) -> None:
        if self.state is not RefundStatus.OWED:
            raise NotOwed(RefundId(self.id), self.state)

    def _move(self, status: RefundStatus, now: datetime, check_at: datetime | None) -> None:
        self.status, self.updated_at, self.check_at = status.value, now, check_at


class InboxState(StrEnum):
    WAITING = "waiting"
    PARKED = "parked"
    """It is about a payment whose reference we have not written down yet."""
    DONE = "done"
    DEAD = "dead"


MOST_ATTEMPTS = 8
PARKED_FOR = timedelta(hours=24)


class WebhookEvent(SQLModel, table=True):
    """One event in the inbox, raw as it came. `due_at` is when to read it; none once nothing is to be done."""

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("provider", "event_id", name="uq_webhook_event"),
        Index("ix_webhook_event_due_at", "due_at", postgresql_where=_TO_BE_READ, sqlite_where=_TO_BE_READ),
        Index("ix_webhook_event_reference", "provider", "reference"),
        Index("ix_webhook_event_state", "state", "received_at"),
    )

    id: str = Field(primary_key=True, default_factory=ulid)
    provider: str
    event_id: str
    kind: str
    reference: str | None = None
    body: bytes
    state: str = InboxState.WAITING.value
    attempts: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    processed_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = Field(default=None, sa_type=Text)

    def finish(self, now: datetime) -> None:
        self.state = InboxState.DONE.value
        self.due_at, self.processed_at, self.last_error = None, now, None

    def park(self, now: datetime) -> None:
        """Wait until our own row knows the reference; given up after a day."""
        if now - self.received_at >= PARKED_FOR:
            self._die("Nobody here has ever known this payment.")
            return
        self.state = InboxState.PARKED.value
        self.due_at = now + backoff(self.attempts)

    def fail(self, error: str, now: datetime) -> None:
        if self.attempts >= MOST_ATTEMPTS:
            self._die(error)
            return
        self.last_error = error[:2000]
        self.due_at = now + backoff(self.attempts)

    def wake(self, now: datetime) -> None:
        """From the car park, or from the dead: try anew."""
        self.state = InboxState.WAITING.value
        self.due_at, self.attempts, self.processed_at = now, 0, None

    def _die(self, error: str) -> None:
        self.state = InboxState.DEAD.value
        self.due_at, self.last_error = None, error[:2000]


class IdempotencyKey(SQLModel, table=True):
    """What was answered to a request, so that its repetition gets the same answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("ix_idempotency_key_created_at", "created_at"),)

    actor: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: str
    leased_until: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    status: int = 0
    content_type: str = ""
    headers: str = Field(default="{}", sa_type=Text)
    body: bytes = b""
    created_at: datetime = Field(sa_type=Instant)

    def restart(self, request_hash: str, *, until: datetime, now: datetime) -> None:
        """Begin anew under a key that was forgotten."""
        self.request_hash, self.leased_until, self.created_at, self.answered_at = request_hash, until, now, None
