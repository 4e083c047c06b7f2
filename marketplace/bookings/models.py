"""Bookings, their lines, their tickets and the trail of every change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from marketplace.bookings.errors import NothingToPay, PaymentTimeOver, UnlawfulTransition
from marketplace.bookings.transitions import LAWFUL, Transition
from marketplace.bookings.views import Buyer, Party, Status
from marketplace.catalog.views import EVENT_DETAILS, EventDetails, UnitLine
from marketplace.db import Instant
from marketplace.ids import BookingId, TicketId
from marketplace.money import Money

_version = Column("version", Integer, nullable=False)


class Booking(SQLModel, table=True):
    """One purchase. Price, fees and policy stay as they were when it was made; what, when and where follow the listing.

    Cancelling is reckoned from `moved_from`, the start that it was bought for, where the event has been moved to an
    earlier one: no move takes from a buyer what could have been had back.
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index("ix_booking_expires_at", "expires_at",
              sqlite_where=text("status = 'pending_payment'"), postgresql_where=text("status = 'pending_payment'")),
        Index("ix_booking_cart_created_at", "cart", "created_at"),
        Index("ix_booking_account_id_created_at", "account_id", "created_at"),
        Index("ix_booking_listing_id_buyer_email", "listing_id", "buyer_email"),
        Index("ix_booking_buyer_email_ends_at", "buyer_email", "ends_at"),
        Index("ix_booking_listing_id_created_at_id", "listing_id", "created_at", "id"),
    )  # fmt: skip
    # Every change is a compare-and-set: an UPDATE that finds another version than was loaded is refused.
    __mapper_args__ = {"version_id_col": _version}

    id: str = Field(primary_key=True)
    listing_id: str = Field(foreign_key="listing.id")
    seller_id: str = Field(foreign_key="seller.id", index=True)
    hold_id: str = Field(unique=True)
    cart: str
    account_id: str | None = Field(default=None, foreign_key="account.id")
    buyer_name: str
    buyer_email: str
    language: str = Field(default="en", max_length=20, sa_column_kwargs={"server_default": "en"})
    status: str
    version: int | None = Field(default=None, sa_column=_version)
    currency: str
    price_minor: int = Field(sa_type=BigInteger)
    surcharge_minor: int = Field(sa_type=BigInteger)
    commission_minor: int = Field(sa_type=BigInteger)
    policy: str
    title: str
    place_name: str
    address: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    city: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    zone: str
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    doors_at: datetime | None = Field(default=None, sa_type=Instant)
    moved_from: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    reminded_at: datetime | None = Field(default=None, sa_type=Instant)
    payment_id: str | None = Field(default=None, foreign_key="payment.id", index=True)

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def surcharge(self) -> Money:
        return Money(self.surcharge_minor, self.currency)

    @property
    def total(self) -> Money:
        """What the buyer pays: the seats, and the surcharge where there is one."""
        return self.price + self.surcharge

    @property
    def buyer(self) -> Buyer:
        return Buyer(self.buyer_name, self.buyer_email, self.language)

    def name_buyer(self, buyer: Buyer, now: datetime) -> None:
        """Sell it to somebody else, or under another address. Raises NothingToPay or PaymentTimeOver."""
        self.must_be_payable(now)
        self.buyer_name, self.buyer_email, self.language = buyer.name, buyer.email, buyer.language

    @property
    def occasion(self) -> EventDetails:
        """What, when and where, as its buyer knows it."""
        return EventDetails.of(self)

    @property
    def counts_from(self) -> datetime:
        """The start that cancelling is reckoned from."""
        return max(self.starts_at, self.moved_from or self.starts_at)

    def follow(self, occasion: EventDetails) -> bool:
        """Say what the listing says by now. False if that is no news, or the order has come to an end."""
        if self.status not in {Status.PENDING_PAYMENT, Status.CONFIRMED} or occasion == self.occasion:
            return False
        if occasion.starts_at != self.starts_at:
            self.moved_from = self.moved_from or self.starts_at
        for name in EVENT_DETAILS:
            setattr(self, name, getattr(occasion, name))
        return True

    def note(self, why: str, now: datetime) -> BookingChange:
        """A line for the trail about something that leaves the order as it stands."""
        return BookingChange(
            booking_id=self.id, source=self.status, target=self.status, actor="system", at=now, why=why
        )

    def remind(self, now: datetime) -> bool:
        """Take note that its buyer is reminded to pay. False if that was done, or there is nothing left to remind of."""
        if self.reminded_at is not None or self.status != Status.PENDING_PAYMENT or now >= self.expires_at:
            return False
        self.reminded_at = now
        return True

    def let_go(self) -> None:
        """Its buyer's account is gone: it belongs to whoever has the link."""
        self.account_id = None

    def forget_buyer(self) -> None:
        """Keep what the books need, and nobody's name."""
        self.buyer_name = self.buyer_email = ""

    def needs_its_buyer(self, now: datetime) -> bool:
        """Whether somebody may still have to be let in, or written to."""
        return self.status in {Status.PENDING_PAYMENT, Status.CONFIRMED} and now < self.ends_at

    def must_be_payable(self, now: datetime) -> None:
        if self.status != Status.PENDING_PAYMENT:
            raise NothingToPay(BookingId(self.id), self.status)
        if now >= self.expires_at:
            raise PaymentTimeOver(BookingId(self.id))

    def move(self, target: Status, by: Party, actor: str, now: datetime, why: str = "") -> BookingChange:
        """Take one lawful step and return its line for the trail. Raises UnlawfulTransition."""
        step: Transition | None = LAWFUL.get((Status(self.status), target, by))
        if step is None:
            raise UnlawfulTransition(self.id, self.status, target, by)
        self.status = target
        if target is Status.CONFIRMED:
            self.confirmed_at = now
        return BookingChange(
            booking_id=self.id, source=step.source, target=target, actor=actor, at=now, why=why or step.needs
        )


