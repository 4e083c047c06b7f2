"""What this room does about money, units that were sold or came free, events that are called off, people who leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from marketplace.accounts.events import AccountErased
from marketplace.bookings import actions, queries, selling
from marketplace.bookings.events import (
    BookingConfirmed,
    BookingMade,
    BuyerOutdated,
    CallingOffGoesOn,
    MoneyCameLate,
    PaymentDeclined,
    SalesMoved,
    TellingGoesOn,
)
from marketplace.catalog import actions as catalog
from marketplace.catalog.events import ListingCancelled, ListingChanged
from marketplace.catalog.views import EVENT_DETAILS
from marketplace.db import Session
from marketplace.ids import AccountId, BookingId, ListingId, ResourceId
from marketplace.inventory import queries as inventory
from marketplace.inventory.events import UnitsFreed, UnitsSold
from marketplace.money import Money
from marketplace.outbox import reacts_after, reacts_within, record
from marketplace.payments.events import PaymentFailed, PaymentSucceeded
from marketplace.payments.lock_order import locks_before_payments

SIGN_TAKES = timedelta(seconds=1)
"""How long after a sale its listing's sold-out sign is looked after."""


locks_before_payments(queries.lock_if_known)


@reacts_within(PaymentSucceeded)
async def take_the_money(session: Session, event: PaymentSucceeded, now: datetime) -> None:
    await actions.take_payment(session, event.payment_id, event.booking_id, Money(event.amount, event.currency), now)


@reacts_within(PaymentFailed)
async def tell_of_the_decline(session: Session, event: PaymentFailed, now: datetime) -> None:
    record(session, PaymentDeclined(event.booking_id, event.reason, now), now)


@reacts_after(MoneyCameLate)
async def take_the_late_money(event: MoneyCameLate, now: datetime) -> None:
    amount = Money(event.amount, event.currency)
    await actions.take_late_payment(event.payment_id, event.booking_id, amount, now)


@reacts_after(UnitsSold, UnitsFreed)
async def have_the_sold_out_sign_looked_after(session: Session, event: UnitsSold | UnitsFreed, now: datetime) -> None:
    """Once for all who buy within a second: each would else wait for the listing's row."""
    moved = SalesMoved(ListingId(event.resource))
    record(session, moved, now, due_at=now + SIGN_TAKES, key=event.resource)


@reacts_after(SalesMoved)
async def keep_the_sold_out_sign_true(session: Session, event: SalesMoved, now: datetime) -> None:
    how_many_sold = partial(inventory.sold_count, session, ResourceId(event.listing_id))
    await catalog.keep_sold_out_sign(session, event.listing_id, how_many_sold, now)


@reacts_after(ListingCancelled, CallingOffGoesOn)
async def cancel_every_order(event: ListingCancelled | CallingOffGoesOn, now: datetime) -> None:
    after = event.after if isinstance(event, CallingOffGoesOn) else None
    await selling.cancel_orders(ListingId(event.listing_id), now, after)


@reacts_after(ListingChanged)
async def tell_every_buyer(event: ListingChanged, now: datetime) -> None:
    if not set(EVENT_DETAILS).isdisjoint(event.fields):
        await selling.tell_of_the_change(ListingId(event.listing_id), now)


@reacts_after(TellingGoesOn)
async def tell_more_buyers(event: TellingGoesOn, now: datetime) -> None:
    await selling.tell_of_the_change(ListingId(event.listing_id), now, event.after)


@reacts_after(BookingMade, BookingConfirmed)
async def catch_up_with_its_listing(session: Session, event: BookingMade | BookingConfirmed, now: datetime) -> None:
    """It was called off or changed at the very moment of the check-out, or between an order's end and its late money."""
    await selling.catch_up(session, BookingId(event.booking_id), now)


@reacts_after(AccountErased)
async def let_go_of_the_orders(session: Session, event: AccountErased, now: datetime) -> None:
    await actions.let_go_of(session, AccountId(event.account_id), now)


@reacts_after(BuyerOutdated)
async def forget_the_buyer(session: Session, event: BuyerOutdated, now: datetime) -> None:
    await actions.forget_buyer(session, BookingId(event.booking_id), now)
