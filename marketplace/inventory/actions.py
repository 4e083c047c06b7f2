"""The verbs on units. Those without a session decide in Redis, at once; those with one decide in SQL, finally.

A claim lives in Redis until it is checked out. From then on its units stand in SQL under a unique index, and Redis
shows what SQL says. While Redis is away, claims are refused (Unavailable), never guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from sqlmodel import col, delete

from marketplace.batches import drain
from marketplace.db import Session, insert_new, transaction
from marketplace.errors import Conflict
from marketplace.i18n import _
from marketplace.ids import HoldId, ResourceId, ulid
from marketplace.inventory import hold_scripts, queries, redis_sync
from marketplace.inventory.errors import (
    AlreadyExtended,
    HoldChanged,
    HoldCheckedOut,
    HoldExpired,
    HoldNotFound,
    HoldReleased,
    NotEnoughLeft,
    StaleFence,
    TooManyUnits,
    UnfitUnits,
    UnitsTaken,
)
from marketplace.inventory.events import UnitsFreed, UnitsSold
from marketplace.inventory.models import Allocation
from marketplace.inventory.views import BOX_OFFICE, HELD, SOLD, Cap, Claim, Sale, Snapshot
from marketplace.outbox import record

LARGEST_CLAIM = 500
"""Units in one claim of a visitor. More than any party needs, few enough that no script holds others up."""
LONGEST_NAME = 200
_GRAB_MS = 60_000
"""How long units wait in Redis for SQL to confirm what was decided without a visitor's hold."""


# --- in Redis -----------------------------------------------------------------------------------------------------


async def claim(
    resource: ResourceId,
    holder: str,
    units: Sequence[str],
    *,
    seconds: int,
    limit_seconds: int,
    most: int | None = None,
    caps: Sequence[Cap] = (),
    terms: str = "",
) -> Claim:
    """Claim exactly these units, all or nothing. What the holder has already is no obstacle.

    A holder with an open hold on the resource adds to it: same id and deadline, larger fence; failing to add leaves it
    as it was. `seconds` is the length of a new hold, `limit_seconds` its length with every extension, `most` how many
    units one holder may have in it; `caps` count all holds of an account or a network. `terms`, a text, stay with the
    hold until a claim that adds to it brings new ones. Raises UnitsTaken, TooManyUnits, what a cap refuses with,
    UnfitUnits.
    """
    _must_be_fit(holder, units)
    return await _claim(resource, holder, (len(units), *units), seconds, limit_seconds, most, caps, terms)


async def claim_first(
    resource: ResourceId,
    holder: str,
    candidates: Sequence[Sequence[str]],
    *,
    seconds: int,
    limit_seconds: int,
    most: int | None = None,
    caps: Sequence[Cap] = (),
    terms: str = "",
) -> Claim:
    """Claim the first of several sets of units (see `best`) that is wholly free, as `claim` does.

    Raises UnitsTaken with what stood in the way of the last one, TooManyUnits, UnfitUnits.
    """
    if not candidates:
        raise UnfitUnits(_("Name at least one unit."))
    sets: list[str | int] = []
    for units in candidates:
        _must_be_fit(holder, units)
        sets.append(len(units))
        sets += units
    return await _claim(resource, holder, sets, seconds, limit_seconds, most, caps, terms)


async def _claim(
    resource: ResourceId,
    holder: str,
    sets: Sequence[str | int],
    seconds: int,
    limit_seconds: int,
    most: int | None,
    caps: Sequence[Cap],
    terms: str,
) -> Claim:
    opening = _opening(resource, holder, seconds, limit_seconds, most, caps, terms)
    return _granted(resource, await hold_scripts.CLAIM(resource, *opening, *sets), caps)


def _opening(
    resource: ResourceId,
    holder: str,
    seconds: int,
    limit_seconds: int,
    most: int | None,
    caps: Sequence[Cap],
    terms: str,
) -> list[str | int]:
    """What every script that claims begins with, see scripts/claiming.lua."""
    new = HoldId.on(resource)
    groups = [part for cap in caps for part in (cap.group, cap.most)]
    return [new, new, holder, seconds * 1000, limit_seconds * 1000, most or 0, terms, len(caps), *groups]


