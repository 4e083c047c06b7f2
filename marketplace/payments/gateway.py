"""The few verbs that every payment provider offers, and the values that they speak in.

Every verb that moves money takes a key that was stored before the call: asking twice under one key does one thing. A
provider that gives no usable answer raises ProviderSilent (or anything else: all is taken for silence); ProviderRefused
means that it has definitely not acted. Amounts are exact; what goes over the wire is the adapter's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from marketplace.money import Money
from marketplace.payments.errors import UnknownProvider
from marketplace.payments.status import FailureReason, PaymentStatus, RefundStatus


@dataclass(frozen=True, slots=True)
class Charge:
    """Everything that a provider says about one payment at the moment `at`, by the provider's own clock."""

    reference: str
    amount: Money
    captured: Money
    status: PaymentStatus
    at: datetime
    reason: FailureReason | None = None
    next_action: dict[str, Any] | None = None
    method_label: str = ""
    is_disputed: bool = False


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a provider says about one refund."""

    reference: str
    amount: Money
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook event as read. `charge` is None for events that say nothing about a payment."""

    event_id: str
    kind: str
    charge: Charge | None


class Gateway(Protocol):
    async def charge(self, amount: Money, method: str, *, key: str, now: datetime) -> Charge:
        """Take the money at once. Raises ProviderRefused, ProviderSilent."""

    async def authorize(self, amount: Money, method: str, *, key: str, now: datetime) -> Charge:
        """Reserve the money, to be captured or voided."""

    async def capture(self, reference: str, amount: Money, *, key: str, now: datetime) -> Charge:
        """Take what was reserved, or less of it. Raises ProviderRefused where the reservation has run out."""

    async def void(self, reference: str, *, key: str, now: datetime) -> Charge:
        """Let go of what was reserved, or give up a payment that waits for its payer."""

    async def refund(self, reference: str, amount: Money, *, key: str, now: datetime) -> Reversal:
        """Give money back, never more than was captured. Raises ProviderRefused, ProviderSilent."""

    async def confirm_action(self, reference: str, *, approve: bool, key: str, now: datetime) -> Charge:
        """Pass on the payer's answer to a challenge. Past the challenge it changes nothing."""

    async def fetch(self, reference: str | None, *, key: str) -> Charge | None:
        """How things stand now: by the provider's reference, or, where the answer that told it was lost, by our key."""

    async def fetch_refund(self, *, key: str) -> Reversal | None:
        """The refund made under `key`, if the provider ever heard of it."""

    async def read_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """Verify who sent this, and read it. Raises BadSignature, UnreadableWebhook."""

    async def read_event(self, body: bytes) -> Notice:
        """Read a body that was verified when it came in. Raises UnreadableWebhook."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card as typed in. Never stored, never logged: its digits stay out of its repr."""

    number: str = field(repr=False)
    exp_month: int
    exp_year: int
    cvc: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptCard:
    """What may be kept of a card: the provider's token, and a label such as “Visa •••• 4242”."""

    token: str
    label: str


@runtime_checkable
class CardVault(Protocol):
    """A provider that takes card details through us. Real ones take them in the payer's browser."""

    async def keep_card(self, card: Card, now: datetime) -> KeptCard:
        """Raises CardRefused with an error per wrong field."""


@dataclass(frozen=True, slots=True)
class WebhookFaults:
    """What a rehearsing provider does wrong with its webhooks.

    Each event is sent `duplicates` more times and `delay_seconds` late; `reorder` lets final news overtake earlier
    news; `drop` sends nothing; `forge` sends a false success with a wrong signature beside each event.
    """

    duplicates: int = 0
    delay_seconds: float = 0.0
    reorder: bool = False
    drop: bool = False
    forge: bool = False


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """How a rehearsing provider behaves. `forced_outcomes` decide the next payments one by one, before cards and chance do."""

    failure_rate: float
    processing_seconds: float
    payout_seconds: float
    forced_outcomes: tuple[str, ...] = ()
    faults: WebhookFaults = WebhookFaults()


@dataclass(frozen=True, slots=True)
class ProviderStep:
    """One line of the provider's own books about one payment."""

    at: datetime
    label: str
    detail: str


@runtime_checkable
class Rehearsal(Protocol):
    """A provider without real money, whose behaviour testers set."""

    @property
    def known_outcomes(self) -> tuple[str, ...]:
        """What can be queued as the next payment's outcome."""

    async def simulator_settings(self) -> SimulatorSettings: ...

    async def change_simulator_settings(self, simulator_settings: SimulatorSettings, now: datetime) -> None:
        """Raises Invalid with an error per wrong field."""

    async def force_outcome(self, outcome: str) -> None:
        """Put one more outcome behind those that wait, however many do so at once. Raises Invalid."""

    async def timeline(self, reference: str) -> tuple[ProviderStep, ...]:
        """Every step of a payment as the provider saw it, oldest first; webhooks sent among them."""


_gateways: dict[str, Gateway] = {}


def use_gateway(name: str, gateway: Gateway) -> None:
    """Offer `gateway` under `name`. Only the wiring and tests do."""
    _gateways[name] = gateway


def gateway(name: str) -> Gateway:
    """Raises UnknownProvider."""
    try:
        return _gateways[name]
    except KeyError:
        raise UnknownProvider(name) from None


def providers() -> tuple[str, ...]:
    """The names on offer."""
    return tuple(_gateways)
