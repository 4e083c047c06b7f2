"""Orders of the weeks before today, for the demo world: as they stand in the books, and nobody is written to about them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from marketplace import wiring
from marketplace.accounts.views import AccountView
from marketplace.bookings.models import Booking, BookingChange, BookingLine, Ticket
from marketplace.bookings.views import Party, Status
from marketplace.catalog.views import SeatOffer
from marketplace.db import Session
from marketplace.ids import BookingId, CartId, PaymentId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.money import Money
from marketplace.payments.actions.timeline import note, note_status
from marketplace.payments.models import Payment
from marketplace.words import later

_FIRST = "Amara Beatriz Callum Dilan Elif Freya Goran Hanne Imre Jonas Katya Leila Mateus Nadia Oscar Priya Rafael Signe".split()
_LAST = "Almeida Berger Costa Dvorak Eriksen Farkas Grant Hofer Ivanova Janssen Kaya Lindgren Moreau Novak Okoro Pires".split()
_CARDS = ("Visa •••• 4242", "Mastercard •••• 4444", "Visa •••• 1881", "American Express •••• 0005")
_SHOPPING = timedelta(minutes=4)
"""From checking out to having paid."""


async def write_order(
    session: Session,
    offer: SeatOffer,
    units: Sequence[str],
    dice: random.Random,
    at: datetime,
    buyer: AccountView | None = None,
) -> None:
    """One order that was paid at `at`, by somebody made up unless `buyer` is given. Raises UnitsTaken."""
    booking = _booking(offer, units, dice, at, buyer)
    if booking.total:
        booking.payment_id = await _pay(session, booking, dice, at)
    booking.hold_id = await inventory.allot(
        session, ResourceId(offer.listing_id), units, booking.id, at, holder=booking.cart
    )
    made = BookingChange(
        booking_id=booking.id, source="held", target=Status.PENDING_PAYMENT, actor=f"guest {booking.cart}",
        at=booking.created_at, why="checked out",
    )  # fmt: skip
    confirmed = booking.move(Status.CONFIRMED, Party.SYSTEM, "system", at)
    session.add(booking)
    await session.flush()
    lines = BookingLine.of(booking, [offer.line(unit) for unit in units])
    session.add_all([*lines, made, confirmed, *(Ticket.of(line, at) for line in lines if line.unit)])
    await session.flush()


async def _pay(session: Session, booking: Booking, dice: random.Random, at: datetime) -> PaymentId:
    begun = booking.created_at
    payment = Payment.begin(
        booking=BookingId(booking.id), amount=booking.total, provider="simulator", method="card", key="first", now=begun
    )
    charge = wiring.past_charge(session, booking.total, key=payment.id, card=dice.choice(_CARDS), at=at)
    payment.reference = charge.reference
    payment.apply(charge, at)
    session.add(payment)
    await session.flush()
    note(session, payment, later("Payment started"), str(booking.total), begun)
    note_status(session, payment, at)
    return PaymentId(payment.id)


def _booking(
    offer: SeatOffer, units: Sequence[str], dice: random.Random, at: datetime, buyer: AccountView | None
) -> Booking:
    name = f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
    email = f"{name.lower().replace(' ', '.')}@example.org"
    price = Money.sum((offer.line(unit).price for unit in units), offer.currency)
    surcharge = Money.zero(offer.currency) if buyer else price.share(offer.guest_surcharge_bp)
    return Booking(
        id=BookingId.new(), listing_id=offer.listing_id, seller_id=offer.seller_id, hold_id="", cart=CartId.new(),
        account_id=buyer.id if buyer else None, buyer_name=buyer.name if buyer else name,
        buyer_email=buyer.email if buyer else email, status=Status.PENDING_PAYMENT, currency=offer.currency,
        price_minor=price.minor, surcharge_minor=surcharge.minor,
        commission_minor=price.share(offer.commission_bp).minor, policy=offer.policy, created_at=at - _SHOPPING,
        expires_at=at + _SHOPPING, **asdict(offer.occasion),
    )  # fmt: skip