async def claim_any(
    resource: ResourceId,
    holder: str,
    pool: str,
    quantity: int,
    capacity: int,
    *,
    seconds: int,
    limit_seconds: int,
    most: int | None = None,
    caps: Sequence[Cap] = (),
    terms: str = "",
) -> Claim:
    """Claim any `quantity` free units of `pool:1` … `pool:capacity`, as `claim` does.

    Raises NotEnoughLeft (a UnitsTaken), TooManyUnits, UnfitUnits.
    """
    _must_be_fit(holder, (pool,))
    if not 0 < quantity <= LARGEST_CLAIM:
        raise UnfitUnits(_("Ask for 1 to {most} places.", most=LARGEST_CLAIM))
    opening = _opening(resource, holder, seconds, limit_seconds, most, caps, terms)
    return _granted(resource, await hold_scripts.CLAIM_ANY(resource, *opening, pool, quantity, capacity), caps)


async def hold(hold_id: HoldId, holder: str) -> Claim:
    """The holder's own claim. Raises HoldExpired, or HoldNotFound for somebody else's."""
    return _held(hold_id, await hold_scripts.HOLD(hold_id.resource, hold_id, holder))


async def open_hold(resource: ResourceId, holder: str) -> Claim | None:
    """The claim that the holder may still add to."""
    answer = await hold_scripts.OPEN_HOLD(resource, holder)
    return hold_scripts.claim_from(answer, resource) if answer[0] == "OK" else None


async def extend(hold_id: HoldId, holder: str) -> Claim:
    """One more term for the buyer, once, never past the limit. Raises AlreadyExtended, HoldExpired, HoldNotFound."""
    return _held(hold_id, await hold_scripts.EXTEND(hold_id.resource, hold_id, holder, ulid()))


async def extend_for_payment(hold_id: HoldId, holder: str, until: datetime) -> Claim:
    """Keep a claim for a payment in progress, never past the limit, never shorter. Raises HoldExpired, HoldNotFound."""
    until_ms = hold_scripts.milliseconds(until)
    return _held(hold_id, await hold_scripts.EXTEND_FOR_PAYMENT(hold_id.resource, hold_id, holder, until_ms))


async def release(
    hold_id: HoldId, holder: str, units: Sequence[str] | None = None, *, fence: int | None = None
) -> Claim | None:
    """Give these units back, or all. What is left, or None. To release what is gone already is no error.

    With the `fence` that the holder has seen, gives nothing back of a claim that has changed since. Raises HoldChanged,
    HoldNotFound for somebody else's, HoldCheckedOut.
    """
    if units is not None and not units:
        return await hold(hold_id, holder)
    answer = await hold_scripts.RELEASE(hold_id.resource, hold_id, holder, fence or "", *(units or ()))
    return None if answer[0] in {"GONE", "RELEASED"} else _held(hold_id, answer)


async def begin_check_out(hold_id: HoldId, holder: str, fence: int | None = None) -> Claim:
    """Close the claim to changes: what its holder picks next opens another one. Safe to repeat.

    With the `fence` that the holder has seen, refuses a claim that has changed since. Raises HoldChanged, HoldExpired,
    HoldNotFound.
    """
    return _held(hold_id, await hold_scripts.BEGIN_CHECK_OUT(hold_id.resource, hold_id, holder, fence or ""))


async def reopen(hold_id: HoldId, holder: str) -> Claim | None:
    """Take `begin_check_out` back; None if its holder has another open hold by now, which then is the only one.

    Raises HoldNotFound.
    """
    answer = await hold_scripts.REOPEN(hold_id.resource, hold_id, holder)
    return None if answer[0] == "GONE" else _held(hold_id, answer)


async def snapshot(resource: ResourceId) -> Snapshot:
    """Every unit that is not free, at one moment."""
    _, version, flat = await hold_scripts.SNAPSHOT(resource)
    owners = zip(flat[::2], flat[1::2], strict=True)
    return Snapshot(version, {unit: SOLD if owner.startswith("sold:") else HELD for unit, owner in owners})


