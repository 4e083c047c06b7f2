"""Every select of this room."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists
from sqlmodel import and_, col, func, or_, select

from marketplace.accounts import tokens
from marketplace.accounts.views import Actor
from marketplace.bookings.errors import BookingNotFound
from marketplace.bookings.models import Booking, BookingChange, BookingLine, Ticket
from marketplace.bookings.views import Line, Order, OrderCard, OwedOrder, Party, Status, Step, TicketView
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import EventDetails, Offer
from marketplace.db import Session, is_postgres
from marketplace.i18n import _, speaking, spoken
from marketplace.ids import AccountId, BookingId, HoldId, ListingId, PaymentId, SellerId, TicketId
from marketplace.money import Money
from marketplace.paging import Keyset, Page, bounded
from marketplace.payments import queries as payments

_MINE = Keyset("mine", BookingId, Booking.id, Booking.created_at, is_descending=True, is_instant=True)


async def locked(session: Session, id: BookingId) -> Booking:
    """The row, held against other writers until the transaction ends. Raises BookingNotFound."""
    booking = await lock_if_known(session, id)
    if booking is None:
        raise BookingNotFound(id)
    return booking


async def lock_if_known(session: Session, id: BookingId) -> Booking | None:
    """The same, where there is one. Locked once in a transaction, a row is as it was when it is asked for again."""
    mine: dict[BookingId, Booking] = session.info.setdefault("locked bookings", {})
    if id not in mine:
        found = await session.exec(select(Booking).where(Booking.id == id).with_for_update())
        booking = found.one_or_none()
        if booking is None or session.in_nested_transaction():
            return booking  # a savepoint that is rolled back gives the lock away
        mine[id] = booking
    return mine[id]


async def seen_by(session: Session, actor: Actor, id: BookingId, *, lock: bool = False) -> tuple[Booking, Party]:
    """The row, and as what the actor meets it. Raises BookingNotFound for strangers: they learn nothing."""
    booking = await locked(session, id) if lock else await session.get(Booking, id)
    party = None if booking is None else _party(booking, actor)
    if booking is None or party is None:
        raise BookingNotFound(id)
    return booking, party


def is_buyers_own(booking: Booking, actor: Actor) -> bool:
    """Whether the actor checked out. What was bought with an account is the account's, whoever has had the cart before."""
    if booking.account_id is not None:
        return booking.account_id == actor.account
    return actor.cart is not None and booking.cart == actor.cart


def _party(booking: Booking, actor: Actor) -> Party | None:
    if actor.is_system:
        return Party.SYSTEM
    if is_buyers_own(booking, actor) or tokens.opens(actor.link, booking.id, booking.buyer_email):
        return Party.BUYER
    if booking.seller_id in actor.sellers:
        return Party.SELLER
    return Party.OPERATOR if actor.is_operator else None


async def of_hold(session: Session, hold_id: HoldId) -> Booking | None:
    found = await session.exec(select(Booking).where(Booking.hold_id == hold_id))
    return found.one_or_none()


async def by_hold_surely(session: Session, hold_id: HoldId) -> Booking:
    """The booking of a hold that has been seen to have one."""
    return (await session.exec(select(Booking).where(Booking.hold_id == hold_id))).one()


async def order(session: Session, actor: Actor, id: BookingId) -> Order:
    """The whole booking. Raises BookingNotFound."""
    booking, _ = await seen_by(session, actor, id)
    return await order_of(session, booking)


async def order_as_bought(session: Session, actor: Actor, id: BookingId) -> Order:
    """The same in the language that it was made in: for what its buyer is given. Raises BookingNotFound."""
    booking, _ = await seen_by(session, actor, id)
    with speaking(booking.language):
        return await order_of(session, booking)


async def order_of(session: Session, booking: Booking) -> Order:
    """The view of a row that is already loaded."""
    found = await session.exec(
        select(BookingLine).where(BookingLine.booking_id == booking.id).order_by(col(BookingLine.position))
    )
    lines = found.all()
    places = await said_places(session, ListingId(booking.listing_id), [line.unit for line in lines if line.unit])
    tickets: Sequence[Ticket] = ()
    if booking.confirmed_at is not None:
        tickets = (
            await session.exec(
                select(Ticket).where(Ticket.booking_id == booking.id).order_by(col(Ticket.label), col(Ticket.id))
            )
        ).all()
    changes = await session.exec(
        select(BookingChange).where(BookingChange.booking_id == booking.id).order_by(col(BookingChange.id))
    )
    return order_with(booking, lines, tickets, changes.all(), places)


