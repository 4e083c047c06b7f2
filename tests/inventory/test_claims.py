"""Claims in Redis: all or nothing, for one holder, until a deadline that the server keeps."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from marketplace import clock
from marketplace.errors import Unavailable
from marketplace.ids import HoldId
from marketplace.inventory import actions as inventory
from marketplace.inventory import hold_scripts
from marketplace.inventory.errors import (
    AlreadyExtended,
    HoldChanged,
    HoldCheckedOut,
    HoldExpired,
    HoldNotFound,
    NotEnoughLeft,
    TooManyUnits,
    UnfitUnits,
    UnitsTaken,
)
from tests.makers.inventory import LIMIT, TERM, a_claim, a_holder, a_resource, seats

pytestmark = pytest.mark.usefixtures("redis", "one_database")

TERMS = {"seconds": TERM, "limit_seconds": LIMIT}
MOMENT = timedelta(seconds=5)


async def test_a_claim_holds_its_units_until_its_deadline() -> None:
    before = clock.now()
    claim = await a_claim(resource := a_resource(), seats(1, 2), "ada")
    assert (claim.resource, claim.holder, claim.units) == (resource, "ada", ("seat:1", "seat:2"))
    assert abs(claim.expires_at - before - timedelta(seconds=TERM)) < MOMENT
    assert claim.limit_at - claim.expires_at == timedelta(seconds=LIMIT - TERM)
    assert not claim.is_extended
    assert not claim.is_checked_out
    assert await inventory.hold(claim.id, "ada") == claim
    assert (await inventory.snapshot(resource)).status == {"seat:1": "held", "seat:2": "held"}


async def test_of_a_set_that_is_partly_taken_nothing_is_held() -> None:
    await a_claim(resource := a_resource(), seats(2, 3))
    with pytest.raises(UnitsTaken) as refused:
        await a_claim(resource, seats(1, 2, 3, 4))
    assert refused.value.units == ("seat:2", "seat:3")
    assert refused.value.details == {"seats": ["2", "3"]}
    assert set((await inventory.snapshot(resource)).status) == {"seat:2", "seat:3"}


async def test_the_first_set_that_is_wholly_free_is_taken() -> None:
    await a_claim(resource := a_resource(), seats(1, 4))
    sets = [seats(1, 2), seats(3, 4), seats(5, 6), seats(7, 8)]
    assert (await inventory.claim_first(resource, a_holder(), sets, **TERMS)).units == ("seat:5", "seat:6")


async def test_when_every_set_is_taken_the_last_one_is_named() -> None:
    await a_claim(resource := a_resource(), seats(1, 2))
    with pytest.raises(UnitsTaken) as refused:
        await inventory.claim_first(resource, a_holder(), [seats(1), seats(2, 3)], **TERMS)
    assert refused.value.units == ("seat:2",)


async def test_a_holder_adds_to_their_hold_under_a_larger_fence_and_the_same_deadline() -> None:
    first = await a_claim(resource := a_resource(), seats(1), "ada")
    second = await a_claim(resource, seats(1, 2), "ada")
    assert (second.id, second.expires_at, second.units) == (first.id, first.expires_at, ("seat:1", "seat:2"))
    assert second.fence > first.fence


async def test_failing_to_add_leaves_the_hold_as_it_was() -> None:
    claim = await a_claim(resource := a_resource(), seats(1), "ada")
    await a_claim(resource, seats(2))
    with pytest.raises(UnitsTaken):
        await a_claim(resource, seats(2, 3), "ada")
    assert await inventory.hold(claim.id, "ada") == claim


async def test_claiming_what_one_has_changes_nothing() -> None:
    claim = await a_claim(resource := a_resource(), seats(1, 2), "ada")
    assert await a_claim(resource, seats(2), "ada") == claim


async def test_two_tabs_at_once_make_one_hold() -> None:
    resource = a_resource()
    claims = await asyncio.gather(*(a_claim(resource, seats(number), "ada") for number in range(1, 9)))
    assert len({claim.id for claim in claims}) == 1
    assert len({claim.fence for claim in claims}) == 8
    assert set((await inventory.hold(claims[0].id, "ada")).units) == set(seats(*range(1, 9)))


async def test_one_holder_may_have_so_many_units_and_no_more() -> None:
    claim = await a_claim(resource := a_resource(), seats(1, 2), "ada", most=3)
    with pytest.raises(TooManyUnits) as refused:
        await a_claim(resource, seats(3, 4), "ada", most=3)
    assert refused.value.most == 3
    assert await inventory.hold(claim.id, "ada") == claim
    assert len((await a_claim(resource, seats(2, 3), "ada", most=3)).units) == 3


async def test_a_pool_gives_any_places_and_says_when_there_are_too_few() -> None:
    resource = a_resource()
    first = await inventory.claim_any(resource, "ada", "stand:pit", 3, 5, **TERMS)
    assert first.units == ("stand:pit:1", "stand:pit:2", "stand:pit:3")
    with pytest.raises(NotEnoughLeft) as refused:
        await inventory.claim_any(resource, "bob", "stand:pit", 3, 5, **TERMS)
    assert refused.value.left == 2
    assert refused.value.details == {"left": 2}
    await inventory.release(first.id, "ada", ["stand:pit:2"])
    last = await inventory.claim_any(resource, "bob", "stand:pit", 3, 5, **TERMS)
    assert set(last.units) == {"stand:pit:4", "stand:pit:5", "stand:pit:2"}
    with pytest.raises(NotEnoughLeft, match="No places left"):
        await inventory.claim_any(resource, "cleo", "stand:pit", 1, 5, **TERMS)


async def test_places_of_a_big_pool_are_found_wherever_they_are() -> None:
    resource = a_resource()
    for number in range(20):
        await inventory.claim_any(resource, f"crowd {number}", "stand:field", 500, 10_000, **TERMS)
    with pytest.raises(NotEnoughLeft):
        await inventory.claim_any(resource, "ada", "stand:field", 1, 10_000, **TERMS)
    somewhere = await inventory.open_hold(resource, "crowd 7")
    assert somewhere is not None
    await inventory.release(somewhere.id, "crowd 7", ["stand:field:3777"])
    assert (await inventory.claim_any(resource, "ada", "stand:field", 1, 10_000, **TERMS)).units == (
        "stand:field:3777",
    )


async def test_an_answer_that_was_lost_is_given_again_and_nothing_is_taken_twice() -> None:
    """The client repeats a script whose answer it did not get."""
    resource, holder = a_resource(), a_holder()
    new = HoldId.on(resource)
    asked = (new, new, holder, TERM * 1000, LIMIT * 1000, 0, "", 0, "stand:pit", 2, 10)
    once = await hold_scripts.CLAIM_ANY(resource, *asked)
    assert await hold_scripts.CLAIM_ANY(resource, *asked) == once
    assert len((await inventory.snapshot(resource)).status) == 2
    extended = await hold_scripts.EXTEND(resource, new, holder, "token")
    assert await hold_scripts.EXTEND(resource, new, holder, "token") == extended


async def test_what_has_run_out_is_taken_over_at_once() -> None:
    claim = await a_claim(resource := a_resource(), seats(1, 2), "ada")
    clock.advance(timedelta(seconds=TERM - 10))
    with pytest.raises(UnitsTaken):
        await a_claim(resource, seats(1), "bob")
    clock.advance(timedelta(seconds=20))
    assert (await a_claim(resource, seats(1), "bob")).fence > claim.fence
    assert (await inventory.snapshot(resource)).status == {"seat:1": "held"}
    with pytest.raises(HoldExpired):
        await inventory.hold(claim.id, "ada")
    assert await inventory.open_hold(resource, "ada") is None
    assert (await a_claim(resource, seats(2), "ada")).id != claim.id


async def test_a_hold_is_extended_once_and_never_past_its_limit() -> None:
    claim = await a_claim(a_resource(), holder="ada", seconds=600, limit_seconds=1000)
    longer = await inventory.extend(claim.id, "ada")
    assert longer.expires_at == claim.limit_at
    assert longer.is_extended
    with pytest.raises(AlreadyExtended):
        await inventory.extend(claim.id, "ada")


async def test_a_payment_keeps_a_hold_and_never_past_its_limit() -> None:
    claim = await a_claim(a_resource(), holder="ada")
    later = claim.expires_at + timedelta(seconds=60)
    assert (await inventory.extend_for_payment(claim.id, "ada", later)).expires_at == later
    sooner = claim.expires_at - timedelta(seconds=60)
    assert (await inventory.extend_for_payment(claim.id, "ada", sooner)).expires_at == later
    far = claim.limit_at + timedelta(days=1)
    assert (await inventory.extend_for_payment(claim.id, "ada", far)).expires_at == claim.limit_at
    assert not (await inventory.hold(claim.id, "ada")).is_extended


async def test_units_are_released_one_by_one_or_together() -> None:
    claim = await a_claim(resource := a_resource(), seats(1, 2, 3), "ada")
    left = await inventory.release(claim.id, "ada", seats(2, 9))
    assert left is not None
    assert left.units == ("seat:1", "seat:3")
    assert await inventory.release(claim.id, "ada", seats(2)) == left
    assert await inventory.release(claim.id, "ada", []) == left
    assert set((await inventory.snapshot(resource)).status) == {"seat:1", "seat:3"}
    assert await inventory.release(claim.id, "ada") is None
    assert await inventory.release(claim.id, "ada") is None
    assert (await inventory.snapshot(resource)).status == {}


async def test_a_hold_is_nobody_elses_business() -> None:
    claim = await a_claim(a_resource(), holder="ada")
    for ask in (
        inventory.hold(claim.id, "eve"),
        inventory.extend(claim.id, "eve"),
        inventory.extend_for_payment(claim.id, "eve", claim.limit_at),
        inventory.release(claim.id, "eve"),
        inventory.begin_check_out(claim.id, "eve"),
        inventory.reopen(claim.id, "eve"),
    ):
        with pytest.raises(HoldNotFound):
            await ask
    assert await inventory.hold(claim.id, "ada") == claim


async def test_what_is_checked_out_is_closed_and_the_next_pick_opens_another_hold() -> None:
    claim = await a_claim(resource := a_resource(), seats(1), "ada")
    closed = await inventory.begin_check_out(claim.id, "ada")
    assert closed.is_checked_out
    assert await inventory.begin_check_out(claim.id, "ada") == closed
    with pytest.raises(HoldCheckedOut):
        await inventory.release(claim.id, "ada")
    other = await a_claim(resource, seats(2), "ada")
    assert other.id != claim.id
    assert await inventory.open_hold(resource, "ada") == other


async def test_a_hold_that_changed_since_it_was_seen_is_not_checked_out() -> None:
    claim = await a_claim(resource := a_resource(), seats(1), "ada")
    await a_claim(resource, seats(2), "ada")
    with pytest.raises(HoldChanged):
        await inventory.begin_check_out(claim.id, "ada", claim.fence)


async def test_a_hold_that_changed_since_it_was_seen_is_not_given_back() -> None:
    claim = await a_claim(resource := a_resource(), seats(1), "ada")
    more = await a_claim(resource, seats(2), "ada")
    with pytest.raises(HoldChanged):
        await inventory.release(claim.id, "ada", fence=claim.fence)
    assert await inventory.hold(claim.id, "ada") == more
    assert await inventory.release(claim.id, "ada", fence=more.fence) is None


async def test_a_check_out_can_be_taken_back() -> None:
    claim = await a_claim(resource := a_resource(), seats(1), "ada")
    await inventory.begin_check_out(claim.id, "ada")
    assert await inventory.reopen(claim.id, "ada") == claim
    assert await inventory.reopen(claim.id, "ada") == claim
    assert await inventory.open_hold(resource, "ada") == claim


async def test_a_check_out_taken_back_ends_where_another_hold_was_opened_meanwhile() -> None:
    claim = await a_claim(resource := a_resource(), seats(1), "ada")
    await inventory.begin_check_out(claim.id, "ada")
    other = await a_claim(resource, seats(2), "ada")
    assert await inventory.reopen(claim.id, "ada") is None
    assert (await inventory.snapshot(resource)).status == {"seat:2": "held"}
    assert await inventory.open_hold(resource, "ada") == other


async def test_fences_grow_even_when_everything_was_forgotten(redis: Redis) -> None:
    resource, fences = a_resource(), []
    for round in range(3):
        fences += [(await a_claim(resource, seats(10 * round + number))).fence for number in range(5)]
        await redis.flushall()
    assert fences == sorted(set(fences))


async def test_a_script_that_the_server_does_not_know_is_sent_again(redis: Redis) -> None:
    await a_claim(resource := a_resource())
    await redis.script_flush()
    assert (await inventory.snapshot(resource)).status == {"seat:1": "held"}


@pytest.mark.parametrize(
    ("holder", "candidates"),
    [
        ("ada", []),
        ("ada", [[]]),
        ("ada", [["seat:1", "seat:1"]]),
        ("ada", [["seat:\n1"]]),
        ("ada", [[""]]),
        ("ada", [["s" * 201]]),
        ("ada", [[f"seat:{number}" for number in range(501)]]),
        ("", [["seat:1"]]),
        ("a\nda", [["seat:1"]]),
    ],
)
async def test_nonsense_is_not_claimed(holder: str, candidates: list[list[str]]) -> None:
    with pytest.raises(UnfitUnits):
        await inventory.claim_first(a_resource(), holder, candidates, **TERMS)


@pytest.mark.parametrize("quantity", [0, -1, 501])
async def test_nonsensical_quantities_are_not_claimed(quantity: int) -> None:
    with pytest.raises(UnfitUnits):
        await inventory.claim_any(a_resource(), "ada", "stand:pit", quantity, 1000, **TERMS)


async def test_a_server_that_cannot_write_pauses_holds(redis: Redis) -> None:
    await a_claim(resource := a_resource())
    await redis.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(Unavailable, match="paused"):
            await a_claim(resource, seats(2))
    finally:
        await redis.replicaof("NO", "ONE")


async def test_an_error_of_a_script_is_not_hidden(redis: Redis) -> None:
    await a_claim(resource := a_resource())
    await redis.set(hold_scripts.names_of(resource)[0][0], "not a hash")
    with pytest.raises(Exception, match="WRONGTYPE"):
        await a_claim(resource)


async def test_the_memory_of_a_claim_is_gone_with_it(redis: Redis) -> None:
    claim = await a_claim(resource := a_resource(), seats(1, 2))
    await inventory.release(claim.id, claim.holder)
    left = {key.split(":")[1] for key in await redis.keys(f"{{{resource}}}*")}
    assert left == {"meta", "log", "released"}
