"""What outsiders may see of payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.ids import BookingId, PaymentId, RefundId
from marketplace.money import Money
from marketplace.payments.status import FailureReason, PaymentStatus, RefundStatus


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of a payment's timeline."""

    at: datetime
    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One attempt to pay for a booking.

    `captured` is what the provider has taken; `refunded` what has been given back, is on its way or is owed. `next_action` is
    there while the payer must do something: {"type": "challenge", "payment_id": …}. `is_surplus`: it came in although
    another payment pays for the booking, and is being refunded. `version` grows with every piece of news.
    """

    id: PaymentId
    booking_id: BookingId
    provider: str
    reference: str | None
    amount: Money
    captured: Money
    refunded: Money
    status: PaymentStatus
    failure_reason: FailureReason | None
    failure_message: str | None
    next_action: dict[str, Any] | None
    method_label: str
    is_surplus: bool
    is_disputed: bool
    version: int
    steps: tuple[StepView, ...]
    created_at: datetime

    @property
    def refundable(self) -> Money:
        return self.captured - self.refunded


@dataclass(frozen=True, slots=True)
class RefundView:
    id: RefundId
    payment_id: PaymentId
    booking_id: BookingId
    amount: Money
    reason: str
    status: RefundStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OwedView:
    """A refund that the provider has refused so far. `next_try` is None where it waits for an operator."""

    refund: RefundView
    provider: str
    reference: str | None
    why: str
    refusals: int
    next_try: datetime | None
    is_disputed: bool


@dataclass(frozen=True, slots=True)
class OwedHealth:
    """How many refunds are owed, how many of them wait for an operator, how much by currency, and since when."""

    refunds: int
    for_people: int
    amounts: tuple[Money, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Volume:
    """What came in in one currency."""

    payments: int
    total: Money
    average: Money


@dataclass(frozen=True, slots=True)
class Decline:
    """How many payments failed for a reason; None where they were given up, or the provider gave none."""

    reason: FailureReason | None
    payments: int


@dataclass(frozen=True, slots=True)
class Analytics:
    """`success_rate` is the share of succeeded among decided payments, 0 to 1; None before the first is decided."""

    started: int
    succeeded: int
    failed: int
    success_rate: float | None
    volumes: tuple[Volume, ...]
    declines: tuple[Decline, ...]
    """Why payments failed, the most frequent reason first."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the payments begun from `since` until (not including) `until`."""

    since: datetime
    until: datetime
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class InboxHealth:
    """How many events wait although their time has come, are parked, were given up; and the oldest one waiting."""

    waiting: int
    parked: int
    dead: int
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookView:
    """An event in the inbox. `state` is waiting, parked, done or dead."""

    id: str
    provider: str
    event_id: str
    reference: str | None
    state: str
    attempts: int
    received_at: datetime
    last_error: str | None
