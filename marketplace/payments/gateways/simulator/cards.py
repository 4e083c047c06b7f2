"""What a card number tells: whether it can be one, its brand, and the outcome that Stripe publishes for it.

Test numbers: https://docs.stripe.com/testing. Brand ranges: ISO/IEC 7812 issuer prefixes.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from marketplace.errors import FieldError
from marketplace.i18n import _
from marketplace.payments.errors import CardRefused
from marketplace.payments.gateway import Card
from marketplace.payments.status import FailureReason


class Outcome(StrEnum):
    """What becomes of a simulated payment. Those named like a FailureReason fail for it."""

    SUCCESS = "success"
    CHANCE = "chance"
    CARD_DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    PROCESSING_ERROR = "processing_error"
    FRAUD_PREVENTION = "fraud_prevention"
    CHALLENGE = "challenge"
    CHALLENGE_THEN_DECLINED = "challenge_then_declined"
    CHALLENGE_THEN_INSUFFICIENT_FUNDS = "challenge_then_insufficient_funds"
    DISPUTE = "dispute"

    @property
    def reason(self) -> FailureReason | None:
        """Why the payment fails in the end; None where it succeeds."""
        return _REASONS.get(self)

    @property
    def is_challenged(self) -> bool:
        """Whether the bank asks the payer first (3-D Secure)."""
        return self.startswith("challenge")


_REASONS = {
    Outcome.CARD_DECLINED: FailureReason.CARD_DECLINED,
    Outcome.INSUFFICIENT_FUNDS: FailureReason.INSUFFICIENT_FUNDS,
    Outcome.EXPIRED_CARD: FailureReason.EXPIRED_CARD,
    Outcome.PROCESSING_ERROR: FailureReason.PROCESSING_ERROR,
    Outcome.FRAUD_PREVENTION: FailureReason.FRAUD_PREVENTION,
    Outcome.CHALLENGE_THEN_DECLINED: FailureReason.CARD_DECLINED,
    Outcome.CHALLENGE_THEN_INSUFFICIENT_FUNDS: FailureReason.INSUFFICIENT_FUNDS,
}

BY_CHANCE = (
    Outcome.CARD_DECLINED,
    Outcome.INSUFFICIENT_FUNDS,
    Outcome.EXPIRED_CARD,
    Outcome.PROCESSING_ERROR,
    Outcome.FRAUD_PREVENTION,
)
"""The ways in which a payment fails by chance."""

_SUCCEEDING = (
    "4242424242424242 4000056655665556 5555555555554444 2223003122003222 5200828282828210 5105105105105100 "
    "378282246310005 371449635398431 6011111111111117 6011000990139424 6011981111111113 3056930009020004 "
    "36227206271667 6555900000604105 3566002020360505 6200000000000005 6200000000000047 6205500000000000004"
)

PUBLISHED: dict[str, Outcome] = {
    **dict.fromkeys(_SUCCEEDING.split(), Outcome.SUCCESS),
    "4000000000000002": Outcome.CARD_DECLINED,
    "4000000000009987": Outcome.CARD_DECLINED,  # lost
    "4000000000009979": Outcome.CARD_DECLINED,  # stolen
    "4000000000000127": Outcome.CARD_DECLINED,  # wrong security code
    "4000000000006975": Outcome.CARD_DECLINED,  # used too often
    "4000000000009995": Outcome.INSUFFICIENT_FUNDS,
    "4000000000000069": Outcome.EXPIRED_CARD,
    "4000000000000119": Outcome.PROCESSING_ERROR,
    "4100000000000019": Outcome.FRAUD_PREVENTION,
    "4000002500003155": Outcome.CHALLENGE,
    "4000002760003184": Outcome.CHALLENGE,
    "4000000000003220": Outcome.CHALLENGE,
    "4000008400001629": Outcome.CHALLENGE_THEN_DECLINED,
    "4000008260003178": Outcome.CHALLENGE_THEN_INSUFFICIENT_FUNDS,
    "4000000000000259": Outcome.DISPUTE,
    "4000000000002685": Outcome.DISPUTE,
}


def digits_of(number: str) -> str:
    """The number as people type it, without the spaces and hyphens."""
    return number.replace(" ", "").replace("-", "")


def check(card: Card, now: datetime) -> None:
    """Raises CardRefused with a fault per field that cannot be right."""
    digits = digits_of(card.number)
    errors = []
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19 and passes_luhn(digits)):
        errors.append(FieldError("number", _("This is not a card number. Please check it.")))
    if not 1 <= card.exp_month <= 12:
        errors.append(FieldError("exp_month", _("A month is a number from 1 to 12.")))
    elif card.exp_year < 100:
        errors.append(FieldError("exp_year", _("Give the year with four digits.")))
    elif card.exp_year > now.year + 50:
        errors.append(FieldError("exp_year", _("No card lasts that long. Please check the year.")))
    elif (card.exp_year, card.exp_month) < (now.year, now.month):
        errors.append(FieldError("exp_year" if card.exp_year < now.year else "exp_month", _("This card has expired.")))
    wanted = 4 if brand(digits) == "American Express" else 3
    if not (card.cvc.isascii() and card.cvc.isdigit() and len(card.cvc) == wanted):
        errors.append(FieldError("cvc", _("The security code of this card has {wanted} digits.", wanted=wanted)))
    if errors:
        raise CardRefused(errors)


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def brand(digits: str) -> str:
    """The brand by the number's first digits; “Card” where they say nothing."""
    for name, low, high in _RANGES:
        if low <= digits[: len(low)] <= high and len(digits) >= len(low):
            return name
    return "Card"


_RANGES = (
    ("Visa", "4", "4"),
    ("Mastercard", "51", "55"),
    ("Mastercard", "2221", "2720"),
    ("American Express", "34", "34"),
    ("American Express", "37", "37"),
    ("Discover", "6011", "6011"),
    ("Discover", "644", "649"),
    ("Discover", "65", "65"),
    ("Diners Club", "300", "305"),
    ("Diners Club", "36", "36"),
    ("Diners Club", "38", "39"),
    ("JCB", "3528", "3589"),
    ("UnionPay", "62", "62"),
)
