"""The words for how far a payment is, and which of two pieces of news about it wins."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from marketplace.i18n import _, gettext_noop


class PaymentStatus(StrEnum):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"
    """We asked the provider and the answer was lost. Nobody knows whether money was taken, so nobody may ask anew."""

    @property
    def label(self) -> str:
        """Where the payment has come to, in words."""
        return _(LABELS[self])

    @property
    def is_final(self) -> bool:
        """Nothing more is expected to happen by itself. A late success may still follow a failure."""
        return self in {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELED}

    @property
    def is_live(self) -> bool:
        """Money has been taken or still may be: a booking has at most one such payment."""
        return self in LIVE


LABELS = {
    PaymentStatus.REQUIRES_PAYMENT_METHOD: gettext_noop("Waiting for a payment method"),
    PaymentStatus.PROCESSING: gettext_noop("The bank is checking the payment"),
    PaymentStatus.REQUIRES_ACTION: gettext_noop("The bank asks for confirmation"),
    PaymentStatus.AUTHORIZED: gettext_noop("The amount is reserved"),
    PaymentStatus.SUCCEEDED: gettext_noop("Paid"),
    PaymentStatus.FAILED: gettext_noop("Declined"),
    PaymentStatus.CANCELED: gettext_noop("Given up"),
    PaymentStatus.UNKNOWN: gettext_noop("No answer yet; we keep asking"),
}
"""Where a payment has come to, in words that are said when somebody reads them."""

LIVE = (
    PaymentStatus.PROCESSING,
    PaymentStatus.REQUIRES_ACTION,
    PaymentStatus.AUTHORIZED,
    PaymentStatus.SUCCEEDED,
    PaymentStatus.UNKNOWN,
)

# While a payment is under way it may go back and forth (processing, challenge, processing again), and the provider's
# latest word counts. Beyond that every floor is final against those below it. A success stands above a failure:
# if both are reported, in whatever order, money was taken, and it must be honoured or given back, never overlooked.
_FLOOR = {
    PaymentStatus.REQUIRES_PAYMENT_METHOD: 0,
    PaymentStatus.UNKNOWN: 0,
    PaymentStatus.PROCESSING: 0,
    PaymentStatus.REQUIRES_ACTION: 0,
    PaymentStatus.AUTHORIZED: 1,
    PaymentStatus.FAILED: 2,
    PaymentStatus.CANCELED: 2,
    PaymentStatus.SUCCEEDED: 3,
}
_ORDER = {status: place for place, status in enumerate(_FLOOR)}
_BEFORE_EVERYTHING = datetime.min.replace(tzinfo=UTC)

Rank = tuple[int, datetime, int]


def rank(status: PaymentStatus, said_at: datetime | None) -> Rank:
    """Where news stands among all news of one payment; `said_at` is the provider's clock, None before its first word.

    A total order: keeping the highest gives the same end whatever order news comes in and however often.
    """
    return _FLOOR[status], said_at or _BEFORE_EVERYTHING, _ORDER[status]


class RefundStatus(StrEnum):
    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """A provider's word. For us the money is then owed: no refund of ours ends like this."""

    UNKNOWN = "unknown"
    OWED = "owed"
    """The provider has refused it, or cannot be asked. It stays promised until it is paid back one way or another."""

    SETTLED = "settled"
    """An operator has seen to it by other means."""


class FailureReason(StrEnum):
    CARD_DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    PROCESSING_ERROR = "processing_error"
    FRAUD_PREVENTION = "fraud_prevention"
    AUTHENTICATION_FAILED = "authentication_failed"

    @property
    def in_short(self) -> str:
        """The same in a word or two."""
        return _(_IN_SHORT[self])

    @property
    def message(self) -> str:
        """What the payer is told, and what they can do about it."""
        return _(_MESSAGES[self])


_IN_SHORT = {
    FailureReason.CARD_DECLINED: gettext_noop("Card declined"),
    FailureReason.INSUFFICIENT_FUNDS: gettext_noop("Insufficient funds"),
    FailureReason.EXPIRED_CARD: gettext_noop("Expired card"),
    FailureReason.PROCESSING_ERROR: gettext_noop("Processing error"),
    FailureReason.FRAUD_PREVENTION: gettext_noop("Stopped by fraud prevention"),
    FailureReason.AUTHENTICATION_FAILED: gettext_noop("Not confirmed with the bank"),
}

_MESSAGES = {
    FailureReason.CARD_DECLINED: gettext_noop(
        "The bank declined this card. Nothing was charged. Please try another card."
    ),
    FailureReason.INSUFFICIENT_FUNDS: gettext_noop(
        "There is too little money on this card. Nothing was charged. Please try another card."
    ),
    FailureReason.EXPIRED_CARD: gettext_noop("This card has expired. Nothing was charged. Please try another card."),
    FailureReason.PROCESSING_ERROR: gettext_noop(
        "The bank could not process the payment. Nothing was charged. Please try again."
    ),
    FailureReason.FRAUD_PREVENTION: gettext_noop(
        "The bank's fraud protection stopped the payment. Nothing was charged. Please try another card."
    ),
    FailureReason.AUTHENTICATION_FAILED: gettext_noop(
        "The payment was not confirmed with your bank. Nothing was charged. Please try again."
    ),
}
