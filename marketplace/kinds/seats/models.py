"""Seat plans, which never change."""

from __future__ import annotations

import zlib
from datetime import datetime

from sqlalchemy import JSON, Index, LargeBinary
from sqlmodel import Field, SQLModel

from marketplace.db import Instant


class Plan(SQLModel, table=True):
    """One immutable version of a seat plan; the same document of the same seller is the same plan."""

    __table_args__ = (Index("uq_plan_seller_digest", "seller_id", "digest", unique=True),)

    id: str = Field(primary_key=True)
    seller_id: str = Field(foreign_key="seller.id")
    name: str
    digest: str
    document: bytes = Field(sa_type=LargeBinary)
    """JSON, deflated: a big hall shrinks to a tenth."""
    seat_count: int
    standing_count: int
    capacities: dict[str, int] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)

    @staticmethod
    def pack(document: bytes) -> bytes:
        return zlib.compress(document, 6)

    @staticmethod
    def unpack(packed: bytes) -> bytes:
        return zlib.decompress(packed)
