"""What has happened to payments. Amounts are minor units of `currency`."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.ids import BookingId, PaymentId, RefundId
from marketplace.outbox import DomainEvent, MoneyEvent, ProviderEvent


@dataclass(frozen=True)
class PaymentStarted(MoneyEvent):
    payment_id: PaymentId
    booking_id: BookingId


@dataclass(frozen=True)
class PaymentSucceeded(ProviderEvent):
    """The provider has taken `amount`, which need not be what it was asked for: compare before anything is handed out.

    It may follow a PaymentFailed of the same payment: providers do report late successes.
    """

    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str


@dataclass(frozen=True)
class PaymentFailed(ProviderEvent):
    """`reason` is a FailureReason, or "canceled"."""

    payment_id: PaymentId
    booking_id: BookingId
    reason: str


@dataclass(frozen=True)
class PaidTwice(ProviderEvent):
    """A payment given up as failed has succeeded after all, while another one pays for the booking.

    It stands in place of PaymentSucceeded; the refund of all of it is requested in the same transaction.
    """

    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str


@dataclass(frozen=True)
class PaymentDisputed(ProviderEvent):
    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str


@dataclass(frozen=True)
class RefundRequested(MoneyEvent):
    refund_id: RefundId
    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True)
class RefundSucceeded(ProviderEvent):
    refund_id: RefundId
    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True)
class RefundSettled(MoneyEvent):
    """What was owed has been paid back by other means than the provider's."""

    refund_id: RefundId
    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True)
class RefundFailed(ProviderEvent):
    """The provider has not given the money back: it is owed. Told of each refusal."""

    refund_id: RefundId
    payment_id: PaymentId
    booking_id: BookingId
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True)
class WebhookReceived(DomainEvent):
    """`event_id` is our own id of the event in the inbox."""

    event_id: str
