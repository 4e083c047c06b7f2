"""Inserting what may be there already."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from marketplace.db import Session


async def add_once(session: Session, row: SQLModel) -> bool:
    """Insert `row` unless a unique index refuses it; waits for a rival transaction to end. True if it was inserted."""
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True