def order_with(
    booking: Booking,
    lines: Sequence[BookingLine],
    tickets: Sequence[Ticket],
    changes: Sequence[BookingChange],
    places: Mapping[str, str],
) -> Order:
    """The view of rows that are all in hand; `places` says what units are called, where it is not as in the books."""
    return Order(
        id=BookingId(booking.id),
        status=Status(booking.status),
        version=booking.version or 1,
        listing_id=ListingId(booking.listing_id),
        seller_id=SellerId(booking.seller_id),
        hold_id=HoldId(booking.hold_id),
        buyer_name=booking.buyer_name,
        buyer_email=booking.buyer_email,
        language=booking.language,
        has_account=booking.account_id is not None,
        occasion=booking.occasion,
        policy=booking.policy,
        counts_from=booking.counts_from,
        lines=tuple(
            Line(
                line.kind,
                line.borne_by,
                _label(line, places),
                Money(line.amount_minor, booking.currency),
                line.unit,
                line.category,
            )
            for line in lines
        ),
        total=booking.total,
        created_at=booking.created_at,
        expires_at=booking.expires_at,
        confirmed_at=booking.confirmed_at,
        payment_id=None if booking.payment_id is None else PaymentId(booking.payment_id),
        tickets=tuple(_ticket(ticket, places) for ticket in tickets),
        steps=tuple(Step(change.source, change.target, change.actor, change.at, change.why) for change in changes),
    )


def _ticket(ticket: Ticket, places: Mapping[str, str]) -> TicketView:
    id = TicketId(ticket.id)
    return TicketView(
        id, ticket.unit, places.get(ticket.unit, ticket.label), ticket.category, tokens.sign_ticket(id),
        is_void=ticket.voided_at is not None,
    )  # fmt: skip


def _label(line: BookingLine, places: Mapping[str, str]) -> str:
    if line.unit is not None:
        return places.get(line.unit, line.label)
    return {"guest_surcharge": _("Fee for buying without an account"), "commission": _("Commission")}[line.kind]


async def said_places(session: Session, id: ListingId, units: Iterable[str]) -> dict[str, str]:
    """What units are called in the language that is being spoken. Nothing in English: so they are called in the books."""
    return {} if spoken() == "en" else places_on(await catalog.offer_within(session, id), units)


def places_on(offer: Offer, units: Iterable[str]) -> dict[str, str]:
    """The same, for whoever has the offer."""
    return {} if spoken() == "en" else {unit: offer.stock.place(unit).label for unit in units}


async def orders(session: Session, actor: Actor, cursor: str | None = None, limit: int = 50) -> Page[OrderCard]:
    """The actor's own purchases (by account and by cart), newest first. Raises Invalid for a cursor that is not ours."""
    further = [_MINE.after(cursor)] if cursor else []  # what is no cursor is refused also where there is nothing
    mine = [col(Booking.account_id) == actor.account] if actor.account else []
    mine += [and_(col(Booking.cart) == actor.cart, col(Booking.account_id).is_(None))] if actor.cart else []
    if not mine:
        return Page((), None)
    limit = bounded(limit)
    quantity = (
        select(func.count())
        .select_from(BookingLine)
        .where(col(BookingLine.booking_id) == col(Booking.id), col(BookingLine.unit).is_not(None))
        .correlate(Booking)
        .scalar_subquery()
    )
    wanted = select(Booking, quantity).where(or_(*mine), *further).order_by(*_MINE.columns()).limit(limit + 1)
    page = Page.cut((await session.exec(wanted)).all(), limit, lambda row: _MINE.cursor(row[0]))
    return page.of(
        OrderCard(
            BookingId(booking.id), Status(booking.status), ListingId(booking.listing_id), booking.title,
            booking.place_name, booking.zone, booking.starts_at, booking.ends_at, booking.total, count,
            booking.created_at,
        )
        for booking, count in page.items
    )  # fmt: skip


async def for_guests(session: Session, email: str, now: datetime, limit: int = 20) -> list[BookingId]:
    """What was bought with this address and without an account, and is not over: soonest first."""
    found = await session.exec(
        select(Booking.id)
        .where(
            Booking.buyer_email == email,
            col(Booking.ends_at) > now,
            col(Booking.account_id).is_(None),
            col(Booking.status).in_([Status.PENDING_PAYMENT, Status.CONFIRMED]),
        )
        .order_by(col(Booking.ends_at))
        .limit(limit)
    )
    return [BookingId(id) for id in found]


