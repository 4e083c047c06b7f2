"""Forgetting a second factor, which more than one action ends with."""

from __future__ import annotations

from sqlmodel import col, delete, update

from marketplace.accounts.models import LoginSession, RecoveryCode, SecondFactor
from marketplace.db import Session


async def forget_second_factor(session: Session, account: str) -> None:
    """Everything about it, log-ins' proof included."""
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account))
    await session.execute(delete(SecondFactor).where(col(SecondFactor.account_id) == account))
    await session.execute(update(LoginSession).where(col(LoginSession.account_id) == account).values(proved_at=None))
