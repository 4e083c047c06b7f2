"""What only some providers offer: taking cards through us, and rehearsing."""

from __future__ import annotations

from datetime import datetime

from marketplace.payments.errors import CardsNotTaken, UnknownProvider
from marketplace.payments.gateway import Card, CardVault, KeptCard, ProviderStep, Rehearsal, SimulatorSettings, gateway


async def keep_card(provider: str, card: Card, now: datetime) -> KeptCard:
    """Hand a card to the provider for a token to pay with. We keep nothing of it.

    Raises CardRefused with an error per wrong field; CardsNotTaken; UnknownProvider.
    """
    vault = gateway(provider)
    if not isinstance(vault, CardVault):
        raise CardsNotTaken(provider)
    return await vault.keep_card(card, now)


async def simulator_settings(provider: str) -> SimulatorSettings:
    """How a rehearsing provider behaves at present. Raises UnknownProvider where it does not rehearse."""
    return await _rehearsing(provider).simulator_settings()


async def change_simulator_settings(provider: str, changed: SimulatorSettings, now: datetime) -> SimulatorSettings:
    """Raises Invalid with an error per wrong field."""
    rehearsal = _rehearsing(provider)
    await rehearsal.change_simulator_settings(changed, now)
    return await rehearsal.simulator_settings()


async def force_outcome(provider: str, outcome: str) -> SimulatorSettings:
    """Decide what becomes of the next payment that is not decided yet. Raises Invalid."""
    rehearsal = _rehearsing(provider)
    await rehearsal.force_outcome(outcome)
    return await rehearsal.simulator_settings()


def known_outcomes(provider: str) -> tuple[str, ...]:
    """What can be queued in SimulatorSettings.forced_outcomes."""
    return _rehearsing(provider).known_outcomes


async def provider_timeline(provider: str, reference: str) -> tuple[ProviderStep, ...]:
    """A payment's steps as the provider saw them, its webhooks among them; empty if it knows none."""
    return await _rehearsing(provider).timeline(reference)


def _rehearsing(provider: str) -> Rehearsal:
    found = gateway(provider)
    if not isinstance(found, Rehearsal):
        raise UnknownProvider(provider)
    return found