async def of_account(session: Session, account: AccountId) -> Sequence[Booking]:
    """Every booking of an account, held against other writers until the transaction ends."""
    found = await session.exec(
        select(Booking).where(Booking.account_id == account).order_by(col(Booking.created_at)).with_for_update()
    )
    return found.all()


async def exported(session: Session, account: AccountId) -> list[dict[str, Any]]:
    """What the account has bought and paid, oldest first, for its owner's export."""
    found = await session.exec(select(Booking).where(Booking.account_id == account).order_by(col(Booking.created_at)))
    return [await _exported(session, await order_of(session, booking)) for booking in found.all()]


async def _exported(session: Session, order: Order) -> dict[str, Any]:
    whole = {
        name: getattr(order, name)
        for name in (
            "id", "status", "title", "place_name", "starts_at", "zone", "buyer_name", "buyer_email", "total",
            "created_at", "confirmed_at",
        )
    }  # fmt: skip
    whole["lines"] = [{"label": line.label, "amount": line.amount} for line in order.bought]
    whole["tickets"] = [{"id": ticket.id, "label": ticket.label} for ticket in order.tickets]
    whole["payments"] = [
        {
            name: getattr(payment, name)
            for name in ("id", "provider", "method_label", "amount", "refunded", "status", "created_at")
        }
        for payment in await payments.payments_of(session, order.id)
    ]
    return whole


async def unpaid_of_cart(session: Session, actor: Actor, listing_id: ListingId, now: datetime) -> Order | None:
    """The order that this visitor has begun to pay for, if its time is not over."""
    found = await session.exec(
        select(Booking)
        .where(
            Booking.cart == actor.cart,
            or_(col(Booking.account_id).is_(None), col(Booking.account_id) == actor.account),
            Booking.listing_id == listing_id,
            Booking.status == Status.PENDING_PAYMENT,
            col(Booking.expires_at) > now,
        )
        .order_by(col(Booking.created_at).desc())
        .limit(1)
    )
    booking = found.one_or_none()
    return None if booking is None else await order_of(session, booking)


async def wait_for_turn(session: Session, listing_id: ListingId, email: str, account: AccountId | None) -> None:
    """Let the check-outs of one buyer on one listing go one after the other, until the transaction ends.

    SQLite has one writer at a time anyhow.
    """
    if is_postgres(session):
        # The account first, always: nobody who waits for an address has what another waits for.
        for who in filter(None, (account, email)):
            await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{listing_id} {who}", 0))))


async def bought_by(session: Session, listing_id: ListingId, email: str, account: AccountId | None) -> int:
    """How many units of the listing this address or this account has bought or is about to pay for."""
    buyer = col(Booking.buyer_email) == email
    counted = await session.exec(
        select(func.count())
        .select_from(BookingLine)
        .join(Booking, col(Booking.id) == col(BookingLine.booking_id))
        .where(
            Booking.listing_id == listing_id,
            buyer if account is None else or_(buyer, col(Booking.account_id) == account),
            col(Booking.status).in_([Status.PENDING_PAYMENT, Status.CONFIRMED]),
            col(BookingLine.unit).is_not(None),
        )
    )
    return counted.one()


async def overdue(
    session: Session, now: datetime, limit: int = 200, *, without: Collection[str] = ()
) -> list[BookingId]:
    """Bookings whose time to pay is over, longest overdue first."""
    found = await session.exec(
        select(Booking.id)
        .where(
            Booking.status == Status.PENDING_PAYMENT, col(Booking.expires_at) <= now, col(Booking.id).not_in(without)
        )
        .order_by(col(Booking.expires_at))
        .limit(limit)
    )
    return [BookingId(id) for id in found]


async def overdue_count(session: Session, now: datetime) -> int:
    counted = await session.exec(
        select(func.count())
        .select_from(Booking)
        .where(Booking.status == Status.PENDING_PAYMENT, col(Booking.expires_at) <= now)
    )
    return counted.one()


