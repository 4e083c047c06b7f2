"""Resources, claims on them, and claims that have come as far as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace.db import transaction
from marketplace.ids import CartId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.views import Claim

TERM, LIMIT = 900, 1800


def a_resource() -> ResourceId:
    return ResourceId(ListingId.new())


def a_holder() -> str:
    return CartId.new()


def seats(*numbers: int) -> list[str]:
    return [f"seat:{number}" for number in numbers]


async def a_claim(
    resource: ResourceId,
    units: Sequence[str] = ("seat:1",),
    holder: str | None = None,
    *,
    seconds: int = TERM,
    limit_seconds: int = LIMIT,
    most: int | None = None,
) -> Claim:
    return await inventory.claim(
        resource, holder or a_holder(), units, seconds=seconds, limit_seconds=limit_seconds, most=most
    )


async def a_check_out(resource: ResourceId, units: Sequence[str], now: datetime, holder: str | None = None) -> Claim:
    """A claim whose units stand in SQL and wait for their money."""
    return await checked_out(await a_claim(resource, units, holder), now)


async def checked_out(claim: Claim, now: datetime, booking: str = "bkg") -> Claim:
    async with transaction() as session:
        await inventory.check_out(session, claim, booking, now)
        return await inventory.begin_check_out(claim.id, claim.holder, claim.fence)


async def a_sale(resource: ResourceId, units: Sequence[str], now: datetime) -> Claim:
    claim = await a_check_out(resource, units, now)
    async with transaction() as session:
        await inventory.confirm(session, claim.id, now)
    return claim