async def taken(resource: ResourceId, units: Sequence[str]) -> frozenset[str]:
    """Which of these units are not free: a few of them cost less than a snapshot of them all."""
    return frozenset((await hold_scripts.TAKEN(resource, *units))[1:]) if units else frozenset()


async def rebuild(resource: ResourceId) -> None:
    """Fill Redis from SQL where it has lost the resource. Every verb does so by itself when it has to."""
    await hold_scripts.rebuild(resource)


async def forget_all(but: Collection[ResourceId]) -> None:
    """Take every resource but these out of Redis, with all claims on it. Whoever asks for one makes it anew from SQL."""
    await hold_scripts.forget_all(but)


def _must_be_fit(holder: str, units: Sequence[str]) -> None:
    if not 0 < len(units) <= LARGEST_CLAIM:
        raise UnfitUnits(_("Name 1 to {most} units.", most=LARGEST_CLAIM))
    if len(set(units)) != len(units):
        raise UnfitUnits(_("A unit is named twice."))
    # What is printable has no line break, which parts the lines of a record.
    if not (holder and "".join((holder, *units)).isprintable()):
        raise UnfitUnits(_("Holders and units are named by printable characters."))
    for unit in units:
        if not 0 < len(unit) <= LONGEST_NAME:
            raise UnfitUnits(_("A unit is named by 1 to {most} characters.", most=LONGEST_NAME))


def _granted(resource: ResourceId, answer: list[Any], caps: Sequence[Cap] = ()) -> Claim:
    match answer[0]:
        case "OK":
            return hold_scripts.claim_from(answer, resource)
        case "TAKEN":
            raise UnitsTaken(answer[1:])
        case "NOT_ENOUGH":
            raise NotEnoughLeft(answer[1])
        case "GROUP_FULL":
            [full] = [cap for cap in caps if cap.group == answer[1]]
            raise full.refusal(full.most)
        case _:
            raise TooManyUnits(answer[1])


def _held(hold_id: HoldId, answer: list[Any]) -> Claim:
    match answer[0]:
        case "OK":
            return hold_scripts.claim_from(answer, hold_id.resource)
        case "GONE":
            raise HoldExpired(hold_id)
        case "RELEASED":
            raise HoldReleased(hold_id)
        case "NOT_YOURS":
            raise HoldNotFound(hold_id)
        case "ALREADY":
            raise AlreadyExtended(hold_id)
        case "CHANGED":
            raise HoldChanged(hold_id)
        case _:
            raise HoldCheckedOut(hold_id)


# --- in SQL -------------------------------------------------------------------------------------------------------


async def check_out(session: Session, claim: Claim, booking: str, now: datetime) -> None:
    """Write the claim's units down for `booking`, all or nothing, until the claim expires or is confirmed.

    Raises UnitsTaken where SQL knows better than Redis, StaleFence where somebody came after this claim, HoldExpired.
    The caller's transaction survives all three.
    """
    if claim.expires_at <= now:
        raise HoldExpired(claim.id)
    rows = _rows(claim, booking, now, is_sold=False)
    await _allocate(session, claim, rows, now)
    redis_sync.show_after_commit(session, claim.id, rows)


async def keep_until(session: Session, hold_id: HoldId, holder: str, until: datetime, now: datetime) -> datetime:
    """Keep checked-out units for a payment in progress, in SQL and Redis; never past the limit, never shorter.

    Returns until when they are kept. Raises HoldExpired where they have gone to others, or back.
    """
    kept = [row for row in await queries.of_hold(session, hold_id, lock=True) if row.is_active and row.holder == holder]
    if not kept:
        raise HoldExpired(hold_id)
    for row in kept:
        row.keep_until(until, now)
    redis_sync.show_after_commit(session, hold_id, kept)
    return kept[0].expires_at


async def confirm(session: Session, hold_id: HoldId, now: datetime) -> None:
    """Sell what was checked out. Safe to repeat. Raises HoldExpired where it has gone to others, or back."""
    if not await confirm_if_kept(session, hold_id, now):
        raise HoldExpired(hold_id)