async def owed(session: Session, actor: Actor) -> list[OwedOrder]:
    """All money that is owed back, the oldest first: for operators. Raises Forbidden."""
    actor.must_operate()
    debts = await payments.owed(session)
    found = await session.exec(select(Booking).where(col(Booking.id).in_({debt.refund.booking_id for debt in debts})))
    orders = {order.id: order for order in found}
    result = []
    for debt in debts:
        order = orders.get(debt.refund.booking_id)
        who = (order.title, order.buyer_name, order.buyer_email) if order else ("", "", "")
        result.append(OwedOrder(debt, *who))
    return result


async def unclaimed_count(session: Session, before: datetime) -> int:
    """How many payments have money that is neither a booking's nor on its way back; more than 200 are not counted."""
    return len(await unclaimed_payments(session, before))


async def unclaimed_payments(session: Session, before: datetime, *, without: Collection[str] = ()) -> list[PaymentId]:
    """Payments whose money is neither a booking's nor on its way back, although they were decided by `before`."""
    return await payments.kept(
        session, lambda payment: exists().where(col(Booking.payment_id) == payment), before, without=without
    )


async def sold_since(session: Session, since: datetime) -> tuple[int, tuple[Money, ...]]:
    """How many orders have been confirmed since then and stand, and what their buyers paid, by currency."""
    paid = func.sum(col(Booking.price_minor) + col(Booking.surcharge_minor))
    rows = await session.exec(
        select(Booking.currency, func.count(), paid)
        .where(Booking.status == Status.CONFIRMED, col(Booking.confirmed_at) >= since)
        .group_by(col(Booking.currency))
        .order_by(col(Booking.currency))
    )
    sums = [(count, Money(int(minor), currency)) for currency, count, minor in rows]
    return sum(count for count, _ in sums), tuple(money for _, money in sums if money)


LAST_MINUTES = timedelta(minutes=3)
"""When an unpaid order is near its end."""


async def running_out(
    session: Session, now: datetime, limit: int = 200, *, without: Collection[str] = ()
) -> list[BookingId]:
    """Orders of account holders that are near their end and that nobody is paying, the nearest first.

    Each comes up until it is reminded. Left out is who checked out within these minutes, and knows.
    """
    found = await session.exec(
        select(Booking.id)
        .where(
            Booking.status == Status.PENDING_PAYMENT,
            col(Booking.expires_at) > now,
            col(Booking.expires_at) <= now + LAST_MINUTES,
            col(Booking.created_at) <= now - LAST_MINUTES,
            col(Booking.account_id).is_not(None),
            col(Booking.reminded_at).is_(None),
            ~payments.is_being_paid(col(Booking.id)),
            col(Booking.id).not_in(without),
        )
        .order_by(col(Booking.expires_at))
        .limit(limit)
    )
    return [BookingId(id) for id in found]


async def unit_lines(session: Session, booking: Booking) -> Sequence[BookingLine]:
    found = await session.exec(
        select(BookingLine)
        .where(BookingLine.booking_id == booking.id, col(BookingLine.unit).is_not(None))
        .order_by(col(BookingLine.position))
    )
    return found.all()


async def tickets_of(session: Session, booking: Booking) -> Sequence[Ticket]:
    found = await session.exec(select(Ticket).where(Ticket.booking_id == booking.id))
    return found.all()


async def by_hold(session: Session, actor: Actor, hold_id: HoldId) -> Order | None:
    """The booking that the actor's hold has become; None while it has not, or where it is somebody else's."""
    booking = await of_hold(session, hold_id)
    return None if booking is None or _party(booking, actor) is None else await order_of(session, booking)


async def status_of(session: Session, id: BookingId) -> Status:
    """How far a booking is, and nothing more. Raises BookingNotFound."""
    found = await session.exec(select(Booking.status).where(Booking.id == id))
    status = found.one_or_none()
    if status is None:
        raise BookingNotFound(id)
    return Status(status)


async def bought(session: Session, id: BookingId) -> tuple[ListingId, EventDetails]:
    """Of which listing an order is, and what, when and where it says. Raises BookingNotFound."""
    booking = await session.get(Booking, id)
    if booking is None:
        raise BookingNotFound(id)
    return ListingId(booking.listing_id), booking.occasion


async def order_for_mail(session: Session, id: BookingId) -> Order:
    """The whole booking, for an email to its buyer. Raises BookingNotFound."""
    booking = await session.get(Booking, id)
    if booking is None:
        raise BookingNotFound(id)
    return await order_of(session, booking)
