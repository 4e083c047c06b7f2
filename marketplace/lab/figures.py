"""What payments come to: how many succeed, why others fail, what they bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from marketplace.bookings.models import Booking
from marketplace.bookings.views import Status
from marketplace.db import Session, transaction
from marketplace.lab.gate import must_be_open
from marketplace.money import Money
from marketplace.payments import queries as payments
from marketplace.payments.models import Payment
from marketplace.payments.views import Analytics, Decided


class Period(StrEnum):
    DAY = "day"
    """The last 24 hours, by the hour."""

    MONTH = "month"
    """The last 30 days, by the day."""


@dataclass(frozen=True, slots=True)
class Figures:
    """`fees` is what the marketplace keeps of what was paid, by currency: guests' surcharges and commissions."""

    totals: Analytics
    course: tuple[Decided, ...]
    fees: tuple[Money, ...]


async def figures(period: Period, zone: str, now: datetime) -> Figures:
    """The figures of the payments begun in the period, whose hours or days are those of `zone`. Raises LabClosed."""
    must_be_open()
    edges = _edges(period, ZoneInfo(zone), now)
    async with transaction(reading=True) as session:
        return Figures(
            totals=await payments.analytics(session, since=edges[0], until=edges[-1]),
            course=await payments.course(session, edges),
            fees=await _fees(session, edges[0], edges[-1]),
        )


def _edges(period: Period, zone: ZoneInfo, now: datetime) -> list[datetime]:
    """Where its parts begin and end. The last one is still going on."""
    here = now.astimezone(zone)
    if period is Period.DAY:
        hour = here.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        return [hour + timedelta(hours=away) for away in range(-23, 2)]
    # From midnight to midnight, however long that takes.
    days = (here.date() + timedelta(days=away) for away in range(-29, 2))
    return [datetime.combine(day, time(), zone).astimezone(UTC) for day in days]


async def _fees(session: Session, since: datetime, until: datetime) -> tuple[Money, ...]:
    kept = func.sum(col(Booking.surcharge_minor) + col(Booking.commission_minor))
    rows = await session.exec(
        select(Booking.currency, kept)
        .join(Payment, col(Payment.id) == col(Booking.payment_id))
        .where(
            col(Payment.created_at) >= since,
            col(Payment.created_at) < until,
            col(Booking.status) == Status.CONFIRMED.value,
        )
        .group_by(col(Booking.currency))
        .order_by(col(Booking.currency))
    )
    return tuple(Money(int(minor), currency) for currency, minor in rows)
