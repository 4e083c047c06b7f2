"""The simulator's side of the gateway port: each verb is a transaction of its own on its own books."""

from __future__ import annotations

import math
import random
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
from sqlmodel import col, select

from marketplace import settings
from marketplace.db import Session, add_once, transaction
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _
from marketplace.ids import ulid
from marketplace.money import Money
from marketplace.outbox import record
from marketplace.payments.errors import ProviderRefused
from marketplace.payments.gateway import Card, Charge, KeptCard, Notice, ProviderStep, Reversal, SimulatorSettings
from marketplace.payments.gateways.simulator import cards, webhooks
from marketplace.payments.gateways.simulator.cards import BY_CHANCE, Outcome
from marketplace.payments.gateways.simulator.events import SimulatorDue
from marketplace.payments.gateways.simulator.models import (
    SimulatorCard,
    SimulatorCharge,
    SimulatorRefund,
    SimulatorStep,
    StoredSettings,
)
from marketplace.payments.signatures import verify

NAME = "simulator"
MOST_FORCED = 100

_REFERENCE = re.compile(r"ch_sim_[0-9A-HJKMNP-TV-Z]{26}")
_TOKEN = re.compile(r"pm_sim_[0-9A-HJKMNP-TV-Z]{26}")


class SimulatorGateway:
    """Gateway, CardVault and Rehearsal in one.

    `transport` replaces the network for its webhooks, `dice` the chance (a number from 0 up to 1).
    """

    def __init__(
        self, *, transport: httpx.AsyncBaseTransport | None = None, dice: Callable[[], float] = random.random
    ) -> None:
        self._transport = transport
        self._dice = dice

    # ---- cards

    async def keep_card(self, card: Card, now: datetime) -> KeptCard:
        cards.check(card, now)
        digits = cards.digits_of(card.number)
        kept = SimulatorCard(
            token=f"pm_sim_{ulid()}",
            brand=cards.brand(digits),
            last4=digits[-4:],
            outcome=cards.PUBLISHED.get(digits, Outcome.CHANCE).value,
            created_at=now,
        )
        async with transaction() as session:
            session.add(kept)
        return KeptCard(kept.token, kept.label)

    # ---- money

    async def charge(self, amount: Money, method: str, *, key: str, now: datetime) -> Charge:
        return await self._open(amount, method, key, now, capture=True)

    async def authorize(self, amount: Money, method: str, *, key: str, now: datetime) -> Charge:
        return await self._open(amount, method, key, now, capture=False)

    async def capture(self, reference: str, amount: Money, *, key: str, now: datetime) -> Charge:
        async with transaction() as session:
            charge = await _lock(session, reference)
            if charge.capture(amount, now):
                await _tell(session, charge, f"Captured {amount.text()}", now)
            return charge.snapshot()

    async def void(self, reference: str, *, key: str, now: datetime) -> Charge:
        async with transaction() as session:
            charge = await _lock(session, reference)
            if charge.void(now):
                await _tell(session, charge, "Given up", now)
            return charge.snapshot()

    async def refund(self, reference: str, amount: Money, *, key: str, now: datetime) -> Reversal:
        async with transaction() as session:
            charge = await _lock(session, reference)
            known = await _refund_by_key(session, key)
            if known is not None:
                if (known.charge, known.snapshot().amount) != (reference, amount):
                    raise ProviderRefused("This key was used for another refund.")
                return known.snapshot()
            charge.refund(amount, now)
            refund = SimulatorRefund(
                key=key, charge=reference, amount_minor=amount.minor, currency=amount.currency, created_at=now
            )
            session.add(refund)
            await _tell(session, charge, f"Refunded {amount.text()}", now)
            return refund.snapshot()

    async def confirm_action(self, reference: str, *, approve: bool, key: str, now: datetime) -> Charge:
        async with transaction() as session:
            charge = await _lock(session, reference)
            takes = _takes(await _current_settings(session))
            if charge.answer(now, approve=approve, takes=takes):
                await _tell(session, charge, "Challenge passed" if approve else "Challenge refused", now)
            return charge.snapshot()

    async def fetch(self, reference: str | None, *, key: str) -> Charge | None:
        wanted = select(SimulatorCharge)
        if reference is None:
            wanted = wanted.where(col(SimulatorCharge.key) == key)
        else:
            wanted = wanted.where(col(SimulatorCharge.reference) == _checked(reference))
        async with transaction(reading=True) as session:
            charge = (await session.exec(wanted)).one_or_none()
            return charge.snapshot() if charge else None

    async def fetch_refund(self, *, key: str) -> Reversal | None:
        async with transaction(reading=True) as session:
            refund = await _refund_by_key(session, key)
            return refund.snapshot() if refund else None

    # ---- webhooks

    async def read_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        lower = {name.lower(): value for name, value in headers.items()}
        verify(body, lower.get(webhooks.HEADER.lower()), settings.current().simulator_secret, now)
        return webhooks.read(body)

    async def read_event(self, body: bytes) -> Notice:
        return webhooks.read(body)

    # ---- rehearsal

    @property
    def known_outcomes(self) -> tuple[str, ...]:
        return tuple(outcome.value for outcome in Outcome)

    async def simulator_settings(self) -> SimulatorSettings:
        async with transaction(reading=True) as session:
            return await _current_settings(session)

    async def change_simulator_settings(self, simulator_settings: SimulatorSettings, now: datetime) -> None:
        _check(simulator_settings)
        async with transaction() as session:
            (await _settings(session)).change(simulator_settings)

    async def force_outcome(self, outcome: str) -> None:
        async with transaction() as session:
            kept = await _settings(session)
            simulator_settings = kept.simulator_settings()
            queued = replace(simulator_settings, forced_outcomes=(*simulator_settings.forced_outcomes, outcome))
            _check(queued)
            kept.change(queued)

    async def timeline(self, reference: str) -> tuple[ProviderStep, ...]:
        async with transaction(reading=True) as session:
            steps = await session.exec(
                select(SimulatorStep).where(col(SimulatorStep.charge) == reference).order_by(col(SimulatorStep.id))
            )
            return tuple(ProviderStep(step.at, step.label, step.detail) for step in steps)

    # ---- what happens by itself

    async def advance(self, now: datetime) -> int:
        """Move every payment whose time has come, and queue the news. Returns how many moved."""
        async with transaction() as session:
            ripe = await session.exec(
                select(SimulatorCharge)
                .where(col(SimulatorCharge.ready_at) <= now)
                .order_by(col(SimulatorCharge.ready_at))
                .limit(200)
                .with_for_update(skip_locked=True)  # many workers may let time pass at once
            )
            charges = ripe.all()
            for charge in charges:
                charge.ripen(now)
                await _tell(session, charge, _WORDS.get(charge.status, charge.status), now)
            return len(charges)

    async def send_webhooks(self, now: datetime, charge: str | None = None) -> int:
        """Send the webhooks that are due, of one charge or of all, over HTTP to our own address.

        Returns how many were taken.
        """
        # Our own address speaks plain HTTP: an empty context saves reading every authority's certificate each time.
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(transport=self._transport, timeout=10, trust_env=False, verify=plain) as post:
            return await webhooks.send_due(post, settings.current().simulator_secret, now, charge)

    async def _open(self, amount: Money, method: str, key: str, now: datetime, *, capture: bool) -> Charge:
        if not amount.is_positive:
            raise ProviderRefused("An amount is more than nothing.")
        async with transaction() as session:
            card = await session.get(SimulatorCard, method) if _TOKEN.fullmatch(method) else None
            if card is None:
                raise ProviderRefused("There is no such card.")
            charge = SimulatorCharge(
                key=key,
                amount_minor=amount.minor,
                currency=amount.currency,
                method=method,
                method_label=card.label,
                outcome=card.outcome,
                is_captured_at_once=capture,
                created_at=now,
                changed_at=now,
            )
            if not await add_once(session, charge):
                return await _same_again(session, key, amount)
            simulator_settings = await _current_settings(session)
            charge.outcome = (await self._outcome(session, card, simulator_settings)).value
            if Outcome(charge.outcome).is_challenged:
                charge.challenge(now)
            else:
                charge.ready_at = now + _takes(simulator_settings)
            label = f"Asked for {amount.text()}"
            if charge.ready_at == now:
                # A bank that takes no time has decided before it answers.
                session.add(_step(charge, label, now))
                charge.ripen(now)
                label = _WORDS[charge.status]
            await _tell(session, charge, label, now)
            return charge.snapshot()

    async def _outcome(self, session: Session, card: SimulatorCard, simulator_settings: SimulatorSettings) -> Outcome:
        """A queued outcome comes first, then the card's own, then chance."""
        # Only a queue is worth the lock on the one row of settings: payments at full speed must not stand in line.
        queued = (await _settings(session)).take_forced_outcome() if simulator_settings.forced_outcomes else None
        outcome = queued or Outcome(card.outcome)
        if outcome is not Outcome.CHANCE:
            return outcome
        if self._dice() >= simulator_settings.failure_rate:
            return Outcome.SUCCESS
        return BY_CHANCE[int(self._dice() * len(BY_CHANCE))]


