"""The last line of defence: whatever Redis believes, a unit is allocated once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from marketplace.db import Instant
from marketplace.ids import ulid
from marketplace.inventory.views import Claim

_ACTIVE = text("released_at IS NULL")
_SOLD = text("confirmed_at IS NOT NULL AND released_at IS NULL")
_UNPAID = text("confirmed_at IS NULL AND released_at IS NULL")


class Allocation(SQLModel, table=True):
    """One unit that has been checked out, sold or given back. Never deleted: its fence is remembered."""

    __table_args__ = (
        Index("uq_allocation_active", "resource", "unit", unique=True, postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
        Index("ix_allocation_hold_id", "hold_id"),
        Index("ix_allocation_unpaid_expires_at", "expires_at", postgresql_where=_UNPAID, sqlite_where=_UNPAID),
        Index("ix_allocation_resource_unit_fence", "resource", "unit", "fence"),
        Index("ix_allocation_changed_at", "changed_at"),
        Index("ix_allocation_sold", "resource", postgresql_where=_SOLD, sqlite_where=_SOLD),
    )

    id: str = Field(primary_key=True)
    resource: str
    unit: str
    hold_id: str
    holder: str
    fence: int = Field(sa_type=BigInteger)
    booking: str | None = None
    """What it was allocated for, as that room calls it."""
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    """Until when it is kept without having been confirmed."""
    limit_at: datetime = Field(sa_type=Instant)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)

    @property
    def is_active(self) -> bool:
        return self.released_at is None

    @property
    def is_sold(self) -> bool:
        return self.is_active and self.confirmed_at is not None

    def has_run_out(self, now: datetime) -> bool:
        """Whether anybody may take it over, although nobody has released it yet."""
        return self.is_active and self.confirmed_at is None and self.expires_at <= now

    def keep_until(self, until: datetime, now: datetime) -> None:
        """Never shorter than before, never past the limit."""
        self.expires_at = max(self.expires_at, min(until, self.limit_at))
        self.changed_at = now

    def confirm(self, now: datetime) -> None:
        self.confirmed_at = self.changed_at = now

    def release(self, now: datetime) -> None:
        self.released_at = self.changed_at = now

    @classmethod
    def of(cls, claim: Claim, unit: str, booking: str | None, now: datetime, *, is_sold: bool) -> Allocation:
        return cls(
            id=f"alc_{ulid()}", resource=claim.resource, unit=unit, hold_id=claim.id, holder=claim.holder,
            fence=claim.fence, booking=booking, created_at=now, expires_at=claim.expires_at, limit_at=claim.limit_at,
            confirmed_at=now if is_sold else None, changed_at=now,
        )  # fmt: skip
