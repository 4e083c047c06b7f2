"""Facts of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.outbox import Fact


@dataclass(frozen=True)
class VerificationWanted(Fact):
    """Somebody registered, or asked for another link that confirms their address."""

    account_id: str
    at: datetime


@dataclass(frozen=True)
class SignedUpAgain(Fact):
    """Somebody asked for an account with an address that has one: its owner is told, and nobody else."""

    account_id: str
    at: datetime


@dataclass(frozen=True)
class PasswordResetWanted(Fact):
    """Somebody typed this address: it is looked up afterwards, so that asking tells nobody whether there is such an account."""

    email: str
    at: datetime


@dataclass(frozen=True)
class PasswordChanged(Fact):
    account_id: str
    at: datetime


@dataclass(frozen=True)
class SecondFactorChanged(Fact):
    account_id: str
    is_on: bool
    at: datetime


@dataclass(frozen=True)
class AccountErased(Fact):
    """The account's name and address are gone already: other rooms let go of theirs."""

    account_id: str
    at: datetime
