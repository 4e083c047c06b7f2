"""Rate limits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from marketplace import clock, settings
from marketplace import redis as redis_room
from marketplace.accounts import throttle
from marketplace.accounts.throttle import RateState
from marketplace.accounts.views import Actor
from marketplace.errors import TooMany, Unavailable
from marketplace.ids import AccountId, CartId


@pytest.mark.usefixtures("redis")
class TestWindow:
    async def test_so_many_pass_and_the_next_waits(self) -> None:
        states = [await throttle.hit("login", "ada", "3/minute") for _ in range(3)]
        assert [(state.limit, state.remaining) for state in states] == [(3, 2), (3, 1), (3, 0)]
        assert all(59 <= state.reset_after <= 60 for state in states)
        with pytest.raises(TooMany) as refused:
            await throttle.hit("login", "ada", "3/minute")
        assert 59 <= refused.value.retry_after <= 60

    async def test_everybody_and_everything_is_counted_apart(self) -> None:
        for bucket, who, rate in [
            ("login", "ada", "1/minute"), ("login", "grace", "1/minute"), ("hold", "ada", "1/minute"),
            ("login", "ada", "1/hour"), ("login", "", "1/minute"), ("login", "\ud800" * 9000, "1/minute"),
        ]:  # fmt: skip
            assert (await throttle.hit(bucket, who, rate)).remaining == 0

    async def test_the_window_slides(self) -> None:
        await throttle.hit("login", "ada", "2/minute")
        clock.advance(timedelta(seconds=40))
        assert 19 <= (await throttle.hit("login", "ada", "2/minute")).reset_after <= 20
        clock.advance(timedelta(seconds=19))
        with pytest.raises(TooMany):
            await throttle.hit("login", "ada", "2/minute")
        clock.advance(timedelta(seconds=1))
        # The first hit has left; the second is still there.
        state = await throttle.hit("login", "ada", "2/minute")
        assert (state.remaining, 39 <= state.reset_after <= 40) == (0, True)

    async def test_hammering_does_not_prolong_the_wait(self) -> None:
        await throttle.hit("login", "ada", "1/minute")
        for _ in range(5):
            clock.advance(timedelta(seconds=10))
            with pytest.raises(TooMany):
                await throttle.hit("login", "ada", "1/minute")
        clock.advance(timedelta(seconds=10))
        assert await throttle.hit("login", "ada", "1/minute") == RateState(1, 0, 60, 60)

    async def test_of_many_at_once_exactly_so_many_pass(self) -> None:
        hits = (throttle.hit("hold", "ada", "5/second") for _ in range(40))
        outcomes = await asyncio.gather(*hits, return_exceptions=True)
        passed = [outcome for outcome in outcomes if isinstance(outcome, RateState)]
        assert sorted(state.remaining for state in passed) == [0, 1, 2, 3, 4]
        assert all(isinstance(outcome, RateState | TooMany) for outcome in outcomes)

    async def test_guesses_at_an_account_are_counted_by_the_minute_and_by_the_hour(self) -> None:
        account = AccountId.new()
        for _ in range(6):
            for _ in range(10):
                await throttle.guess(account)
            with pytest.raises(TooMany):
                await throttle.guess(account)
            clock.advance(timedelta(minutes=1))
        with pytest.raises(TooMany) as refused:
            await throttle.guess(account)
        assert refused.value.retry_after > 60
        await throttle.guess(AccountId.new())

    async def test_a_hit_is_one_round_trip_and_leaves_one_key_that_ends_by_itself(self, redis: Redis) -> None:
        await throttle.hit("login", "ada@example.org", "10/minute")
        before = await redis.info("commandstats")
        await throttle.hit("login", "ada@example.org", "10/minute")
        after = await redis.info("commandstats")

        def calls(stats: dict[str, dict[str, int]], *names: str) -> int:
            return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in names)

        assert calls(after, "evalsha") - calls(before, "evalsha") == 1
        assert calls(after, "eval", "script|load", "script") == calls(before, "eval", "script|load", "script")
        keys = await redis.keys("*")
        assert len(keys) == 1
        assert "ada" not in keys[0]
        assert 0 < await redis.pttl(keys[0]) <= 60_000


async def test_without_an_answer_nothing_passes_and_nothing_hangs(tmp_path: Path) -> None:
    redis_room.use(f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(Unavailable):
        await throttle.hit("login", "ada", "10/minute")


async def test_without_a_server_at_all_it_says_so() -> None:
    redis_room.use(None)
    with pytest.raises(Unavailable):
        await throttle.hit("login", "ada", "10/minute")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_network_is_what_one_customer_of_a_provider_has(address: str, network: str) -> None:
    assert throttle.network_of(address) == network


@pytest.mark.usefixtures("redis")
async def test_requests_for_seats_are_counted_by_cart_by_account_and_by_network(
    own_settings: settings.Settings,
) -> None:
    rates = {"hold_limit": "2/minute", "hold_limit_per_network": "5/minute"}
    settings.use(own_settings.model_copy(update=rates))
    account = AccountId.new()
    for _ in range(2):
        await throttle.pick(Actor(cart=CartId.new(), account=account, network="203.0.113.7"))
    with pytest.raises(TooMany):  # the account, whatever its carts
        await throttle.pick(Actor(cart=CartId.new(), account=account))
    for _ in range(3):
        await throttle.pick(Actor(cart=CartId.new(), network="203.0.113.7"))
    with pytest.raises(TooMany):  # the network, whoever it is
        await throttle.pick(Actor(cart=CartId.new(), network="203.0.113.7"))
    assert (await throttle.pick(Actor(cart=CartId.new(), network="203.0.113.8"))).remaining == 1
