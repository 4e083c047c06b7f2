"""The verbs of a purchase: check out, pay, confirm, cancel, expire. The only writers of this room's tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from marketplace import limits
from marketplace.accounts import throttle
from marketplace.accounts.inputs import one_line, parse_email
from marketplace.batches import drain
from marketplace.bookings import holding, policy, queries, terms
from marketplace.bookings.errors import (
    BookingNotFound,
    BuyerRefused,
    NoTicketsYet,
    NotOnSale,
    OrderMovedOn,
    TooManyForOneBuyer,
    TotalChanged,
    UnlawfulTransition,
)
from marketplace.bookings.events import (
    BookingCancelled,
    BookingLetGo,
    BookingMade,
    BuyerForgotten,
    BuyerOutdated,
    EventChanged,
    LinksWanted,
    MoneyCameLate,
    MoneyRefused,
    TicketsWanted,
    TimeRunsOut,
)
from marketplace.bookings.fees import fees
from marketplace.bookings.models import Booking, BookingChange, BookingLine, Ticket
from marketplace.bookings.transitions import CANCELLED_BY, FOLLOWS, LAWFUL
from marketplace.bookings.views import EVENT_CHANGED, Buyer, CancelQuote, Order, Party, Status
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import EVENT_DETAILS
from marketplace.db import Session, add_once, transaction, write_all
from marketplace.errors import FieldError, HoldfastError, Invalid
from marketplace.i18n import LANGUAGES, _, speaking
from marketplace.ids import AccountId, BookingId, HoldId, ListingId, PaymentId, SellerId
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import UnitsTaken
from marketplace.money import Money
from marketplace.outbox import record
from marketplace.payments import actions as payments
from marketplace.payments import queries as payment_queries
from marketplace.payments.errors import PaymentNotFound
from marketplace.payments.views import PaymentView, RefundView

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor
    from marketplace.catalog.views import Offer, UnitLine
    from marketplace.inventory.views import Claim

log = structlog.get_logger()

PAYMENT_TIME = timedelta(minutes=5)
"""A payment that has begun gets at least this long, within the limit that no hold may pass."""

NEWS_TAKES = timedelta(minutes=10)
"""How long the news of a payment may take to its booking before somebody looks after it."""

AGAIN = "3/hour"
"""How often one order's tickets, or one address's links, are sent again: a button is pressed more often than mail is lost."""


async def check_out(
    session: Session, actor: Actor, hold_id: HoldId, buyer: Buyer, total: Money, now: datetime
) -> Order:
    """Turn the actor's hold into a booking that waits for its money; the same hold always gives the same booking.

    `total` is what the buyer was shown: nothing else is ever charged. From here on the units stand in SQL, where a unique
    index keeps them from being sold twice. Raises BuyerRefused, HoldExpired, HoldChanged or NotFound (the hold),
    TotalChanged, UnitsTaken, StaleFence, NotOnSale, TooManyForOneBuyer.
    """
    buyer = known(buyer)
    # Before the first word to the database: whoever asks Redis while it is filled anew from SQL may have to wait for a
    # connection, and must not keep one meanwhile. What it refuses does not matter to a hold that is an order already.
    actor.must_have_cart()
    claim = await _claim_or_refusal(actor, hold_id)
    # Else two check-outs at once would count without each other, and the slower of two clicks would count the other.
    await queries.wait_for_turn(session, ListingId(hold_id.resource), buyer.email, actor.account)
    made = await queries.of_hold(session, hold_id)
    if made is None:
        fresh = await _begin(session, actor, claim, buyer, total, now)
        if isinstance(fresh, Order):
            return fresh
        made = fresh
    if not queries.is_buyers_own(made, actor):
        raise BookingNotFound(hold_id)
    if made.total != total:
        raise TotalChanged(made.total)
    return await queries.order_of(session, made)


async def _claim_or_refusal(actor: Actor, hold_id: HoldId) -> Claim | HoldfastError:
    try:
        return await holding.claim_of(actor, hold_id)
    except HoldfastError as refused:
        return refused


async def correct_buyer(session: Session, actor: Actor, id: BookingId, buyer: Buyer, now: datetime) -> Order:
    """Take another name or address while the order waits for its money: slips are seen when a card is declined.

    Raises BookingNotFound also for whoever did not check out, BuyerRefused, TooManyForOneBuyer, and NothingToPay or
    PaymentTimeOver where it is too late.
    """
    buyer = known(buyer)
    booking = await queries.locked(session, id)
    if not queries.is_buyers_own(booking, actor):
        raise BookingNotFound(id)
    if booking.buyer != buyer:
        if booking.buyer.email != buyer.email:
            await _must_have_room(session, booking, buyer.email)
        booking.name_buyer(buyer, now)
        session.add(booking)
        await session.flush()
    return await queries.order_of(session, booking)


async def _must_have_room(session: Session, booking: Booking, email: str) -> None:
    """Raises TooManyForOneBuyer if the units of a booking are more than its listing leaves to another address."""
    listing_id = ListingId(booking.listing_id)
    await queries.wait_for_turn(session, listing_id, email, None)
    offer = await catalog.offer_within(session, listing_id)
    had = await queries.bought_by(session, listing_id, email, None)
    if had + len((await queries.order_of(session, booking)).units) > offer.max_per_buyer:
        raise TooManyForOneBuyer(offer.max_per_buyer, had)


async def _begin(
    session: Session, actor: Actor, claim: Claim | HoldfastError, buyer: Buyer, total: Money, now: datetime
) -> Order | Booking:
    """Make the order of a hold that has none; the booking, where another tab was faster under another address."""
    if isinstance(claim, HoldfastError):
        raise claim
    offer = terms.applied(await catalog.offer_within(session, ListingId(claim.resource)), claim.terms)
    if not offer.is_on_sale(now):
        raise NotOnSale(offer.title)
    had = await queries.bought_by(session, offer.listing_id, buyer.email, actor.account)
    if had + len(claim.units) > offer.max_per_buyer:
        raise TooManyForOneBuyer(offer.max_per_buyer, had)
    with speaking("en"):
        # The books are kept in English. Whoever reads an order is told its places in their own language.
        priced = offer.lines(claim.units)
    booking = _booking(actor, claim, offer, buyer, priced, now)
    if not await add_once(session, booking):
        return await queries.by_hold_surely(session, claim.id)
    if booking.total != total:
        raise TotalChanged(booking.total)
    lines = BookingLine.of(booking, priced)
    change = BookingChange(
        booking_id=booking.id, source="held", target=Status.PENDING_PAYMENT, actor=actor.label, at=now,
        why="checked out",
    )  # fmt: skip
    await write_all(session, lines)
    await write_all(session, [change])
    await inventory.check_out(session, claim, BookingId(booking.id), now)
    record(session, BookingMade(booking.id, now), now)
    # Last, so that a refused check-out leaves the hold as it was; it refuses one that ran out or changed meanwhile.
    await inventory.begin_check_out(claim.id, claim.holder, claim.fence)
    return queries.order_with(booking, lines, (), [change], queries.places_on(offer, claim.units))


def known(buyer: Buyer) -> Buyer:
    """The buyer with tidy name and address. Raises BuyerRefused that names every error."""
    errors = []
    name, email = one_line(buyer.name), parse_email(buyer.email)
    if not 1 <= len(name) <= limits.BUYER or not name.isprintable():
        errors.append(
            FieldError("buyer.name", _("Tell us your name, in at most {most} characters.", most=limits.BUYER))
        )
    if email is None:
        errors.append(FieldError("buyer.email", _("This does not look like an e-mail address.")))
    if buyer.language not in LANGUAGES:
        errors.append(FieldError("buyer.language", _("This language is not available.")))
    if errors or email is None:
        raise BuyerRefused(errors)
    return Buyer(name, email, buyer.language)


def _booking(
    actor: Actor, claim: Claim, offer: Offer, buyer: Buyer, priced: Sequence[UnitLine], now: datetime
) -> Booking:
    """What the hold costs is what it costs."""
    price = Money.sum((line.price for line in priced), offer.currency)
    fee = fees(offer, price, has_account=actor.account is not None)
    return Booking(
        id=BookingId.new(), listing_id=offer.listing_id, seller_id=offer.seller_id, hold_id=claim.id, cart=claim.holder,
        account_id=actor.account, buyer_name=buyer.name, buyer_email=buyer.email, language=buyer.language, status=Status.PENDING_PAYMENT,
        version=1, currency=offer.currency, price_minor=price.minor, surcharge_minor=fee.surcharge.minor,
        commission_minor=fee.commission.minor, policy=offer.policy, created_at=now, expires_at=claim.expires_at,
        **asdict(offer.occasion),
    )  # fmt: skip


async def pay(
    session: Session, actor: Actor, id: BookingId, *, total: Money, provider: str, method: str, key: str, now: datetime
) -> PaymentView:
    """Begin to pay the whole `total`, as it was shown, with a method that the provider knows.

    The same key is the same payment. The units are kept to the end of the payment's time, never past the limit of a hold.
    Raises BookingNotFound, TotalChanged, NothingToPay, PaymentTimeOver, PaymentInProgress.
    """
    booking, _ = await queries.seen_by(session, actor, id, lock=True)
    standing = await payment_queries.standing_in_the_way(session, id, key)
    if standing[0] is not None:
        return await payment_queries.view_of(session, standing[0])
    booking.must_be_payable(now)
    if booking.total != total:
        raise TotalChanged(booking.total)
    hold_id = HoldId(booking.hold_id)
    booking.expires_at = await inventory.keep_until(session, hold_id, booking.cart, now + PAYMENT_TIME, now)
    session.add(booking)
    return await payments.start(
        session, booking=id, amount=booking.total, provider=provider, method=method, key=key, now=now, standing=standing
    )


async def payment(session: Session, actor: Actor, id: PaymentId) -> PaymentView:
    """A payment as whoever may see its booking sees it. Raises PaymentNotFound, also for strangers."""
    view = await payment_queries.payment_view(session, id)
    try:
        await queries.seen_by(session, actor, view.booking_id)
    except BookingNotFound:
        raise PaymentNotFound(id) from None
    return view


async def refund(
    session: Session, actor: Actor, id: PaymentId, amount: Money | None, *, reason: str, key: str, now: datetime
) -> RefundView:
    """Give back `amount` of a payment (None: all that is left), on the seller's or an operator's word.

    Raises PaymentNotFound for strangers, Forbidden for the buyer, RefundTooLarge, NotRefundable, DisputeOpen.
    """
    view = await payment(session, actor, id)
    booking, _ = await queries.seen_by(session, actor, view.booking_id)
    actor.must_run(SellerId(booking.seller_id))
    return await payments.request_refund(session, id, amount, reason=reason, key=key, now=now)


async def accept_for_free(session: Session, actor: Actor, id: BookingId, now: datetime) -> Order:
    """Confirm a booking that costs nothing. Raises NothingToPay where there is something to pay."""
    booking, _ = await queries.seen_by(session, actor, id, lock=True)
    booking.must_be_payable(now)
    if booking.total:
        raise UnlawfulTransition(id, booking.status, Status.CONFIRMED, "buyer")
    await inventory.confirm(session, HoldId(booking.hold_id), now)
    await _confirm(session, booking, None, now)
    return await queries.order_of(session, booking)


async def take_payment(
    session: Session, payment_id: PaymentId, booking_id: BookingId, amount: Money, now: datetime
) -> None:
    """Money has come for a booking: confirm it, or send the money back. Never keep it, never lose it.

    Where the units have been let go, Redis has a say, and is asked after the commit. Idempotent: the same payment
    confirms once and is sent back once.
    """
    booking = await queries.locked(session, booking_id)
    if booking.payment_id == payment_id:
        return
    why = _why_not(booking, amount)
    if why is not None:
        await _send_back(session, booking, payment_id, why, now)
    elif await inventory.confirm_if_kept(session, HoldId(booking.hold_id), now):
        await _confirm(session, booking, payment_id, now)
    else:
        record(session, MoneyCameLate(payment_id, booking_id, amount.minor, amount.currency), now)


async def take_late_payment(payment_id: PaymentId, booking_id: BookingId, amount: Money, now: datetime) -> None:
    """The same, whoever has the units by now; opens its own transaction. Raises Unavailable without Redis."""
    async with transaction() as session:
        booking = await queries.locked(session, booking_id)
        if booking.payment_id == payment_id:
            return
        why = _why_not(booking, amount)
        if why is None:
            try:
                # An order may still wait for its money although its units have gone: whoever wants them takes them over.
                await inventory.take_again(session, HoldId(booking.hold_id), now)
            except UnitsTaken:
                why = "late"
        if why is None:
            await _confirm(session, booking, payment_id, now)
        else:
            await _send_back(session, booking, payment_id, why, now)


async def settle_kept_money(now: datetime) -> int:
    """Confirm or send back, by the way that news of a payment takes, money that lies with us for nothing.

    However it came about that the news was lost, and whatever the events say of it. Returns how many payments. Raises
    Incomplete, where one can be put right neither way.
    """

    async def find(passed_over: Collection[str]) -> list[PaymentId]:
        async with transaction(reading=True) as session:
            return await queries.unclaimed_payments(session, now - NEWS_TAKES, without=passed_over)

    async def act(id: PaymentId) -> bool:
        async with transaction(reading=True) as session:
            payment = await payment_queries.payment_view(session, id)
        log.warning("booking.money_was_kept", payment=id, booking=payment.booking_id, amount=str(payment.captured))
        await take_late_payment(id, payment.booking_id, payment.captured, now)
        return True

    return await drain(find, act)


def _why_not(booking: Booking, amount: Money) -> str | None:
    """Why this money cannot be taken, whatever became of the units."""
    if booking.status == Status.CONFIRMED:
        return "twice"
    if booking.status not in {Status.PENDING_PAYMENT, Status.EXPIRED}:
        return "after_cancelling"
    return None if amount == booking.total else "wrong_amount"


async def _send_back(session: Session, booking: Booking, payment_id: PaymentId, why: str, now: datetime) -> None:
    log.warning("booking.money_refused", booking=booking.id, payment=payment_id, why=why)
    await payments.owe(session, payment_id, None, reason=why, key=f"refused-{payment_id}", now=now)
    record(session, MoneyRefused(booking.id, payment_id, why, now), now)


async def _confirm(session: Session, booking: Booking, payment_id: PaymentId | None, now: datetime) -> None:
    change = booking.move(Status.CONFIRMED, Party.SYSTEM, "system", now)
    booking.payment_id = payment_id
    session.add_all([booking, change])
    session.add_all(Ticket.of(line, now) for line in await queries.unit_lines(session, booking))
    _tell(session, booking, change, now)


async def cancel_quote(session: Session, actor: Actor, id: BookingId, now: datetime) -> CancelQuote:
    """What cancelling now would bring back, before anybody decides. Raises BookingNotFound, UnlawfulTransition."""
    booking, party = await queries.seen_by(session, actor, id)
    target = _cancelled_by(booking, party, now)
    left = await _left(session, booking)
    refund = _refund(booking, left, party, now)
    kept = left - refund
    if target is not Status.CANCELLED_BY_BUYER:
        words = _("The buyer gets {refund} back.", refund=refund.text())
    elif booking.payment_id:
        words = _("You get {refund} back; {kept} is kept.", refund=refund.text(), kept=kept.text())
    else:
        words = _("Nothing has been paid, and nothing is kept.")
    return CancelQuote(Status(booking.status), refund, kept, words)


async def cancel(
    session: Session, actor: Actor, id: BookingId, now: datetime, *, status: Status, refund: Money
) -> Order:
    """End the booking and free its units at once; what the policy gives back goes back by itself.

    `status` and `refund` are what the actor has seen in the quote: if either is otherwise by now, nothing happens.
    Raises BookingNotFound, UnlawfulTransition, OrderMovedOn.
    """
    booking, party = await queries.seen_by(session, actor, id, lock=True)
    _cancelled_by(booking, party, now)
    due = _refund(booking, await _left(session, booking), party, now)
    if (booking.status, due) != (status, refund):
        raise OrderMovedOn(id, booking.status, due)
    await _cancel(session, booking, party, actor.label, now)
    return await queries.order_of(session, booking)


async def give_up(session: Session, actor: Actor, id: BookingId, now: datetime) -> Order:
    """End a booking that waits for its money: nothing is paid and nothing comes back.

    Raises BookingNotFound, UnlawfulTransition, and OrderMovedOn where it was paid meanwhile.
    """
    booking, _ = await queries.seen_by(session, actor, id)
    nothing = Money.zero(booking.currency)
    return await cancel(session, actor, id, now, status=Status.PENDING_PAYMENT, refund=nothing)


async def send_tickets_again(session: Session, actor: Actor, id: BookingId, now: datetime) -> None:
    """Have the mail with the tickets, and a guest's link, sent once more to the buyer's address.

    Raises BookingNotFound, NoTicketsYet where there are none (any more), TooMany, Unavailable.
    """
    booking, _ = await queries.seen_by(session, actor, id)
    if booking.status != Status.CONFIRMED:
        raise NoTicketsYet(id)
    await throttle.hit("tickets_again", id, AGAIN)
    record(session, TicketsWanted(id, now), now)


async def ask_for_links(session: Session, email: str, now: datetime) -> None:
    """Have every link to what was bought with this address, without an account and for later, sent to it once more.

    The answer is the same whether anything was: only the address's owner learns of it. Raises Invalid, TooMany,
    Unavailable.
    """
    address = parse_email(email)
    if address is None:
        raise Invalid(_("Please check this."), [FieldError("email", _("This does not look like an e-mail address."))])
    await throttle.hit("links", address, AGAIN)
    record(session, LinksWanted(address, now), now)


async def cancel_for_seller(session: Session, id: BookingId, why: str, now: datetime) -> bool:
    """The seller calls off what was bought: all money goes back. False where the booking has come to an end already."""
    booking = await queries.locked(session, id)
    if booking.status not in {Status.PENDING_PAYMENT, Status.CONFIRMED}:
        return False
    await _cancel(session, booking, Party.SELLER, "system", now, why=why)
    return True


async def _cancel(
    session: Session, booking: Booking, party: Party, label: str, now: datetime, *, why: str = ""
) -> None:
    target = _cancelled_by(booking, party, now)
    refund = _refund(booking, await _left(session, booking), party, now)
    change = booking.move(target, party, label, now, why)
    session.add_all([booking, change])
    await inventory.free(session, HoldId(booking.hold_id), now)
    for ticket in await queries.tickets_of(session, booking):
        ticket.voided_at = now
        session.add(ticket)
    if refund.is_positive and booking.payment_id:
        await payments.owe(
            session, PaymentId(booking.payment_id), refund, reason=target, key=f"cancel-{booking.id}", now=now
        )
    _tell(session, booking, change, now)


def _cancelled_by(booking: Booking, party: Party, now: datetime) -> Status:
    """Where cancelling leads. Raises UnlawfulTransition, also for a buyer once the event has begun."""
    target = CANCELLED_BY.get(party, Status.CANCELLED_BY_OPERATOR)
    is_too_late = party is Party.BUYER and now >= booking.starts_at
    if is_too_late or (Status(booking.status), target, party) not in LAWFUL:
        raise UnlawfulTransition(booking.id, booking.status, target, party)
    return target


async def _left(session: Session, booking: Booking) -> Money:
    """What of the buyer's money has not been given back yet."""
    if booking.payment_id is None:
        return Money.zero(booking.currency)
    return (await payment_queries.payment_view(session, PaymentId(booking.payment_id))).refundable


