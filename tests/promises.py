"""What a marketplace promises, checked against its books: SQL, the seat keeper's maps and the provider's own tables.

    for breach in await promises.broken(clock.now()):
        print(breach)

To be asked when everything has come to rest: nobody holds or pays any more, and every job has had its turn.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlmodel import SQLModel, select

from marketplace.accounts.views import SYSTEM
from marketplace.bookings import policy, sales
from marketplace.bookings.models import Booking, BookingChange, BookingLine, Ticket
from marketplace.bookings.transitions import FOLLOWS
from marketplace.bookings.views import Party, Status
from marketplace.catalog.models import Listing
from marketplace.db import Session, transaction
from marketplace.ids import ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Allocation
from marketplace.inventory.views import BOX_OFFICE, SOLD
from marketplace.money import Money
from marketplace.notifications.models import Mail
from marketplace.outbox import OutboxEvent
from marketplace.payments.gateways.simulator.models import SimulatorCharge, SimulatorRefund
from marketplace.payments.models import InboxState, Payment, Refund, WebhookEvent
from marketplace.payments.status import PaymentStatus, RefundStatus

Row = TypeVar("Row", bound=SQLModel)

CANCELLED = {
    Status.CANCELLED_BY_BUYER: Party.BUYER,
    Status.CANCELLED_BY_SELLER: Party.SELLER,
    Status.CANCELLED_BY_OPERATOR: Party.OPERATOR,
}
PAID_BACK = {RefundStatus.SUCCEEDED, RefundStatus.SETTLED}


@dataclass(frozen=True, slots=True)
class Books:
    """Every row that a promise is about, as of `now`."""

    now: datetime
    bookings: dict[str, Booking]
    lines: dict[str, list[BookingLine]]
    """By booking, as `changes` and `tickets`."""
    changes: dict[str, list[BookingChange]]
    tickets: dict[str, list[Ticket]]
    allocations: list[Allocation]
    payments: dict[str, Payment]
    refunds: dict[str, list[Refund]]
    """Those that have not failed, by payment."""
    charges: dict[str, SimulatorCharge]
    """The provider's, by the key under which it was asked: our payment's id."""
    reversals: dict[str, SimulatorRefund]
    """The provider's refunds, by key: that of our refund's last attempt."""
    events: list[OutboxEvent]
    webhooks: list[WebhookEvent]
    mails: dict[str, Mail]
    """By key."""
    shown: dict[str, dict[str, str]]
    """What the maps show as not free, by resource."""
    revenues: dict[str, Money]
    """What sellers are shown, by listing."""

    def net(self, payment: Payment) -> int:
        """Minor units that were taken and neither given back nor promised back."""
        return payment.captured_minor - sum(refund.amount_minor for refund in self.refunds[payment.id])

    def is_disputed(self, payment: Payment) -> bool:
        """By what the bank knows, too: its word may have been lost."""
        return payment.is_disputed or (payment.id in self.charges and self.charges[payment.id].is_disputed)

    def payments_of(self, booking: Booking) -> list[Payment]:
        return [payment for payment in self.payments.values() if payment.booking_id == booking.id]


Promise = Callable[[Books], Iterator[str]]
PROMISES: dict[str, Promise] = {}


def promise(check: Promise) -> Promise:
    """Register a check that yields a sentence for each breach."""
    PROMISES[check.__name__] = check
    return check


async def broken(now: datetime) -> list[str]:
    """A line for every breach, each beginning with the promise's name; empty if all are kept."""
    books = await read(now)
    return [f"{name}: {breach}" for name, check in PROMISES.items() for breach in check(books)]


