"""The promises' checker: silent about books that are right, and loud about each kind of entry that is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest
from redis.asyncio import Redis
from sqlmodel import col, select

from marketplace.bookings import actions as bookings
from marketplace.bookings.models import Booking, BookingChange, Ticket
from marketplace.bookings.views import Order, Status
from marketplace.db import Session, transaction
from marketplace.ids import PaymentId, ResourceId, ulid
from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Allocation
from marketplace.notifications.models import Mail
from marketplace.outbox import OutboxEvent
from marketplace.payments.gateways.simulator.models import SimulatorCharge
from marketplace.payments.models import InboxState, Payment, Refund, WebhookEvent
from marketplace.payments.status import PaymentStatus
from tests import promises
from tests.makers.bookings import ADA, GRACE, Market, guest
from tests.makers.payments import CARD_DECLINED


@dataclass(frozen=True)
class Season:
    """Grace cancelled two seats, of which Ada then bought one; Alan let his time go by after his card was declined."""

    market: Market
    ada: Order
    grace: Order
    alan: Order


@pytest.fixture
async def season(database: str, redis: Redis, now: object) -> Season:
    market = await Market.open(now)
    who = guest()
    grace = await market.bought(who, "A-1", "A-2", buyer=GRACE)
    await market.cancel(who, grace)
    ada = await market.bought(guest(), "A-1", buyer=ADA)
    who = guest()
    alan = await market.order(who, "B-1", buyer=replace(ADA, email="alan@example.org"))
    await market.pay_for(who, alan, CARD_DECLINED)
    async with transaction() as session:
        await inventory.allot(session, ResourceId(market.listing.id), ["seat:C-1"], "guest list", market.now)
    await market.skip(hours=1)
    await bookings.expire_due(market.now)
    await market.let_pass(60)
    return Season(market, ada, grace, alan)


async def test_books_that_are_right_break_no_promise(season: Season):
    assert await promises.broken(season.market.now) == []
    books = await promises.read(season.market.now)
    statuses = sorted(booking.status for booking in books.bookings.values())
    assert statuses == [Status.CANCELLED_BY_BUYER, Status.CONFIRMED, Status.EXPIRED]
    # Each promise has something to be about.
    assert all((books.charges, books.reversals, books.webhooks, books.events, books.mails))
    assert all((any(books.shown.values()), any(books.revenues.values())))


Forgery = Callable[[Session, Season], Awaitable[None]]
FORGERIES: dict[str, Forgery] = {}


def breaks(check: promises.Promise) -> Callable[[Forgery], Forgery]:
    """Register how books are forged that break this promise."""

    def register(forgery: Forgery) -> Forgery:
        FORGERIES[check.__name__] = forgery
        return forgery

    return register


@breaks(promises.every_unit_is_sold_once)
async def _a_void_ticket_is_good_again(session: Session, season: Season) -> None:
    for ticket in await session.exec(select(Ticket).where(Ticket.booking_id == season.grace.id)):
        ticket.voided_at = None


@breaks(promises.tickets_are_what_was_confirmed)
async def _a_ticket_is_void(session: Session, season: Season) -> None:
    ticket = (await session.exec(select(Ticket).where(Ticket.booking_id == season.ada.id))).one()
    ticket.voided_at = season.market.now


@breaks(promises.units_stand_for_who_bought_them)
async def _a_sold_unit_is_free(session: Session, season: Season) -> None:
    row = (await session.exec(select(Allocation).where(Allocation.booking == season.ada.id))).one()
    row.release(season.market.now)


@breaks(promises.maps_show_what_is_sold)
async def _somebody_holds_on(session: Session, season: Season) -> None:
    await season.market.hold(guest(), "C-6")


@breaks(promises.every_cent_belongs_to_a_booking)
async def _a_booking_forgets_its_payment(session: Session, season: Season) -> None:
    (await session.get_one(Booking, season.ada.id)).payment_id = None


@breaks(promises.nobody_is_charged_twice)
async def _a_second_payment_is_kept(session: Session, season: Season) -> None:
    first = await _payment(session, season.ada)
    same = first.model_dump(exclude={"id", "key", "reference", "is_surplus"})
    session.add(Payment(**same, id=PaymentId.new(), key="again", reference=f"ch_sim_{ulid()}", is_surplus=True))


@breaks(promises.cancelling_gives_back_what_the_policy_says)
async def _a_refund_is_short(session: Session, season: Season) -> None:
    payment = await _payment(session, season.grace)
    refund = (await session.exec(select(Refund).where(Refund.payment_id == payment.id))).one()
    refund.amount_minor -= 1


@breaks(promises.the_bank_agrees)
async def _the_bank_has_a_cent_less(session: Session, season: Season) -> None:
    payment = await _payment(session, season.ada)
    charge = (await session.exec(select(SimulatorCharge).where(SimulatorCharge.key == payment.id))).one()
    charge.captured_minor -= 1


@breaks(promises.sellers_are_shown_what_moved)
async def _a_refund_is_written_up(session: Session, season: Season) -> None:
    (await session.get_one(Payment, season.ada.payment_id)).refunded_minor += 100


@breaks(promises.every_step_is_lawful)
async def _a_step_is_missing(session: Session, season: Season) -> None:
    steps = select(BookingChange).where(BookingChange.booking_id == season.ada.id)
    step = (await session.exec(steps.where(BookingChange.target == Status.CONFIRMED))).one()
    await session.delete(step)


@breaks(promises.nothing_is_left_waiting)
async def _a_payment_is_never_decided(session: Session, season: Season) -> None:
    declined = (await session.exec(select(Payment).where(Payment.booking_id == season.alan.id))).one()
    declined.status = PaymentStatus.UNKNOWN


@breaks(promises.every_event_is_delivered)
async def _an_event_is_dead(session: Session, season: Season) -> None:
    event = (await session.exec(select(OutboxEvent).where(OutboxEvent.kind == "BookingConfirmed"))).first()
    assert event is not None
    event.delivered_at, event.attempts = None, 12


@breaks(promises.every_webhook_is_read)
async def _a_webhook_lies_in_the_inbox(session: Session, season: Season) -> None:
    event = (await session.exec(select(WebhookEvent))).first()
    assert event is not None
    event.state = InboxState.DEAD


@breaks(promises.everybody_is_told)
async def _a_mail_is_missing(session: Session, season: Season) -> None:
    mail = (await session.exec(select(Mail).where(col(Mail.key) == f"expired:{season.alan.id}"))).one()
    await session.delete(mail)


async def _payment(session: Session, order: Order) -> Payment:
    return (await session.exec(select(Payment).where(Payment.booking_id == order.id))).one()


@pytest.mark.parametrize("name", promises.PROMISES)
async def test_a_forged_entry_breaks_the_promise(season: Season, name: str):
    async with transaction() as session:
        await FORGERIES[name](session, season)
    assert any(breach.startswith(f"{name}: ") for breach in await promises.broken(season.market.now))