_WORDS = {
    "succeeded": "Approved by the bank",
    "authorized": "Reserved by the bank",
    "failed": "Declined by the bank",
    "canceled": "The reservation has run out",
}


async def _lock(session: Session, reference: str) -> SimulatorCharge:
    charge = await session.get(SimulatorCharge, _checked(reference), with_for_update=True)
    if charge is None:
        raise ProviderRefused("There is no such payment.")
    return charge


def _checked(reference: str) -> str:
    if not _REFERENCE.fullmatch(reference):
        raise ProviderRefused("That is not one of our references.")
    return reference


async def _same_again(session: Session, key: str, amount: Money) -> Charge:
    known = (await session.exec(select(SimulatorCharge).where(col(SimulatorCharge.key) == key))).one()
    if known.snapshot().amount != amount:
        raise ProviderRefused("This key was used for another amount.")
    return known.snapshot()


async def _refund_by_key(session: Session, key: str) -> SimulatorRefund | None:
    return (await session.exec(select(SimulatorRefund).where(col(SimulatorRefund.key) == key))).one_or_none()


async def _settings(session: Session) -> StoredSettings:
    """The settings' row, locked; made if there is none yet."""
    found = await session.get(StoredSettings, 1, with_for_update=True)
    if found is None:
        found = StoredSettings.from_configuration()
        if not await add_once(session, found):
            return await _settings(session)
    return found


