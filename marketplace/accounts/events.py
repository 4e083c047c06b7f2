"""Events of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.outbox import DomainEvent


@dataclass(frozen=True)
class VerificationWanted(DomainEvent):
    """Somebody registered, or asked for another link that confirms their address."""

    account_id: str
    at: datetime


@dataclass(frozen=True)
class SignedUpAgain(DomainEvent):
    """Somebody asked for an account with an address that has one: its owner is told, and nobody else."""

    account_id: str
    at: datetime


@dataclass(frozen=True)
class PasswordResetWanted(DomainEvent):
    """Somebody typed this address: it is looked up afterwards, so that asking tells nobody whether there is such an account."""

    email: str
    at: datetime


@dataclass(frozen=True)
class PasswordChanged(DomainEvent):
    account_id: str
    at: datetime


@dataclass(frozen=True)
class SecondFactorChanged(DomainEvent):
    account_id: str
    is_on: bool
    at: datetime


@dataclass(frozen=True)
class AccountErased(DomainEvent):
    """The account's name and address are gone already: other rooms let go of theirs."""

    account_id: str
    at: datetime
