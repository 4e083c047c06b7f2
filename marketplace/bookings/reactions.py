"""What this room does about money, units that were sold or came free, events that are called off, people who leave."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from marketplace.accounts.events import AccountErased
from marketplace.bookings import actions, selling
from marketplace.bookings.events import (
    BookingConfirmed,
    BookingMade,
    BuyerOutdated,
    CallingOffGoesOn,
    PaymentDeclined,
    TellingGoesOn,
)
from marketplace.catalog import actions as catalog
from marketplace.catalog.events import ListingCancelled, ListingChanged
from marketplace.catalog.views import EVENT_DETAILS
from marketplace.db import transaction
from marketplace.ids import AccountId, BookingId, ListingId, PaymentId
from marketplace.inventory import queries as inventory
from marketplace.inventory.events import UnitsFreed, UnitsSold
from marketplace.money import Money
from marketplace.outbox import reacts_to, record
from marketplace.payments.events import PaymentFailed, PaymentSucceeded


@reacts_to(PaymentSucceeded)
async def take_the_money(event: PaymentSucceeded, now: datetime) -> None:
    amount = Money(event.amount, event.currency)
    await actions.take_payment(PaymentId(event.payment_id), BookingId(event.booking_id), amount, now)


@reacts_to(PaymentFailed)
async def tell_of_the_decline(event: PaymentFailed, now: datetime) -> None:
    async with transaction() as session:
        record(session, PaymentDeclined(event.booking_id, event.reason, now), now)


@reacts_to(UnitsSold, UnitsFreed)
async def keep_the_sold_out_sign_true(event: UnitsSold | UnitsFreed, now: datetime) -> None:
    async with transaction() as session:
        how_many_sold = partial(inventory.sold_count, session, event.resource)
        await catalog.keep_sold_out_sign(session, ListingId(event.resource), how_many_sold, now)


@reacts_to(ListingCancelled, CallingOffGoesOn)
async def cancel_every_order(event: ListingCancelled | CallingOffGoesOn, now: datetime) -> None:
    after = event.after if isinstance(event, CallingOffGoesOn) else None
    await selling.cancel_orders(ListingId(event.listing_id), now, after)


@reacts_to(BookingMade)
async def turn_away_who_came_too_late(event: BookingMade, now: datetime) -> None:
    """Somebody checked out at the very moment at which the event was called off."""
    await selling.cancel_if_called_off(BookingId(event.booking_id), now)


@reacts_to(ListingChanged)
async def tell_every_buyer(event: ListingChanged, now: datetime) -> None:
    if not set(EVENT_DETAILS).isdisjoint(event.fields):
        await selling.tell_of_the_change(ListingId(event.listing_id), now)


@reacts_to(TellingGoesOn)
async def tell_more_buyers(event: TellingGoesOn, now: datetime) -> None:
    await selling.tell_of_the_change(ListingId(event.listing_id), now, event.after)


@reacts_to(BookingMade, BookingConfirmed)
async def tell_who_was_not_there(event: BookingMade | BookingConfirmed, now: datetime) -> None:
    """It changed at the very moment of the check-out, or between the end of an order's time and its late money."""
    await selling.tell_if_changed(BookingId(event.booking_id), now)


@reacts_to(AccountErased)
async def let_go_of_the_orders(event: AccountErased, now: datetime) -> None:
    async with transaction() as session:
        await actions.let_go_of(session, AccountId(event.account_id), now)


@reacts_to(BuyerOutdated)
async def forget_the_buyer(event: BuyerOutdated, now: datetime) -> None:
    async with transaction() as session:
        await actions.forget_buyer(session, BookingId(event.booking_id), now)
