"""Orders of the weeks before today, for the demo world: as they stand in the books, and nobody is written to about them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlmodel import SQLModel

from marketplace import wiring
from marketplace.accounts.views import AccountView
from marketplace.bookings.fees import fees
from marketplace.bookings.models import Booking, BookingChange, BookingLine, Ticket
from marketplace.bookings.views import Party, Status
from marketplace.catalog.views import Offer
from marketplace.db import Session, write_all
from marketplace.i18n import gettext_noop
from marketplace.ids import BookingId, CartId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.views import Sale
from marketplace.money import Money
from marketplace.payments.actions.timeline import status_step
from marketplace.payments.models import Payment, PaymentStep

_FIRST = """
    Amara Anouk Bastien Beatriz Callum Chiara Dilan Dorota Elif Emil Farid Freya Goran Greta Hanne Hugo Imre Ingrid Jonas
    Joana Katya Kofi Leila Lorenz Mateus Mirela Nadia Niels Oscar Oksana Pavel Priya Quentin Rafael Rosa Signe Stefan
    Tamsin Viktor Zofia
""".split()
_LAST = """
    Almeida Andersen Berger Bianchi Costa Czerny Dvorak Duval Eriksen Engel Farkas Ferreira Grant Gupta Hofer Horvat
    Ivanova Iversen Janssen Jovanovic Kaya Keller Lindgren Lopes Moreau Murphy Novak Nielsen Okoro Ortega Pires Petersen
    Quinn Rossi Schmid Silva Tanaka Urban Vogel Weber
""".split()
_NAMES = [f"{first} {last}" for first in _FIRST for last in _LAST]
_CARDS = ("Visa •••• 4242", "Mastercard •••• 4444", "Visa •••• 1881", "American Express •••• 0005")
_SHOPPING = timedelta(minutes=4)
"""From checking out to having paid."""


@dataclass(frozen=True, slots=True)
class PastOrder:
    """Units that were paid for at `at`, by somebody made up unless `buyer` is given."""

    units: Sequence[str]
    at: datetime
    buyer: AccountView | None = None


async def write_orders(session: Session, offer: Offer, orders: Sequence[PastOrder], dice: random.Random) -> None:
    """Write all of an event's orders at once, no two of them by the same guest. Raises UnitsTaken.

    A few thousand rows: they go past the session, which would look after each of them.
    """
    names = dice.sample(_NAMES, len(orders))
    bookings = [_booking(offer, order, name) for order, name in zip(orders, names, strict=True)]
    await _pay(session, bookings, dice)
    paid = list(zip(orders, bookings, strict=True))
    sales = [Sale(order.units, booking.cart, booking.id, order.at) for order, booking in paid]
    holds = await inventory.allot_each(session, ResourceId(offer.listing_id), sales, max(order.at for order in orders))
    changes, lines, tickets = list[BookingChange](), list[BookingLine](), list[Ticket]()
    for (order, booking), hold in zip(paid, holds, strict=True):
        booking.hold_id = hold
        changes += _confirm(booking, order.at)
        bought = BookingLine.of(booking, [offer.line(unit) for unit in order.units])
        lines += bought
        tickets += [Ticket.of(line, order.at) for line in bought if line.unit]
    for rows in (bookings, lines, changes, tickets):
        await write_all(session, rows)


def _confirm(booking: Booking, at: datetime) -> tuple[BookingChange, BookingChange]:
    made = BookingChange(
        booking_id=booking.id, source="held", target=Status.PENDING_PAYMENT, actor=f"guest {booking.cart}",
        at=booking.created_at, why="checked out",
    )  # fmt: skip
    return made, booking.move(Status.CONFIRMED, Party.SYSTEM, "system", at)


async def _pay(session: Session, bookings: Sequence[Booking], dice: random.Random) -> None:
    """Have all been paid that cost anything, each some minutes after it was made."""
    payments, charges, steps = list[Payment](), list[SQLModel](), list[PaymentStep]()
    for booking in bookings:
        if not booking.total:
            continue
        begun, at = booking.created_at, booking.created_at + _SHOPPING
        payment = Payment.begin(
            booking=BookingId(booking.id), amount=booking.total, provider="simulator", method="card", key="first",
            now=begun,
        )  # fmt: skip
        known, charge = wiring.past_charge(booking.total, key=payment.id, card=dice.choice(_CARDS), at=at)
        payment.reference = charge.reference
        payment.apply(charge, at)
        booking.payment_id = payment.id
        started = PaymentStep(
            payment_id=payment.id, at=begun, label=gettext_noop("Payment started"), detail=str(booking.total)
        )
        steps += (started, status_step(payment, at))
        payments.append(payment)
        charges.append(known)
    for rows in (charges, payments, steps):
        await write_all(session, rows)


def _booking(offer: Offer, order: PastOrder, guest: str) -> Booking:
    buyer = order.buyer
    price = Money.sum((offer.line(unit).price for unit in order.units), offer.currency)
    fee = fees(offer, price, has_account=buyer is not None)
    return Booking(
        id=BookingId.new(), listing_id=offer.listing_id, seller_id=offer.seller_id, hold_id="", cart=CartId.new(),
        account_id=buyer.id if buyer else None, buyer_name=buyer.name if buyer else guest,
        buyer_email=buyer.email if buyer else f"{guest.lower().replace(' ', '.')}@example.org",
        status=Status.PENDING_PAYMENT, version=1, currency=offer.currency, price_minor=price.minor,
        surcharge_minor=fee.surcharge.minor, commission_minor=fee.commission.minor, policy=offer.policy,
        created_at=order.at - _SHOPPING, expires_at=order.at + _SHOPPING, **asdict(offer.occasion),
    )  # fmt: skip
