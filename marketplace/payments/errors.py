"""What can stand in the way of a payment."""

from __future__ import annotations

from marketplace import limits
from marketplace.errors import Conflict, FieldError, Invalid, NotFound, TooLarge, Unavailable
from marketplace.i18n import _, gettext_noop
from marketplace.ids import PaymentId, RefundId
from marketplace.money import Money
from marketplace.payments.status import PaymentStatus, RefundStatus


class UnknownProvider(NotFound):
    code = "unknown_provider"
    title = gettext_noop("Unknown payment provider")

    def __init__(self, name: str) -> None:
        super().__init__(_("There is no payment provider “{name}” here.", name=name[:40]))


class PaymentNotFound(NotFound):
    code = "payment_not_found"
    title = gettext_noop("Payment not found")

    def __init__(self, payment_id: str) -> None:
        super().__init__(_("There is no payment “{payment_id}”.", payment_id=payment_id[:80]))


class RefundNotFound(NotFound):
    code = "refund_not_found"
    title = gettext_noop("Refund not found")

    def __init__(self, refund_id: str) -> None:
        super().__init__(_("There is no refund “{refund_id}”.", refund_id=refund_id[:80]))


class WebhookNotFound(NotFound):
    code = "webhook_not_found"
    title = gettext_noop("Webhook not found")

    def __init__(self, event_id: str) -> None:
        super().__init__(_("There is no webhook event “{event_id}”.", event_id=event_id[:80]))


class PaymentInProgress(Conflict):
    """The booking is paid, or being paid. `payment_id` is the payment to look at instead."""

    code = "payment_in_progress"
    title = gettext_noop("Payment already in progress")

    def __init__(self, payment_id: PaymentId, status: PaymentStatus) -> None:
        words = (
            _("This booking is paid already. You are not charged again.")
            if status is PaymentStatus.SUCCEEDED
            else _("This booking is being paid already. You are not charged again.")
        )
        super().__init__(words, payment_id=payment_id, payment_status=status.value)
        self.payment_id, self.status = payment_id, status


class CardRefused(Invalid):
    """The card's details cannot be right; each error names its field: number, exp_month, exp_year, cvc."""

    code = "card_refused"
    title = gettext_noop("Invalid card details")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(_("Please check the card's details."), errors)


class CardsNotTaken(Invalid):
    code = "cards_not_taken"
    title = gettext_noop("Cards not accepted here")

    def __init__(self, provider: str) -> None:
        super().__init__(_("Card details are entered with {provider} itself, never sent to us.", provider=provider))


class NotRefundable(Conflict):
    code = "not_refundable"
    title = gettext_noop("Payment cannot be refunded")

    def __init__(self, status: PaymentStatus) -> None:
        super().__init__(
            _("Only a payment that has succeeded can be refunded."),
            payment_status=status.value,
        )


class DisputeOpen(Conflict):
    """The bank already claims this money back for the buyer: a refund would pay it twice."""

    code = "dispute_open"
    title = gettext_noop("Payment in dispute")

    def __init__(self, payment_id: PaymentId) -> None:
        super().__init__(
            _("The buyer's bank disputes this payment. It cannot be refunded meanwhile."), payment_id=payment_id
        )


class NotOwed(Conflict):
    """Only money that is owed can be tried again or settled otherwise: this refund is paid out, or on its way."""

    code = "not_owed"
    title = gettext_noop("No longer owed")

    def __init__(self, refund_id: RefundId, status: RefundStatus) -> None:
        super().__init__(
            _("This money is not owed any more, or is just being paid back. Look again to see how it stands."),
            refund_id=refund_id, refund_status=status.value,
        )  # fmt: skip


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    title = gettext_noop("Refund exceeds what is left")

    def __init__(self, left: Money) -> None:
        super().__init__(
            _("No more than {left} of this payment can still be refunded.", left=left.text()),
            left={"amount": left.minor, "currency": left.currency},
        )
        self.left = left


class ProviderRefused(Invalid):
    """The provider has definitely not done what it was asked. Nothing has moved."""

    code = "provider_refused"
    title = gettext_noop("Refused by the payment provider")


class ProviderSilent(Unavailable):
    """The provider gave no usable answer: it may or may not have done what it was asked."""

    code = "provider_silent"
    title = gettext_noop("Payment provider not responding")


class BadSignature(Invalid):
    code = "bad_signature"
    title = gettext_noop("Invalid signature")

    def __init__(self, why: str) -> None:
        super().__init__(f"This webhook is not signed by the provider: {why}.")


class UnreadableWebhook(Invalid):
    code = "unreadable_webhook"
    title = gettext_noop("Unreadable webhook")


class WebhookTooLarge(TooLarge):
    code = "webhook_too_large"
    title = gettext_noop("Webhook too large")

    def __init__(self, most: int) -> None:
        super().__init__(f"A webhook has at most {most} bytes.")


class KeyRefused(Invalid):
    code = "idempotency_key_refused"
    title = gettext_noop("Invalid Idempotency-Key")

    def __init__(self) -> None:
        why = _("An Idempotency-Key has 1 to {most} visible ASCII characters.", most=limits.IDEMPOTENCY_KEY)
        super().__init__(why, [FieldError("Idempotency-Key", why)])


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    title = gettext_noop("Idempotency-Key already used")

    def __init__(self) -> None:
        super().__init__(
            _("This Idempotency-Key has been used for another request. Use a fresh key for a new request.")
        )


class KeyInProgress(Conflict):
    """The same request is being worked on right now. `retry_after` is in whole seconds."""

    code = "idempotency_key_in_progress"
    title = gettext_noop("Request still in progress")
    retry_after = 1

    def __init__(self) -> None:
        super().__init__(_("The same request is still being worked on."), retry_after=self.retry_after)