class BookingLine(SQLModel, table=True):
    """One line of the reckoning: a unit's price or a fee; `borne_by` says whose money it is about."""

    __tablename__ = "booking_line"

    booking_id: str = Field(foreign_key="booking.id", primary_key=True)
    position: int = Field(primary_key=True)
    kind: str
    borne_by: str
    label: str
    amount_minor: int = Field(sa_type=BigInteger)
    unit: str | None = None
    category: str | None = None

    @classmethod
    def of(cls, booking: Booking, priced: Sequence[UnitLine]) -> list[BookingLine]:
        """All of a booking's: the units, then what both sides pay for the service."""
        fees = (
            ("guest_surcharge", "buyer", "Fee for buying without an account", booking.surcharge_minor),
            ("commission", "seller", "Commission", booking.commission_minor),
        )
        entries = [
            *(("unit", "buyer", line.label, line.price.minor, line.unit, line.category) for line in priced),
            *((kind, by, label, minor, None, None) for kind, by, label, minor in fees if minor),
        ]
        return [
            cls(
                booking_id=booking.id, position=at, kind=kind, borne_by=by, label=label, amount_minor=minor, unit=unit,
                category=category,
            )
            for at, (kind, by, label, minor, unit, category) in enumerate(entries)
        ]  # fmt: skip


class BookingChange(SQLModel, table=True):
    """One step of a booking: what changed, who did it, when, and why. Never edited."""

    __tablename__ = "booking_change"

    id: int | None = Field(default=None, primary_key=True)
    booking_id: str = Field(foreign_key="booking.id", index=True)
    source: str
    target: str
    actor: str
    at: datetime = Field(sa_type=Instant)
    why: str


class Ticket(SQLModel, table=True):
    """The right to one unit. It is made when the booking is confirmed and void when that is cancelled."""

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_booking_id_unit", "booking_id", "unit", unique=True),)

    id: str = Field(primary_key=True)
    booking_id: str = Field(foreign_key="booking.id")
    unit: str
    label: str
    category: str
    issued_at: datetime = Field(sa_type=Instant)
    voided_at: datetime | None = Field(default=None, sa_type=Instant)

    @classmethod
    def of(cls, line: BookingLine, now: datetime) -> Ticket:
        """The ticket to what a unit's line is about."""
        return cls(
            id=TicketId.new(), booking_id=line.booking_id, unit=line.unit or "", label=line.label,
            category=line.category or "", issued_at=now,
        )  # fmt: skip