def _refund(booking: Booking, left: Money, party: Party, now: datetime) -> Money:
    """What cancelling gives back: never more than is left."""
    if booking.confirmed_at is None:
        return Money.zero(booking.currency)
    due = policy.refund_due(
        party, booking.policy, price=booking.price, surcharge=booking.surcharge,
        starts_at=booking.counts_from, booked_at=booking.confirmed_at, now=now,
    )  # fmt: skip
    return min(due, left)


async def expire(session: Session, id: BookingId, now: datetime) -> bool:
    """Let go of a booking whose time to pay is over, and free its units. False if there was nothing to do."""
    booking = await queries.locked(session, id)
    if booking.status != Status.PENDING_PAYMENT or now < booking.expires_at:
        return False
    change = booking.move(Status.EXPIRED, Party.SYSTEM, "system", now)
    session.add_all([booking, change])
    await inventory.free(session, HoldId(booking.hold_id), now)
    _tell(session, booking, change, now)
    return True


async def expire_due(now: datetime) -> int:
    """Expire every overdue booking, each in its own transaction. Returns how many. Raises Incomplete."""

    async def find(passed_over: Collection[str]) -> list[BookingId]:
        async with transaction(reading=True) as session:
            return await queries.overdue(session, now, without=passed_over)

    async def act(id: BookingId) -> bool:
        async with transaction() as session:
            return await expire(session, id, now)

    return await drain(find, act)