async def read(now: datetime) -> Books:
    async with transaction(reading=True) as session:
        listings = await _all(session, Listing)
        revenues = {
            listing.id: (await sales.sales(session, SYSTEM, ListingId(listing.id), now)).revenue for listing in listings
        }
        books = Books(
            now=now,
            bookings={row.id: row for row in await _all(session, Booking)},
            lines=_grouped(await _all(session, BookingLine), lambda row: row.booking_id),
            changes=_grouped(await _all(session, BookingChange), lambda row: row.booking_id),
            tickets=_grouped(await _all(session, Ticket), lambda row: row.booking_id),
            allocations=await _all(session, Allocation),
            payments={row.id: row for row in await _all(session, Payment)},
            refunds=_grouped(await _all(session, Refund), lambda row: row.payment_id),
            charges={row.key: row for row in await _all(session, SimulatorCharge)},
            reversals={row.key: row for row in await _all(session, SimulatorRefund)},
            events=await _all(session, OutboxEvent),
            webhooks=await _all(session, WebhookEvent),
            mails={row.key: row for row in await _all(session, Mail)},
            shown={},
            revenues=revenues,
        )
    for listing in listings:
        books.shown[listing.id] = (await inventory.snapshot(ResourceId(listing.id))).status
    return books


async def _all(session: Session, table: type[Row]) -> list[Row]:
    return list(await session.exec(select(table)))