async def confirm_if_kept(session: Session, hold_id: HoldId, now: datetime) -> bool:
    """The same; False where it has gone."""
    kept = [row for row in await queries.of_hold(session, hold_id, lock=True) if row.is_active]
    unpaid = [row for row in kept if not row.is_sold]
    for row in unpaid:
        row.confirm(now)
    if unpaid:
        _record_sold(session, hold_id, unpaid, now)
    return bool(kept)


async def free(session: Session, hold_id: HoldId, now: datetime, units: Sequence[str] | None = None) -> None:
    """Give back what was checked out or sold, or these units of it. Safe to repeat."""
    rows = await queries.of_hold(session, hold_id, lock=True)
    _release(
        session, hold_id, rows, [row for row in rows if row.is_active and (units is None or row.unit in units)], now
    )


async def take_again(session: Session, hold_id: HoldId, now: datetime) -> None:
    """Sell a hold's units although it had been given up, if they are still free: its money came late.

    Safe to repeat. Raises UnitsTaken (also while somebody else holds one), HoldExpired where it was never checked out.
    """
    rows = await queries.of_hold(session, hold_id, lock=True)
    if not rows or any(row.is_active for row in rows):
        await confirm(session, hold_id, now)
        return
    # Whatever Redis still shows of the old claim goes first; what is grabbed then is new.
    await redis_sync.settle(hold_id)
    latest = max(row.fence for row in rows)
    units = [row.unit for row in rows if row.fence == latest]
    await _sell(session, hold_id, rows[0].holder, units, rows[0].booking, now)


async def allot(
    session: Session, resource: ResourceId, units: Sequence[str], ref: str, now: datetime, *, holder: str = BOX_OFFICE
) -> HoldId:
    """Sell units without a visitor's hold: box office, guest list, seeding. The id under which they can be freed.

    Raises UnitsTaken, also while a visitor holds one, and UnfitUnits where none is named.
    """
    if not units:
        raise UnfitUnits(_("Name at least one unit."))
    hold_id = HoldId.on(resource)
    await _sell(session, hold_id, holder, units, ref, now)
    return hold_id


async def allot_each(session: Session, resource: ResourceId, sales: Sequence[Sale], now: datetime) -> list[HoldId]:
    """As `allot`, many sales at once, all or nothing. The id under which each can be freed, in their order.

    They share one claim and so one fence, by which they are settled together. Raises UnitsTaken, also where two sales
    name the same unit, and UnfitUnits where one names none.
    """
    if not all(sale.units for sale in sales):
        raise UnfitUnits(_("Name at least one unit."))
    if not sales:
        return []
    ids = [HoldId.on(resource) for _ in sales]
    units = [unit for sale in sales for unit in sale.units]
    grabbed = await _grab(HoldId.on(resource), units)
    rows = [
        Allocation.of(replace(grabbed, id=id, holder=sale.holder), unit, sale.booking, sale.at, is_sold=True)
        for id, sale in zip(ids, sales, strict=True)
        for unit in sale.units
    ]
    await _write_or_release(session, grabbed, rows, now)
    _record_sold(session, grabbed.id, rows, now, fence=grabbed.fence)
    return ids


async def expire(now: datetime) -> int:
    """Release checked-out units whose time to be paid for is over. Returns how many holds. Any number may run at once.

    Also mends what a restarted Redis has forgotten. Raises Incomplete.
    """
    await redis_sync.mend(now)

    async def find(passed_over: Collection[str]) -> list[HoldId]:
        async with transaction(reading=True) as session:
            return await queries.run_out(session, now, without=passed_over)

    async def act(id: HoldId) -> bool:
        async with transaction() as session:
            return await _release_if_run_out(session, id, now)

    return await drain(find, act)


async def _sell(
    session: Session, hold_id: HoldId, holder: str, units: Sequence[str], booking: str | None, now: datetime
) -> None:
    """Sell units that nobody has, neither in Redis nor in SQL."""
    grabbed = await _grab(hold_id, units)
    rows = _rows(replace(grabbed, holder=holder), booking, now, is_sold=True)
    await _write_or_release(session, grabbed, rows, now)
    _record_sold(session, hold_id, rows, now)