async def remind_due(now: datetime) -> int:
    """Have every account holder reminded, once, whose unpaid order is near its end. How many. Raises Incomplete."""

    async def find(passed_over: Collection[str]) -> list[BookingId]:
        async with transaction(reading=True) as session:
            return await queries.running_out(session, now, without=passed_over)

    async def act(id: BookingId) -> bool:
        async with transaction() as session:
            return await _remind(session, id, now)

    return await drain(find, act)


async def _remind(session: Session, id: BookingId, now: datetime) -> bool:
    booking = await queries.locked(session, id)
    # Whoever pays locks the order, too: nobody can have begun meanwhile without being seen here.
    if await payment_queries.live_payment(session, id) is not None or not booking.remind(now):
        return False
    session.add(booking)
    record(session, TimeRunsOut(id, now), now)
    return True


async def follow_listing(session: Session, id: BookingId, now: datetime) -> bool:
    """Have an order say what its listing says by now, and its buyer be told. False if that is no news."""
    booking = await queries.locked(session, id)
    was = booking.occasion
    if not booking.follow(await catalog.occasion(session, ListingId(booking.listing_id))):
        return False
    changed = [name for name in EVENT_DETAILS if getattr(was, name) != getattr(booking.occasion, name)]
    session.add_all([booking, booking.note(f"{EVENT_CHANGED}{', '.join(changed)}", now)])
    record(session, EventChanged(id, was, booking.occasion, now), now)
    return True


