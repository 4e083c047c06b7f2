"""What sellers do about their sales: hold seats back for the box office, call an event off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from marketplace.batches import each
from marketplace.bookings import actions, queries, sales
from marketplace.bookings.errors import CostsMore, NothingHeldBack, NotOnSale
from marketplace.bookings.events import CallingOffGoesOn, TellingGoesOn
from marketplace.bookings.views import CALLED_OFF
from marketplace.catalog import actions as catalog_actions
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import ListingPage
from marketplace.catalog.views import Status as ListingStatus
from marketplace.db import Session, transaction
from marketplace.ids import BookingId, HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import queries as allocations
from marketplace.money import Money
from marketplace.outbox import DomainEvent, record

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor

AT_ONCE = 100
"""Orders that are dealt with for one event; a job that is killed half-way loses no more than its place in these."""

_SELLING = {ListingStatus.PUBLISHED, ListingStatus.ON_SALE, ListingStatus.SOLD_OUT}


async def hold_back(session: Session, actor: Actor, id: ListingId, units: Sequence[str], now: datetime) -> HoldId:
    """Keep these seats for the box office. The id under which they can be given back.

    Raises NotFound for strangers, NotOnSale, UnknownUnits, UnitsTaken (also while a visitor holds one), UnfitUnits.
    """
    page = await catalog.own_listing(session, actor, id, now)
    stock = await catalog.stock(session, id)
    if page.status not in _SELLING or stock is None:
        raise NotOnSale(page.title)
    stock.check(units)
    return await inventory.allot(session, ResourceId(id), units, sales.BOX_OFFICE, now)


async def give_back(session: Session, actor: Actor, id: ListingId, hold_id: HoldId, now: datetime) -> None:
    """Put seats that were held back on sale again. Raises NotFound for strangers, NothingHeldBack."""
    await catalog.own_listing(session, actor, id, now)
    known = await allocations.allotted(session, ResourceId(id), sales.BOX_OFFICE)
    if hold_id not in {some.id for some in known}:
        raise NothingHeldBack
    await inventory.free(session, hold_id, now)


async def call_off(
    session: Session, actor: Actor, id: ListingId, reason: str, now: datetime, *, refund: Money
) -> ListingPage:
    """Cancel the event; every order is cancelled and paid back by itself.

    `refund` is what the seller has seen that it costs: nothing happens if it is more by now. Raises NotFound,
    UnlawfulStatus, CostsMore.
    """
    cost = (await sales.call_off_quote(session, actor, id, now)).refund
    if cost > refund:
        raise CostsMore(cost)
    return await catalog_actions.cancel(session, actor, id, now, reason=reason)


async def cancel_orders(id: ListingId, now: datetime, after: str | None = None) -> int:
    """End the orders of a listing that is called off, each in its own transaction, and ask for more of the same.

    Idempotent, and may be stopped at any point. One that fails stops neither the others nor the next portion, which
    begins `after` this one; Incomplete is raised at the end, so that the event behind this is delivered again. Returns
    how many were cancelled.
    """
    async with transaction(reading=True) as session:
        ids = await sales.live_orders(session, id, AT_ONCE, after)
        why = _why(await catalog.why_called_off(session, id))
    return await _for_each(
        ids,
        lambda session, order: actions.cancel_for_seller(session, order, why, now),
        partial(CallingOffGoesOn, id),
        now,
    )


async def tell_of_the_change(id: ListingId, now: datetime, after: str | None = None) -> int:
    """Have the orders of a listing say what is true now, and their buyers be told: in portions, as `cancel_orders`.

    Returns how many there is news for.
    """
    async with transaction(reading=True) as session:
        ids = await sales.outdated_orders(session, id, await catalog.occasion(session, id), AT_ONCE, after)
    return await _for_each(
        ids, lambda session, order: actions.follow_listing(session, order, now), partial(TellingGoesOn, id), now
    )


async def _for_each(
    ids: Sequence[BookingId],
    act: Callable[[Session, BookingId], Awaitable[bool]],
    more: Callable[[BookingId], DomainEvent],
    now: datetime,
) -> int:
    if len(ids) == AT_ONCE:
        async with transaction() as session:
            record(session, more(ids[-1]), now)

    async def on_its_own(id: BookingId) -> bool:
        async with transaction() as session:
            return await act(session, id)

    return await each(ids, on_its_own)


async def catch_up(session: Session, id: BookingId, now: datetime) -> None:
    """Do for one order what was done for the others while it was being made, or was given up for a while.

    Its event may have been called off, or changed.
    """
    listing, known = await queries.bought(session, id)
    words, is_now = await catalog.standing(session, listing)
    if words is not None:
        await actions.cancel_for_seller(session, id, _why(words), now)
    elif known != is_now:
        await actions.follow_listing(session, id, now)


def _why(words: str | None) -> str:
    """Why an order ends whose event is called off, with what its seller says."""
    return f"{CALLED_OFF}: {words}" if words else CALLED_OFF