async def _grab(hold_id: HoldId, units: Sequence[str]) -> Claim:
    """Claim in Redis what SQL is to confirm in a moment. Such a claim belongs to itself: it never mixes with a visitor's."""
    opening = (hold_id, ulid(), hold_id, _GRAB_MS, _GRAB_MS, 0, "", 0)
    return _granted(hold_id.resource, await hold_scripts.CLAIM(hold_id.resource, *opening, len(units), *units))


async def _write_or_release(session: Session, grabbed: Claim, rows: Sequence[Allocation], now: datetime) -> None:
    try:
        await _allocate(session, grabbed, rows, now)
    except Conflict:
        await release(grabbed.id, grabbed.id)
        raise


def _rows(claim: Claim, booking: str | None, now: datetime, *, is_sold: bool) -> list[Allocation]:
    return [Allocation.of(claim, unit, booking, now, is_sold=is_sold) for unit in claim.units]


async def _allocate(session: Session, claim: Claim, rows: Sequence[Allocation], now: datetime) -> None:
    """Write rows past the session, all or nothing. Raises UnitsTaken, StaleFence."""
    # Sorted, so that two who want overlapping sets wait for each other in one order and cannot deadlock.
    ordered = sorted(rows, key=lambda row: row.unit)
    if await _write(session, claim, ordered):
        return
    await _take_over_what_has_run_out(session, claim, now)
    if not await _write(session, claim, ordered):
        await _refuse(session, claim)


async def _write(session: Session, claim: Claim, rows: Sequence[Allocation]) -> bool:
    """False where somebody has one of the units. Raises StaleFence. Either leaves nothing behind."""
    written = await insert_new(session, rows)
    is_stale = False
    if written == len(rows):
        # Only now: as long as our rows stand, nobody can come and go between the look and the write.
        is_stale = await queries.highest_fence(session, claim.resource, claim.units) > claim.fence
        if not is_stale:
            return True
    if written:
        await session.execute(delete(Allocation).where(col(Allocation.id).in_([row.id for row in rows])))
    if is_stale:
        raise StaleFence(claim.id)
    return False


async def _take_over_what_has_run_out(session: Session, claim: Claim, now: datetime) -> None:
    standing = await queries.active_on(session, claim.resource, claim.units)
    if not all(row.has_run_out(now) for row in standing):
        await _refuse(session, claim)
    for hold_id in sorted({row.hold_id for row in standing}):
        await _release_if_run_out(session, HoldId(hold_id), now)
    await session.flush()


async def _refuse(session: Session, claim: Claim) -> NoReturn:
    """Say who was first according to SQL, and tell Redis, which had granted the claim and must have forgotten."""
    standing = await queries.active_on(session, claim.resource, claim.units)
    for hold_id in sorted({row.hold_id for row in standing}):
        await redis_sync.settle_if_possible(HoldId(hold_id))
    raise UnitsTaken(sorted(row.unit for row in standing) or claim.units)


async def _release_if_run_out(session: Session, hold_id: HoldId, now: datetime) -> bool:
    rows = await queries.of_hold(session, hold_id, lock=True)
    # Looked at again under the lock: its money may have come while we waited.
    overdue = [row for row in rows if row.has_run_out(now)]
    _release(session, hold_id, rows, overdue, now)
    return bool(overdue)


def _release(
    session: Session, hold_id: HoldId, rows: Sequence[Allocation], some: Sequence[Allocation], now: datetime
) -> None:
    """Give some of a hold's rows back."""
    for row in some:
        row.release(now)
    if some:
        units = tuple(row.unit for row in some)
        record(session, UnitsFreed(hold_id, hold_id.resource, units, now), now)
        redis_sync.show_after_commit(session, hold_id, rows)


def _record_sold(
    session: Session, hold_id: HoldId, rows: Sequence[Allocation], now: datetime, *, fence: int | None = None
) -> None:
    units = tuple(row.unit for row in rows)
    record(session, UnitsSold(hold_id, hold_id.resource, units, now, fence), now)
    redis_sync.show_after_commit(session, hold_id, rows)