async def let_go_of(session: Session, account: AccountId, now: datetime) -> None:
    """An account is gone: its bookings belong to whoever has their link, and lose its name once nobody needs it."""
    for booking in await queries.of_account(session, account):
        booking.let_go()
        is_needed = booking.needs_its_buyer(now)
        if is_needed:
            record(session, BookingLetGo(booking.id, now), now)
        record(session, BuyerOutdated(booking.id), now, due_at=booking.ends_at if is_needed else now)


async def forget_buyer(session: Session, id: BookingId, now: datetime) -> None:
    """Keep the booking for the books, without its buyer's name and address. Raises BookingNotFound.

    Where the event has been put off, this is put off, too.
    """
    booking = await queries.locked(session, id)
    if booking.needs_its_buyer(now):
        record(session, BuyerOutdated(id), now, due_at=booking.ends_at)
        return
    booking.forget_buyer()
    record(session, BuyerForgotten(id, now), now)


def _tell(session: Session, booking: Booking, change: BookingChange, now: datetime) -> None:
    """Record the event that the table of transitions says this step makes true."""
    event = FOLLOWS[Status(change.source), Status(change.target)]
    if issubclass(event, BookingCancelled):
        record(session, BookingCancelled(booking.id, now, change.target.removeprefix("cancelled_by_")), now)
    else:
        record(session, event(booking.id, now), now)
