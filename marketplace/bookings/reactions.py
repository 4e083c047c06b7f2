"""What this room does about money that came, or did not, units that were sold or came free, and people who have left."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from marketplace.accounts.events import AccountErased
from marketplace.bookings import actions
from marketplace.bookings.events import BuyerOutdated, PaymentDeclined
from marketplace.catalog import actions as catalog
from marketplace.db import transaction
from marketplace.ids import AccountId, BookingId, ListingId, PaymentId
from marketplace.inventory import queries as inventory
from marketplace.inventory.events import UnitsFreed, UnitsSold
from marketplace.money import Money
from marketplace.outbox import reacts_to, record
from marketplace.payments.events import PaymentFailed, PaymentSucceeded


@reacts_to(PaymentSucceeded)
async def take_the_money(fact: PaymentSucceeded, now: datetime) -> None:
    amount = Money(fact.amount, fact.currency)
    await actions.take_payment(PaymentId(fact.payment_id), BookingId(fact.booking_id), amount, now)


@reacts_to(PaymentFailed)
async def tell_of_the_decline(fact: PaymentFailed, now: datetime) -> None:
    async with transaction() as session:
        record(session, PaymentDeclined(fact.booking_id, fact.reason, now), now)


@reacts_to(UnitsSold, UnitsFreed)
async def keep_the_sold_out_sign_true(fact: UnitsSold | UnitsFreed, now: datetime) -> None:
    async with transaction() as session:
        how_many_sold = partial(inventory.sold_count, session, fact.resource)
        await catalog.keep_sold_out_sign(session, ListingId(fact.resource), how_many_sold, now)


@reacts_to(AccountErased)
async def let_go_of_the_orders(fact: AccountErased, now: datetime) -> None:
    async with transaction() as session:
        await actions.let_go_of(session, AccountId(fact.account_id), now)


@reacts_to(BuyerOutdated)
async def forget_the_buyer(fact: BuyerOutdated, now: datetime) -> None:
    async with transaction() as session:
        await actions.forget_buyer(session, BookingId(fact.booking_id), now)
