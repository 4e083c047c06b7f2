"""What can stand in the way of a payment."""

from __future__ import annotations

from marketplace.errors import Conflict, Fault, Invalid, NotFound, TooLarge, Unavailable
from marketplace.ids import PaymentId
from marketplace.money import Money
from marketplace.payments.status import PaymentStatus


class UnknownProvider(NotFound):
    code = "unknown_provider"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no payment provider “{name[:40]}” here.")


class PaymentNotFound(NotFound):
    code = "payment_not_found"

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"There is no payment “{payment_id[:80]}”.")


class RefundNotFound(NotFound):
    code = "refund_not_found"

    def __init__(self, refund_id: str) -> None:
        super().__init__(f"There is no refund “{refund_id[:80]}”.")


class WebhookNotFound(NotFound):
    code = "webhook_not_found"

    def __init__(self, event_id: str) -> None:
        super().__init__(f"There is no webhook event “{event_id[:80]}”.")


class PaymentInProgress(Conflict):
    """The booking is paid, or being paid. `payment_id` is the payment to look at instead."""

    code = "payment_in_progress"

    def __init__(self, payment_id: PaymentId, status: PaymentStatus) -> None:
        said = "is paid already" if status is PaymentStatus.SUCCEEDED else "is being paid already"
        super().__init__(
            f"This booking {said}. You are not charged again.", payment_id=payment_id, payment_status=status.value
        )
        self.payment_id, self.status = payment_id, status


class CardRefused(Invalid):
    """The card's details cannot be right; each fault names its field: number, exp_month, exp_year, cvc."""

    code = "card_refused"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("Please check the card's details.", faults)


class CardsNotTaken(Invalid):
    code = "cards_not_taken"

    def __init__(self, provider: str) -> None:
        super().__init__(f"Card details are entered with {provider} itself, never sent to us.")


class NotRefundable(Conflict):
    code = "not_refundable"

    def __init__(self, status: PaymentStatus) -> None:
        super().__init__(
            f"Only a payment that has succeeded can be refunded; this one is {status.value}.",
            payment_status=status.value,
        )


class DisputeOpen(Conflict):
    """The bank already claims this money back for the buyer: a refund would pay it twice."""

    code = "dispute_open"

    def __init__(self, payment_id: PaymentId) -> None:
        super().__init__(
            "The buyer's bank disputes this payment. It cannot be refunded meanwhile.", payment_id=payment_id
        )


class RefundTooLarge(Conflict):
    code = "refund_too_large"

    def __init__(self, left: Money) -> None:
        super().__init__(
            f"No more than {left.text()} of this payment can still be refunded.",
            left={"amount": left.minor, "currency": left.currency},
        )
        self.left = left


class ProviderRefused(Invalid):
    """The provider has definitely not done what it was asked. Nothing has moved."""

    code = "provider_refused"


class ProviderSilent(Unavailable):
    """The provider gave no usable answer: it may or may not have done what it was asked."""

    code = "provider_silent"


class BadSignature(Invalid):
    code = "bad_signature"

    def __init__(self, why: str) -> None:
        super().__init__(f"This webhook is not signed by the provider: {why}.")


class UnreadableWebhook(Invalid):
    code = "unreadable_webhook"


class WebhookTooLarge(TooLarge):
    code = "webhook_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"A webhook has at most {most} bytes.")


class KeyRefused(Invalid):
    code = "idempotency_key_refused"

    def __init__(self) -> None:
        why = "An Idempotency-Key has 1 to 255 visible ASCII characters."
        super().__init__(why, [Fault("Idempotency-Key", why)])


class KeyReused(Invalid):
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key has been used for another request. Use a fresh key for a new request.")


class KeyInProgress(Conflict):
    """The same request is being worked on right now. `retry_after` is in whole seconds."""

    code = "idempotency_key_in_progress"
    retry_after = 1

    def __init__(self) -> None:
        super().__init__("The same request is still being worked on.", retry_after=self.retry_after)
