"""The simulator's own books. Nothing here points into the marketplace's tables, nor they here."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlmodel import Field, SQLModel

from marketplace import settings
from marketplace.db import Instant
from marketplace.ids import ulid
from marketplace.money import Money
from marketplace.payments.errors import ProviderRefused
from marketplace.payments.gateway import Charge, Reversal, SimulatorSettings, WebhookFaults
from marketplace.payments.gateways.simulator.cards import Outcome
from marketplace.payments.status import FailureReason, PaymentStatus, RefundStatus

CHALLENGE_LASTS = timedelta(minutes=10)
RESERVATION_LASTS = timedelta(days=7)
_READY = text("ready_at IS NOT NULL")
_DUE = text("due_at IS NOT NULL")


class SimulatorCard(SQLModel, table=True):
    """What is kept of a card: never its number."""

    __tablename__ = "simulator_card"

    token: str = Field(primary_key=True)
    brand: str
    last4: str
    outcome: str
    created_at: datetime = Field(sa_type=Instant)

    @property
    def label(self) -> str:
        return f"{self.brand} •••• {self.last4}"


class SimulatorCharge(SQLModel, table=True):
    """A payment as the simulator sees it. At `ready_at` something happens to it by itself."""

    __tablename__ = "simulator_charge"
    __table_args__ = (
        Index("ix_simulator_charge_ready_at", "ready_at", postgresql_where=_READY, sqlite_where=_READY),
        CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= captured_minor AND captured_minor <= amount_minor",
            name="ck_simulator_charge_amounts",
        ),
    )

    reference: str = Field(primary_key=True, default_factory=lambda: f"ch_sim_{ulid()}")
    key: str = Field(unique=True)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    captured_minor: int = Field(default=0, sa_type=BigInteger)
    refunded_minor: int = Field(default=0, sa_type=BigInteger)
    method: str
    method_label: str
    outcome: str
    is_captured_at_once: bool
    status: str = PaymentStatus.PROCESSING.value
    reason: str | None = None
    is_disputed: bool = False
    ready_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)

    @classmethod
    def settled(cls, amount: Money, *, key: str, card: str, at: datetime) -> SimulatorCharge:
        """One that went well back then, paid with `card` (“Visa •••• 4242”)."""
        return cls(
            key=key, amount_minor=amount.minor, currency=amount.currency, captured_minor=amount.minor,
            method=f"pm_sim_{ulid()}", method_label=card, outcome=Outcome.SUCCESS, is_captured_at_once=True,
            status=PaymentStatus.SUCCEEDED, created_at=at, changed_at=at,
        )  # fmt: skip

    @property
    def state(self) -> PaymentStatus:
        return PaymentStatus(self.status)

    def snapshot(self) -> Charge:
        return Charge(
            reference=self.reference,
            amount=Money(self.amount_minor, self.currency),
            captured=Money(self.captured_minor, self.currency),
            status=self.state,
            at=self.changed_at,
            reason=FailureReason(self.reason) if self.reason else None,
            next_action={"type": "challenge"} if self.state is PaymentStatus.REQUIRES_ACTION else None,
            method_label=self.method_label,
            is_disputed=self.is_disputed,
        )

    def challenge(self, now: datetime) -> None:
        """Ask the payer; without an answer it fails after ten minutes."""
        self._become(PaymentStatus.REQUIRES_ACTION, now, then=CHALLENGE_LASTS)

    def answer(self, now: datetime, *, approve: bool, takes: timedelta) -> bool:
        """False where there is no challenge to answer any more."""
        if self.state is not PaymentStatus.REQUIRES_ACTION:
            return False
        if approve:
            self._become(PaymentStatus.PROCESSING, now, then=takes)
        else:
            self._fail(FailureReason.AUTHENTICATION_FAILED, now)
        return True

    def ripen(self, now: datetime) -> None:
        """Its time has come: decide it, or let what was open run out."""
        match self.state:
            case PaymentStatus.PROCESSING:
                self._decide(now)
            case PaymentStatus.REQUIRES_ACTION:
                self._fail(FailureReason.AUTHENTICATION_FAILED, now)
            case PaymentStatus.AUTHORIZED:
                self._become(PaymentStatus.CANCELED, now)
            case _:
                self.is_disputed = True
                self._become(self.state, now)

    def capture(self, amount: Money, now: datetime) -> bool:
        """False where that was done already. Raises ProviderRefused."""
        if self.state is PaymentStatus.SUCCEEDED and self.captured_minor == amount.minor:
            return False
        if self.state is not PaymentStatus.AUTHORIZED:
            raise ProviderRefused(f"Nothing is reserved: this payment is {self.status}.")
        if amount.currency != self.currency or not 0 < amount.minor <= self.amount_minor:
            raise ProviderRefused("Only what was reserved can be captured.")
        self.captured_minor = amount.minor
        self._become(PaymentStatus.SUCCEEDED, now)
        return True

    def void(self, now: datetime) -> bool:
        """False where that was done already. Raises ProviderRefused."""
        if self.state is PaymentStatus.CANCELED:
            return False
        if self.state not in {PaymentStatus.AUTHORIZED, PaymentStatus.REQUIRES_ACTION}:
            raise ProviderRefused(f"This payment is {self.status} and cannot be given up.")
        self._become(PaymentStatus.CANCELED, now)
        return True

    def refund(self, amount: Money, now: datetime) -> None:
        """Raises ProviderRefused rather than give back more than was captured."""
        if amount.currency != self.currency or not 0 < amount.minor <= self.captured_minor - self.refunded_minor:
            raise ProviderRefused("No more can be refunded than was captured.")
        if self.is_disputed:
            raise ProviderRefused("A disputed payment cannot be refunded.")
        self.refunded_minor += amount.minor
        self.changed_at = now

    def _decide(self, now: datetime) -> None:
        outcome = Outcome(self.outcome)
        if outcome.reason:
            self._fail(outcome.reason, now)
        elif not self.is_captured_at_once:
            self._become(PaymentStatus.AUTHORIZED, now, then=RESERVATION_LASTS)
        else:
            self.captured_minor = self.amount_minor
            # A dispute follows on the heels of its payment, or nobody could wait for it.
            took = now - self.created_at
            self._become(PaymentStatus.SUCCEEDED, now, then=took if outcome is Outcome.DISPUTE else None)

    def _fail(self, reason: FailureReason, now: datetime) -> None:
        self.reason = reason.value
        self._become(PaymentStatus.FAILED, now)

    def _become(self, status: PaymentStatus, now: datetime, then: timedelta | None = None) -> None:
        self.status = status.value
        self.changed_at = now
        self.ready_at = None if then is None else now + then


class SimulatorRefund(SQLModel, table=True):
    __tablename__ = "simulator_refund"

    reference: str = Field(primary_key=True, default_factory=lambda: f"re_sim_{ulid()}")
    key: str = Field(unique=True)
    charge: str = Field(foreign_key="simulator_charge.reference", index=True)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    created_at: datetime = Field(sa_type=Instant)

    def snapshot(self) -> Reversal:
        return Reversal(self.reference, Money(self.amount_minor, self.currency), RefundStatus.SUCCEEDED)


class SimulatorStep(SQLModel, table=True):
    """One line of a payment's story."""

    __tablename__ = "simulator_step"
    __table_args__ = (Index("ix_simulator_step_charge", "charge", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    charge: str = Field(foreign_key="simulator_charge.reference")
    at: datetime = Field(sa_type=Instant)
    label: str
    detail: str = ""


class SimulatorDelivery(SQLModel, table=True):
    """A webhook to send. `due_at` is schedule and lease; none once it has been taken, given up or dropped."""

    __tablename__ = "simulator_delivery"
    __table_args__ = (Index("ix_simulator_delivery_due_at", "due_at", postgresql_where=_DUE, sqlite_where=_DUE),)

    id: str = Field(primary_key=True, default_factory=ulid)
    charge: str = Field(foreign_key="simulator_charge.reference", index=True)
    event_id: str
    body: bytes
    is_forged: bool = False
    attempts: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    last_answer: str | None = Field(default=None, sa_type=Text)


class StoredSettings(SQLModel, table=True):
    """One row, and none until somebody changes a habit."""

    __tablename__ = "simulator_settings"

    id: int = Field(default=1, primary_key=True)
    failure_rate: float
    processing_seconds: float
    payout_seconds: float
    forced_outcomes: str = Field(default="[]", sa_type=Text)
    duplicates: int = 0
    delay_seconds: float = 0.0
    is_reordering: bool = False
    is_dropping: bool = False
    is_forging: bool = False

    @classmethod
    def from_configuration(cls) -> StoredSettings:
        configured = settings.current()
        return cls(
            failure_rate=configured.simulator_failure_rate,
            processing_seconds=configured.simulator_processing_seconds,
            payout_seconds=configured.simulator_payout_seconds,
        )

    def change(self, simulator_settings: SimulatorSettings) -> None:
        self.failure_rate = simulator_settings.failure_rate
        self.processing_seconds = simulator_settings.processing_seconds
        self.payout_seconds = simulator_settings.payout_seconds
        self.forced_outcomes = json.dumps(simulator_settings.forced_outcomes)
        self.duplicates = simulator_settings.faults.duplicates
        self.delay_seconds = simulator_settings.faults.delay_seconds
        self.is_reordering = simulator_settings.faults.reorder
        self.is_dropping = simulator_settings.faults.drop
        self.is_forging = simulator_settings.faults.forge

    def simulator_settings(self) -> SimulatorSettings:
        faults = WebhookFaults(
            duplicates=self.duplicates,
            delay_seconds=self.delay_seconds,
            reorder=self.is_reordering,
            drop=self.is_dropping,
            forge=self.is_forging,
        )
        return SimulatorSettings(
            failure_rate=self.failure_rate,
            processing_seconds=self.processing_seconds,
            payout_seconds=self.payout_seconds,
            forced_outcomes=tuple(json.loads(self.forced_outcomes)),
            faults=faults,
        )

    def take_forced_outcome(self) -> Outcome | None:
        """The first outcome in the queue, which it then leaves."""
        forced_outcomes = json.loads(self.forced_outcomes)
        if not forced_outcomes:
            return None
        self.forced_outcomes = json.dumps(forced_outcomes[1:])
        return Outcome(forced_outcomes[0])