def _grouped(rows: Iterable[Row], by: Callable[[Row], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[by(row)].append(row)
    return groups


# --- nothing is sold twice


@promise
def every_unit_is_sold_once(books: Books) -> Iterator[str]:
    """By what people have in their hands: tickets that are valid, and the box office's seats."""
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for booking, tickets in books.tickets.items():
        for ticket in tickets:
            if ticket.voided_at is None:
                owners[books.bookings[booking].listing_id, ticket.unit].append(booking)
    for row in books.allocations:
        if row.is_sold and row.booking not in books.bookings:
            owners[row.resource, row.unit].append(f"{row.holder} ({row.booking})")
    for (listing, unit), who in owners.items():
        if len(who) > 1:
            yield f"{unit} of {listing} belongs to {' and '.join(who)}"


@promise
def tickets_are_what_was_confirmed(books: Books) -> Iterator[str]:
    for booking in books.bookings.values():
        bought = {str(line.unit) for line in books.lines[booking.id] if line.unit}
        due = bought if booking.status == Status.CONFIRMED else set()
        valid = Counter(ticket.unit for ticket in books.tickets[booking.id] if ticket.voided_at is None)
        if valid != Counter(due):
            yield f"{booking.id} is {booking.status} with tickets to {sorted(valid.elements())}, not {sorted(due)}"


@promise
def units_stand_for_who_bought_them(books: Books) -> Iterator[str]:
    """No allocation is left behind, and none is missing."""
    kept: dict[str, set[str]] = defaultdict(set)
    for row in books.allocations:
        if not row.is_active:
            continue
        if not row.is_sold:
            yield f"{row.unit} of {row.resource} is still kept for {row.booking}, unpaid"
        elif row.booking in books.bookings:
            kept[row.booking].add(row.unit)
        elif row.holder != BOX_OFFICE:
            yield f"{row.unit} of {row.resource} is sold to nobody: {row.holder}"
    for booking in books.bookings.values():
        bought = {str(line.unit) for line in books.lines[booking.id] if line.unit}
        due = bought if booking.status == Status.CONFIRMED else set()
        if kept[booking.id] != due:
            yield f"{booking.id} is {booking.status} and keeps {sorted(kept[booking.id])}, not {sorted(due)}"


@promise
def maps_show_what_is_sold(books: Books) -> Iterator[str]:
    """Nor is a unit held for ever by somebody who has long gone."""
    sold: dict[str, dict[str, str]] = defaultdict(dict)
    for row in books.allocations:
        if row.is_sold:
            sold[row.resource][row.unit] = SOLD
    for listing, shown in books.shown.items():
        for unit in sorted(shown.keys() | sold[listing].keys()):
            if shown.get(unit) != sold[listing].get(unit):
                yield f"{unit} of {listing} is shown {shown.get(unit, 'free')}, is {sold[listing].get(unit, 'free')}"


# --- nobody is charged twice, every cent is accounted for


@promise
def every_cent_belongs_to_a_booking(books: Books) -> Iterator[str]:
    """Or has gone back, or is disputed, which is for the bank to decide."""
    for payment in books.payments.values():
        booking = books.bookings.get(payment.booking_id)
        refunded = sum(refund.amount_minor for refund in books.refunds[payment.id])
        if payment.refunded_minor != refunded:
            yield f"{payment.id} says that {payment.refunded_minor} were refunded, its refunds say {refunded}"
        if payment.state is not PaymentStatus.SUCCEEDED and payment.captured_minor:
            yield f"{payment.id} is {payment.status} and yet took {payment.captured_minor}"
        elif booking is not None and booking.payment_id == payment.id:
            if payment.captured != booking.total:
                yield f"{payment.id} took {payment.captured} for {booking.id}, which costs {booking.total}"
        elif not books.is_disputed(payment) and books.net(payment):
            yield f"{payment.id} took {books.net(payment)} for {payment.booking_id}, which never got it"
    for booking in books.bookings.values():
        if booking.confirmed_at and booking.total and booking.payment_id not in books.payments:
            yield f"{booking.id} was confirmed without a payment"


@promise
def nobody_is_charged_twice(books: Books) -> Iterator[str]:
    for booking in books.bookings.values():
        kept = [one for one in books.payments_of(booking) if not books.is_disputed(one) and books.net(one) > 0]
        if len(kept) > 1 or sum(books.net(one) for one in kept) > booking.total.minor:
            yield f"{booking.id} over {booking.total} was charged by {', '.join(one.id for one in kept)}"


@promise
def cancelling_gives_back_what_the_policy_says(books: Books) -> Iterator[str]:
    for booking in books.bookings.values():
        party = CANCELLED.get(Status(booking.status))
        payment = books.payments.get(booking.payment_id or "")
        if party is None or payment is None or booking.confirmed_at is None or books.is_disputed(payment):
            continue
        cancelled_at = max(change.at for change in books.changes[booking.id])
        due = policy.refund_due(
            party, booking.policy, price=booking.price, surcharge=booking.surcharge, starts_at=booking.counts_from,
            booked_at=booking.confirmed_at, now=cancelled_at,
        )  # fmt: skip
        mine = [refund for refund in books.refunds[payment.id] if refund.reason == booking.status]
        # By their ids, which tell real time: orders of an event that is called off are all cancelled as of one moment, and
        # what is refunded while that goes on is stamped later, though it came first.
        others = sum(
            refund.amount_minor
            for refund in books.refunds[payment.id]
            if refund.reason != booking.status and all(refund.id < own.id for own in mine)
        )
        wanted, given = min(due.minor, payment.captured_minor - others), sum(refund.amount_minor for refund in mine)
        if given != wanted:
            yield f"{booking.id}, {booking.status}, was given {given} back and not {wanted}"


@promise
def the_bank_agrees(books: Books) -> Iterator[str]:
    taken: Counter[str] = Counter()
    for key, charge in books.charges.items():
        payment = books.payments.get(key)
        if payment is None:
            yield f"the bank took {charge.captured_minor} for {key}, which nobody knows"
            continue
        taken[charge.currency] += charge.captured_minor - charge.refunded_minor
        if (charge.status, charge.captured_minor) != (payment.status, payment.captured_minor):
            yield (
                f"{key} is {payment.status} with {payment.captured_minor}, at the bank {charge.status} with "
                f"{charge.captured_minor}"
            )
    for payment in books.payments.values():
        if payment.captured_minor and payment.id not in books.charges:
            yield f"{payment.id} took {payment.captured_minor} that the bank knows nothing of"
        taken[payment.currency] -= payment.captured_minor
        for refund in books.refunds[payment.id]:
            if refund.state is not RefundStatus.SUCCEEDED:
                continue  # it is still promised, or was settled by other means
            taken[payment.currency] += refund.amount_minor
            reversal = books.reversals.get(refund.asked_as)
            if reversal is None or reversal.amount_minor != refund.amount_minor:
                yield f"{refund.id} of {refund.amount} is not what the bank gave back"
    ours = {refund.asked_as for refunds in books.refunds.values() for refund in refunds}
    yield from (f"the bank gave {key} back, which nobody asked for" for key in books.reversals.keys() - ours)
    yield from (f"the bank has {minor} {currency} more than we know of" for currency, minor in taken.items() if minor)


@promise
def sellers_are_shown_what_moved(books: Books) -> Iterator[str]:
    """Their revenue is what of their bookings' payments is not promised back, without the surcharges, which are ours."""
    moved: Counter[str] = Counter()
    for booking in books.bookings.values():
        payment = books.payments.get(booking.payment_id or "")
        if payment is not None:
            moved[booking.listing_id] += max(0, books.net(payment) - booking.surcharge_minor)
    for listing, revenue in books.revenues.items():
        if revenue.minor != moved[listing]:
            yield f"{listing} shows {revenue}, and {moved[listing]} moved"


# --- everything comes to its end


@promise
def every_step_is_lawful(books: Books) -> Iterator[str]:
    """And the trail leads to where the booking is."""
    for booking in books.bookings.values():
        at = "held"
        for change in sorted(books.changes[booking.id], key=lambda change: change.id or 0):
            is_lawful = (
                change.target == Status.PENDING_PAYMENT
                if at == "held"
                else (Status(change.source), Status(change.target)) in FOLLOWS
            )
            if change.source != at or not is_lawful:
                yield f"{booking.id} went from {at} by {change.source} → {change.target}"
            at = change.target
        if at != booking.status:
            yield f"{booking.id} is {booking.status}, its trail ends at {at}"


@promise
def nothing_is_left_waiting(books: Books) -> Iterator[str]:
    for booking in books.bookings.values():
        if booking.status == Status.PENDING_PAYMENT:
            yield f"{booking.id} still waits for its money"
    for payment in books.payments.values():
        if not payment.state.is_final:
            yield f"{payment.id} is still {payment.status}"
    for id, refunds in books.refunds.items():
        # A bank that has a dispute to settle refuses refunds: they are owed until it has.
        ends = PAID_BACK | ({RefundStatus.OWED} if books.is_disputed(books.payments[id]) else set())
        yield from (f"{one.id} of {id} is still {one.status}" for one in refunds if one.state not in ends)


@promise
def every_event_is_delivered(books: Books) -> Iterator[str]:
    for event in books.events:
        # One that has failed is told, although its next attempt is put off; one that is for later is none of ours.
        if event.delivered_at is None and (event.attempts or event.due_at <= books.now):
            yield f"{event.kind} {event.id} was tried {event.attempts} times: {event.last_error}"


@promise
def every_webhook_is_read(books: Books) -> Iterator[str]:
    for event in books.webhooks:
        if event.state != InboxState.DONE:
            yield f"{event.kind} {event.event_id} is {event.state}: {event.last_error}"


@promise
def everybody_is_told(books: Books) -> Iterator[str]:
    due = {
        Status.CONFIRMED: ("confirmed",),
        Status.EXPIRED: ("expired",),
        **dict.fromkeys(CANCELLED, ("cancelled", "called_off")),
    }
    for booking in books.bookings.values():
        kinds = due.get(Status(booking.status), ())
        if kinds and booking.buyer_email and not any(f"{kind}:{booking.id}" in books.mails for kind in kinds):
            yield f"{booking.id} is {booking.status}, and its buyer has no mail about that"
        if f"confirmed:{booking.id}" in books.mails and booking.confirmed_at is None:
            yield f"{booking.id} never was confirmed, and its buyer was told so"
    yield from (f"{key} to {mail.recipient} is {mail.status}" for key, mail in books.mails.items() if not mail.sent_at)
