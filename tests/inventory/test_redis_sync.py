"""Redis may forget, restart or be told late: it ends up showing what SQL says, and nothing is sold twice on the way."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import event

from marketplace import clock, db, outbox
from marketplace.db import transaction
from marketplace.errors import Unavailable
from marketplace.ids import HoldId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import hold_scripts, reactions, redis_sync
from marketplace.inventory.errors import HoldExpired, UnitsTaken
from marketplace.inventory.events import UnitsFreed, UnitsSold
from marketplace.inventory.views import Sale
from marketplace.redis import EmbeddedRedis
from tests.makers.inventory import TERM, a_check_out, a_claim, a_resource, a_sale, checked_out, seats
from tests.waiting import somebody_else

pytestmark = pytest.mark.usefixtures("database")


async def free(hold_id: HoldId, now: datetime) -> None:
    async with transaction() as session:
        await inventory.free(session, hold_id, now)


async def status(resource: ResourceId) -> dict[str, str]:
    return (await inventory.snapshot(resource)).status


class TestAfterAFlush:
    async def test_what_sql_knows_is_there_again_and_open_holds_are_lost(self, redis: Redis, now: datetime) -> None:
        resource = a_resource()
        sold = await a_sale(resource, seats(1, 2), now)
        waiting = await a_check_out(resource, seats(3), now, "ada")
        overdue = await a_check_out(resource, seats(4), now)
        async with transaction() as session:
            for row in await inventory.queries.of_hold(session, overdue.id):
                row.expires_at = now
        open_hold = await a_claim(resource, seats(5), "bob")
        before = await inventory.snapshot(resource)
        await redis.flushall()
        after = await inventory.snapshot(resource)
        assert after.status == {"seat:1": "sold", "seat:2": "sold", "seat:3": "held"}
        assert after.version > before.version
        again = await inventory.hold(waiting.id, "ada")
        assert (again.units, again.expires_at, again.limit_at) == (waiting.units, waiting.expires_at, waiting.limit_at)
        assert again.is_checked_out
        with pytest.raises(HoldExpired):
            await inventory.hold(open_hold.id, "bob")
        assert (await a_claim(resource, seats(5))).fence > max(sold.fence, open_hold.fence)

    async def test_many_who_rebuild_at_once_rebuild_once(self, redis: Redis, now: datetime) -> None:
        await a_sale(resource := a_resource(), seats(1), now)
        await redis.flushall()
        snapshots = await asyncio.gather(*(inventory.snapshot(resource) for _ in range(8)))
        assert len({snapshot.version for snapshot in snapshots}) == 1
        claim = await a_claim(resource, seats(2))
        await inventory.rebuild(resource)
        assert await inventory.hold(claim.id, claim.holder) == claim

    async def test_a_crowd_that_finds_it_empty_takes_one_connection_to_the_database(
        self, redis: Redis, now: datetime
    ) -> None:
        await a_sale(resource := a_resource(), seats(1), now)
        await redis.flushall()
        taken: list[object] = []
        event.listen(db.engine().sync_engine, "checkout", lambda *connection: taken.append(connection))
        await asyncio.gather(*(inventory.snapshot(resource) for _ in range(200)))
        assert len(taken) == 1

    async def test_fences_go_on_above_the_highest_that_sql_has_seen(self, redis: Redis, now: datetime) -> None:
        """The clock stood far ahead when the highest was given, and then the server was lost."""
        clock.advance(timedelta(days=400))
        early = await a_sale(resource := a_resource(), seats(1), clock.now())
        await free(early.id, clock.now())
        clock.reset()
        await redis.flushall()
        assert (await a_sale(resource, seats(1), now)).fence > early.fence

    async def test_big_halls_come_back_whole(self, redis: Redis, now: datetime) -> None:
        resource = a_resource()
        async with transaction() as session:
            await inventory.allot(session, resource, [f"seat:{n}" for n in range(20_000)], "demo", now)
        await redis.flushall()
        assert len(await status(resource)) == 20_000

    async def test_a_server_that_forgets_at_once_pauses_holds(
        self, redis: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def in_vain(resource: ResourceId) -> None: ...

        monkeypatch.setattr(hold_scripts, "rebuild", in_vain)
        with pytest.raises(Unavailable, match="being restored"):
            await inventory.snapshot(a_resource())


class TestNews:
    @pytest.fixture(autouse=True)
    def _redis(self, redis: Redis) -> None: ...

    async def test_the_outbox_tells_redis_what_the_hook_could_not(
        self, redis: Redis, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        claim = await a_check_out(resource := a_resource(), seats(1), now)
        with monkeypatch.context() as broken:
            broken.setattr(redis_sync, "_apply", self.away)
            async with transaction() as session:
                await inventory.confirm(session, claim.id, now)
        assert await status(resource) == {"seat:1": "held"}
        assert await outbox.deliver_due(now) == 1
        assert await status(resource) == {"seat:1": "sold"}

    async def test_the_outbox_tells_redis_of_many_sales_at_once(
        self, redis: Redis, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resource = a_resource()
        sales = [Sale((f"seat:{n}",), f"holder {n}", f"bkg {n}", now) for n in (1, 2, 3)]
        with monkeypatch.context() as broken:
            broken.setattr(redis_sync, "_apply", self.away)
            async with transaction() as session:
                first, *_ = await inventory.allot_each(session, resource, sales, now)
        await free(first, now)
        assert await status(resource) == {"seat:1": "held", "seat:2": "held", "seat:3": "held"}
        while await outbox.deliver_due(now):
            pass
        assert await status(resource) == {"seat:2": "sold", "seat:3": "sold"}

    @staticmethod
    async def away(hold_id: HoldId, rows: object) -> None:
        raise Unavailable("away")

    async def test_news_may_come_late_twice_and_in_any_order(self, now: datetime) -> None:
        first = await a_sale(resource := a_resource(), seats(1, 2), now)
        await free(first.id, now)
        second = await a_sale(resource, seats(2), now)
        sold = UnitsSold(first.id, resource, first.units, now)
        freed = UnitsFreed(first.id, resource, first.units, now)
        for news in (freed, sold, sold, freed, UnitsSold(second.id, resource, second.units, now)):
            await reactions.show_what_became_of_the_units(news, now)
            assert await status(resource) == {"seat:2": "sold"}

    async def test_old_news_does_not_free_what_the_same_hold_has_taken_again(self, now: datetime) -> None:
        claim = await a_check_out(resource := a_resource(), seats(1), now)
        await free(claim.id, now)
        async with transaction() as session:
            await inventory.take_again(session, claim.id, now)
            # In the middle of it, the old news is delivered: SQL still says that the hold has nothing.
            with somebody_else():
                await redis_sync.settle(claim.id)
            assert await status(resource) == {"seat:1": "held"}
        assert await status(resource) == {"seat:1": "sold"}

    async def test_a_seat_that_is_being_paid_for_is_still_held_after_a_restart_that_forgot_it(
        self, own_redis: EmbeddedRedis, now: datetime, tmp_path: Path
    ) -> None:
        """Redis loses its last second, and with it the longer deadline."""
        claim = await a_check_out(resource := a_resource(), seats(1), now, "ada")
        later = now + timedelta(minutes=10)
        clock.advance(timedelta(minutes=10))
        assert await inventory.expire(later) == 0
        shutil.copytree(own_redis.folder, tmp_path / "kept")
        async with transaction() as session:
            await inventory.keep_until(session, claim.id, "ada", later + timedelta(minutes=15), later)
        own_redis.stop(kill=True)
        shutil.rmtree(own_redis.folder)
        shutil.copytree(tmp_path / "kept", own_redis.folder)
        own_redis.start()
        await inventory.expire(later)
        clock.advance(timedelta(minutes=8))
        assert await status(resource) == {"seat:1": "held"}

    async def test_whoever_settles_last_looks_again(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        """While one settles by what it has read, the hold is given back, and that is settled, too."""
        claim = await a_sale(resource := a_resource(), seats(1), now)
        apply, times = redis_sync._apply, []

        async def slowly(hold_id: HoldId, rows: list[object]) -> None:
            times.append(hold_id)
            if len(times) == 1:
                await free(claim.id, now)
                assert await status(resource) == {}
            await apply(hold_id, rows)

        monkeypatch.setattr(redis_sync, "_apply", slowly)
        await redis_sync.settle(claim.id)
        assert await status(resource) == {}

    async def test_old_news_does_not_touch_a_newer_sale(self, now: datetime) -> None:
        first = await a_sale(resource := a_resource(), seats(1), now)
        await free(first.id, now)
        await a_sale(resource, seats(1), now)
        await hold_scripts.MARK_SOLD(resource, first.id, first.fence, "seat:1")
        await hold_scripts.MARK_FREE(resource, first.id, first.fence, "seat:1")
        assert await status(resource) == {"seat:1": "sold"}

    async def test_old_news_does_not_bring_back_what_has_run_out_or_changed(self, now: datetime) -> None:
        claim = await a_check_out(resource := a_resource(), seats(1), now, "ada")
        async with transaction(reading=True) as session:
            rows = await inventory.queries.of_hold(session, claim.id)
        record = hold_scripts.record_of(rows[0])
        await inventory.reopen(claim.id, "ada")
        changed = await a_claim(resource, seats(2), "ada")
        await hold_scripts.MARK_HELD(resource, claim.id, record, "seat:1")
        assert await inventory.hold(claim.id, "ada") == changed
        clock.advance(timedelta(seconds=TERM + 1))
        await hold_scripts.MARK_HELD(resource, claim.id, record, "seat:1")
        assert await status(resource) == {}

    async def test_a_checked_out_hold_gets_only_what_others_have_not(self, redis: Redis, now: datetime) -> None:
        claim = await a_claim(resource := a_resource(), seats(1, 2), "ada")
        await redis.flushall()
        other = await a_claim(resource, seats(2), "bob")
        async with transaction() as session:
            await inventory.check_out(session, claim, "bkg", now)
        assert (await inventory.hold(claim.id, "ada")).units == ("seat:1",)
        with pytest.raises(UnitsTaken):
            await checked_out(other, now)
        await redis.flushall()
        third = await a_claim(resource, seats(3), "cleo")
        await hold_scripts.MARK_HELD(resource, third.id, "cleo\n1\n1\n1\n0\n1\n1\n-", "seat:3")
        async with transaction(reading=True) as session:
            rows = await inventory.queries.of_hold(session, claim.id)
        stranger = HoldId.on(resource)
        await hold_scripts.MARK_HELD(resource, stranger, hold_scripts.record_of(rows[0]), "seat:1")
        with pytest.raises(HoldExpired):
            await inventory.hold(stranger, "ada")

    async def test_a_check_out_drops_the_holders_open_hold_even_if_nobody_said_so(self, now: datetime) -> None:
        claim = await a_claim(resource := a_resource(), seats(1), "ada")
        async with transaction() as session:
            await inventory.check_out(session, claim, "bkg", now)
        assert await inventory.open_hold(resource, "ada") is None
        assert (await inventory.hold(claim.id, "ada")).is_checked_out

    async def test_a_refusal_by_sql_heals_the_map(self, redis: Redis, now: datetime) -> None:
        await a_sale(resource := a_resource(), seats(1), now)
        await redis.hdel(hold_scripts.names_of(resource)[0][0], "seat:1")
        wrong = await a_claim(resource, seats(1), "ada")
        with pytest.raises(UnitsTaken):
            await checked_out(wrong, now)
        assert await status(resource) == {"seat:1": "sold"}


class TestAwayAndBack:
    async def test_while_redis_is_away_nothing_is_guessed_and_sql_goes_on(
        self, own_redis: EmbeddedRedis, now: datetime
    ) -> None:
        claim = await a_check_out(resource := a_resource(), seats(1), now)
        own_redis.stop()
        for verb in (a_claim(resource, seats(2)), inventory.snapshot(resource), inventory.expire(now)):
            with pytest.raises(Unavailable):
                await verb
        async with transaction() as session:
            await inventory.confirm(session, claim.id, now)
        own_redis.start()
        assert await status(resource) == {"seat:1": "held"}
        await outbox.deliver_due(now)
        assert await status(resource) == {"seat:1": "sold"}

    async def test_a_restart_that_loses_the_last_moments_is_mended_from_sql(
        self, own_redis: EmbeddedRedis, now: datetime, tmp_path: Path
    ) -> None:
        """Killed before it wrote down its last second; the outbox had been delivered by then."""
        resource = a_resource()
        freed = await a_sale(resource, seats(1), now)
        open_hold = await a_claim(resource, seats(5), "ada")
        assert await inventory.expire(now) == 0
        shutil.copytree(own_redis.folder, tmp_path / "kept")
        await a_sale(resource, seats(2, 3), now)
        await a_check_out(resource, seats(4), now)
        await free(freed.id, now)
        lost = await a_claim(resource, seats(6), "bob")
        await outbox.deliver_due(now)
        truth = await status(resource)
        own_redis.stop(kill=True)
        shutil.rmtree(own_redis.folder)
        shutil.copytree(tmp_path / "kept", own_redis.folder)
        own_redis.start()
        assert await status(resource) == {"seat:1": "sold", "seat:5": "held"}
        await inventory.expire(now)
        assert await status(resource) == {unit: said for unit, said in truth.items() if unit != "seat:6"}
        assert await inventory.hold(open_hold.id, "ada") == open_hold
        with pytest.raises(HoldExpired):
            await inventory.hold(lost.id, "bob")
        assert await redis_sync.mend(now) == 0
        assert (await a_claim(resource, seats(7))).fence > lost.fence