async def _current_settings(session: Session) -> SimulatorSettings:
    found = await session.get(StoredSettings, 1)
    return (found or StoredSettings.from_configuration()).simulator_settings()


def _takes(simulator_settings: SimulatorSettings) -> timedelta:
    return timedelta(seconds=simulator_settings.processing_seconds)


async def _tell(session: Session, charge: SimulatorCharge, label: str, now: datetime) -> None:
    """Write the step into the books, queue the webhook, and ask to be woken when the next thing happens."""
    simulator_settings = await _current_settings(session)
    session.add(_step(charge, label, now))
    webhooks.announce(session, charge, simulator_settings.faults, _takes(simulator_settings), now)
    if charge.ready_at is not None:
        record(session, SimulatorDue(charge.reference), now, due_at=charge.ready_at)


def _step(charge: SimulatorCharge, label: str, now: datetime) -> SimulatorStep:
    return SimulatorStep(charge=charge.reference, at=now, label=label, detail=charge.reason or charge.status)


def _check(simulator_settings: SimulatorSettings) -> None:
    errors = []
    if not 0 <= simulator_settings.failure_rate <= 1:
        errors.append(FieldError("failure_rate", _("A share is from 0 to 1.")))
    for field, seconds in (
        ("processing_seconds", simulator_settings.processing_seconds),
        ("payout_seconds", simulator_settings.payout_seconds),
        ("delay_seconds", simulator_settings.faults.delay_seconds),
    ):
        if not (math.isfinite(seconds) and 0 <= seconds <= 86400):
            errors.append(FieldError(field, _("Seconds are from 0 to 86400.")))
    if not 0 <= simulator_settings.faults.duplicates <= 20:
        errors.append(FieldError("duplicates", _("Up to 20 more of each.")))
    if len(simulator_settings.forced_outcomes) > MOST_FORCED:
        errors.append(FieldError("forced_outcomes", _("Up to {most} outcomes wait at a time.", most=MOST_FORCED)))
    known = {outcome.value for outcome in Outcome}
    errors += [
        FieldError(f"forced_outcomes.{at}", _("“{outcome}” is not a known outcome.", outcome=outcome[:40]))
        for at, outcome in enumerate(simulator_settings.forced_outcomes)
        if outcome not in known
    ]
    if errors:
        raise Invalid(_("These simulator settings are not valid."), errors)
