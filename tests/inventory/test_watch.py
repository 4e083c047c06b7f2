"""Everybody who watches sees every change soon, once, and from where they left off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis

from marketplace.ids import ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import hold_scripts, watch
from marketplace.inventory.watch import ChangesEvent, Event, Hub, PausedEvent, SnapshotEvent, encode
from marketplace.inventory.watched import BATCHES_KEPT, MOST_WAITING, Change, Watched
from marketplace.redis import EmbeddedRedis
from tests.makers.inventory import a_claim, a_resource, a_sale, seats
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("one_database")


class View:
    """What one viewer has seen."""

    def __init__(self, hub: Hub, resource: ResourceId, last: int | None = None) -> None:
        self.events: list[Event] = []
        self.status: dict[str, str] = {}
        self.version = 0
        self._task = asyncio.create_task(self._look(hub, resource, last))

    async def _look(self, hub: Hub, resource: ResourceId, last: int | None) -> None:
        async for event in hub.watch(resource, last):
            self.events.append(event)
            if isinstance(event, SnapshotEvent):
                self.status = dict(event.status)
            elif isinstance(event, ChangesEvent):
                self.status |= event.changes
                self.status = {unit: said for unit, said in self.status.items() if said != "free"}
            self.version = getattr(event, "version", self.version)

    async def sees(self, status: dict[str, str]) -> None:
        await eventually(lambda: bool(self.events) and self.status == status)

    async def sees_a(self, kind: type) -> None:
        await eventually(lambda: any(isinstance(event, kind) for event in self.events))

    @property
    def has_ended(self) -> bool:
        return self._task.done()

    async def leave(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    yield hub
    await hub.close()


class TestWatching:
    @pytest.fixture(autouse=True)
    def _redis(self, redis: Redis) -> None: ...

    async def test_a_viewer_sees_what_is_taken_and_then_every_change(self, hub: Hub, now: datetime) -> None:
        await a_sale(resource := a_resource(), seats(1), now)
        view = View(hub, resource)
        await view.sees({"seat:1": "sold"})
        claim = await a_claim(resource, seats(2, 3))
        await view.sees({"seat:1": "sold", "seat:2": "held", "seat:3": "held"})
        await inventory.release(claim.id, claim.holder, seats(2))
        await view.sees({"seat:1": "sold", "seat:3": "held"})
        assert [type(event) for event in view.events] == [SnapshotEvent, ChangesEvent, ChangesEvent]

    async def test_many_changes_make_few_batches(self, hub: Hub) -> None:
        view = View(hub, resource := a_resource())
        await view.sees({})
        await asyncio.gather(*(a_claim(resource, seats(number)) for number in range(100)))
        await view.sees({f"seat:{number}": "held" for number in range(100)})
        assert len(view.events) < 30

    async def test_a_batch_is_encoded_once_for_all(self, hub: Hub) -> None:
        resource = a_resource()
        views = [View(hub, resource) for _ in range(3)]
        for view in views:
            await view.sees({})
        claim = await a_claim(resource)
        for view in views:
            await view.sees({"seat:1": "held"})
        assert len({id(encode(view.events[-1])) for view in views}) == 1
        assert len({id(encode(view.events[0])) for view in views}) == 1
        head, name, data = encode(views[0].events[-1]).decode().strip().split("\n")
        assert (head, name) == (f"id: {claim.fence}", "event: changes")
        assert json.loads(data.removeprefix("data: ")) == {"version": claim.fence, "changes": {"seat:1": "held"}}
        assert encode(views[0].events[0]).startswith(b"id: ")
        assert b"event: snapshot\n" in encode(views[0].events[0])
        assert encode(PausedEvent()) == b"event: paused\ndata: {}\n\n"

    async def test_one_subscription_serves_them_all_and_ends_with_them(self, hub: Hub, redis: Redis) -> None:
        resources = [a_resource() for _ in range(3)]
        views = [View(hub, resource) for resource in resources for _ in range(4)]
        for view in views:
            await view.sees({})
        assert len(await redis.client_list(_type="pubsub")) == 1
        for view in views[:5]:
            await view.leave()

        async def channels() -> set[str]:
            return set(await redis.pubsub_channels())

        async def only_those_watched() -> bool:
            return await channels() == {hold_scripts.names_of(resource)[1] for resource in resources[1:]}

        await eventually(only_those_watched)
        for view in views[5:]:
            await view.leave()

        async def none() -> bool:
            return not await redis.client_list(_type="pubsub")

        await eventually(none)
        again = View(hub, resources[0])
        await again.sees({})

    async def test_a_hall_that_is_watched_later_joins_the_subscription(self, hub: Hub, redis: Redis) -> None:
        early, late = a_resource(), a_resource()
        first = View(hub, early)
        await first.sees({})
        second = View(hub, late)
        await second.sees({})
        await a_claim(late)
        await second.sees({"seat:1": "held"})
        await second.leave()
        await a_claim(early)
        await first.sees({"seat:1": "held"})
        assert len(await redis.client_list(_type="pubsub")) == 1

    async def test_a_snapshot_that_is_outrun_by_changes_is_taken_again(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So much happened while it was on its way that the batches after it are forgotten."""
        first = View(hub, resource := a_resource())
        await first.sees({})
        await a_claim(resource)
        await first.sees({"seat:1": "held"})
        take, times = watch._take_snapshot, []

        async def take_an_old_one_first(resource: ResourceId) -> SnapshotEvent:
            times.append(resource)
            taken = await take(resource)
            return SnapshotEvent(1, {}) if len(times) == 1 else taken

        monkeypatch.setattr(watch, "_take_snapshot", take_an_old_one_first)
        hub._watched[hold_scripts.names_of(resource)[1]].latest = None
        second = View(hub, resource)
        await second.sees({"seat:1": "held"})
        assert len(times) == 2

    async def test_who_comes_back_resumes_from_what_the_process_remembers(self, hub: Hub) -> None:
        resource = a_resource()
        one, other = View(hub, resource), View(hub, resource)
        await one.sees({})
        await other.sees({})
        await a_claim(resource, seats(1))
        await one.sees({"seat:1": "held"})
        await one.leave()
        await a_claim(resource, seats(2))
        await other.sees({"seat:1": "held", "seat:2": "held"})
        back = View(hub, resource, one.version)
        await back.sees({"seat:2": "held"})
        assert {type(event) for event in back.events} == {ChangesEvent}
        up_to_date = View(hub, resource, other.version)
        await a_claim(resource, seats(3))
        await up_to_date.sees({"seat:3": "held"})

    async def test_who_comes_back_to_another_process_resumes_from_the_log(self, hub: Hub) -> None:
        first = await a_claim(resource := a_resource(), seats(1))
        await a_claim(resource, seats(2))
        last = await a_claim(resource, seats(3))
        view = View(hub, resource, first.fence)
        await view.sees({"seat:2": "held", "seat:3": "held"})
        assert view.events == [ChangesEvent(last.fence, view.status)]
        current = View(hub, resource, last.fence)
        await current.sees_a(ChangesEvent)
        assert current.events == [ChangesEvent(last.fence, {})]

    @pytest.mark.parametrize("is_ahead", [True, False])
    async def test_who_was_away_too_long_gets_a_snapshot(self, hub: Hub, redis: Redis, is_ahead: bool) -> None:
        first = await a_claim(resource := a_resource(), seats(1))
        await a_claim(resource, seats(2))
        await redis.xtrim(hold_scripts.names_of(resource)[0][5], maxlen=0, approximate=False)
        view = View(hub, resource, first.fence + (10**9 if is_ahead else 0))
        await view.sees({"seat:1": "held", "seat:2": "held"})
        assert isinstance(view.events[0], SnapshotEvent)

    async def test_a_slow_viewer_is_dropped_and_nobody_waits_for_them(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("marketplace.inventory.watched.GATHER_SECONDS", 0.0)
        resource = a_resource()
        slow = hub.watch(resource)
        assert isinstance(await anext(slow), SnapshotEvent)
        quick = View(hub, resource)
        await quick.sees({})
        for number in range(MOST_WAITING + 5):
            claim = await a_claim(resource, seats(number))
            await eventually(lambda version=claim.fence: quick.version >= version)
        assert [event async for event in slow] == []
        assert not quick.has_ended

    async def test_what_runs_out_shows_though_nobody_claims(self, hub: Hub) -> None:
        await a_claim(resource := a_resource(), seats(1), seconds=1, limit_seconds=1)
        view = View(hub, resource)
        await view.sees({"seat:1": "held"})
        await view.sees({})

    async def test_after_a_flush_everybody_gets_a_new_picture(self, hub: Hub, redis: Redis, now: datetime) -> None:
        await a_sale(resource := a_resource(), seats(1), now)
        await a_claim(resource, seats(2))
        view = View(hub, resource)
        await view.sees({"seat:1": "sold", "seat:2": "held"})
        await redis.flushall()
        await view.sees({"seat:1": "sold"})
        await a_claim(resource, seats(3))
        await view.sees({"seat:1": "sold", "seat:3": "held"})

    async def test_a_subscription_that_breaks_loses_nothing(self, hub: Hub, redis: Redis) -> None:
        view = View(hub, resource := a_resource())
        await view.sees({})
        await redis.client_kill_filter(_type="pubsub")
        await a_claim(resource, seats(1))
        await view.sees({"seat:1": "held"})
        await a_claim(resource, seats(2))
        await view.sees({"seat:1": "held", "seat:2": "held"})

    @pytest.mark.parametrize("is_last", [True, False])
    async def test_a_message_that_was_lost_is_missed(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch, is_last: bool
    ) -> None:
        view = View(hub, resource := a_resource())
        await view.sees({})
        hear, heard = Watched.hear, []

        def hear_not_the_first(watched: Watched, change: Change) -> None:
            heard.append(change)
            if len(heard) > 1:
                hear(watched, change)

        monkeypatch.setattr(Watched, "hear", hear_not_the_first)
        await a_claim(resource, seats(1))
        if not is_last:
            await a_claim(resource, seats(2))
        await view.sees({"seat:1": "held"} if is_last else {"seat:1": "held", "seat:2": "held"})

    async def test_who_comes_much_later_than_the_last_picture_gets_a_new_one(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("marketplace.inventory.watched.GATHER_SECONDS", 0.0)
        view = View(hub, resource := a_resource())
        await view.sees({})
        early = View(hub, resource)
        await early.sees({})
        assert early.events[0] is view.events[0]
        for number in range(watch.BATCHES_BEHIND + 2):
            claim = await a_claim(resource, seats(number))
            await eventually(lambda version=claim.fence: view.version >= version)
        late = View(hub, resource)
        await late.sees(view.status)
        assert len(late.events) == 1

    async def test_closing_sends_everybody_away(self, hub: Hub) -> None:
        views = [View(hub, a_resource()), View(hub, a_resource())]
        for view in views:
            await view.sees({})
        await hub.close()
        await eventually(lambda: all(view.has_ended for view in views))


class TestAwayAndBack:
    async def test_viewers_are_told_of_a_pause_and_of_its_end(self, own_redis: EmbeddedRedis, hub: Hub) -> None:
        view = View(hub, resource := a_resource())
        claim = await a_claim(resource)
        await view.sees({"seat:1": "held"})
        own_redis.stop()
        await view.sees_a(PausedEvent)
        newcomer = View(hub, resource, claim.fence)
        stranger = View(hub, a_resource())
        await newcomer.sees_a(PausedEvent)
        await stranger.sees_a(PausedEvent)
        own_redis.start()
        for one in (view, newcomer, stranger):
            await eventually(lambda one=one: not isinstance(one.events[-1], PausedEvent))
            assert sum(isinstance(event, PausedEvent) for event in one.events) == 1
        await a_claim(resource, seats(2))
        await view.sees({"seat:1": "held", "seat:2": "held"})
        await newcomer.sees({"seat:2": "held"})

    async def test_a_server_that_goes_while_a_viewer_comes_is_a_pause(
        self, own_redis: EmbeddedRedis, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = View(hub, resource := a_resource())
        await first.sees({})
        log_since, times = watch._log_since, []

        async def away_at_first(resource: ResourceId, version: int) -> ChangesEvent | None:
            times.append(version)
            if len(times) == 1:
                raise watch.Unavailable("away")
            return await log_since(resource, version)

        monkeypatch.setattr(watch, "_log_since", away_at_first)
        newcomer = View(hub, resource, 1)
        await newcomer.sees_a(SnapshotEvent)
        await first.sees_a(PausedEvent)


class TestTheRing:
    """How one resource's batches are remembered."""

    @staticmethod
    async def a_watched(batches: int) -> Watched:
        watched = Watched(a_resource())
        watched.go_on_from(SnapshotEvent(100, {}))
        for number in range(batches):
            watched.hear(Change(101 + number, 100 + number, "held", [f"seat:{number}"]))
            watched.send_batch()
        return watched

    async def test_it_tells_what_came_after_a_version(self) -> None:
        watched = await self.a_watched(3)
        assert [batch.version for batch in watched.since(101) or []] == [102, 103]
        assert watched.since(103) == []
        assert watched.since(104) == []
        assert watched.since(99) is None

    async def test_it_forgets_what_is_long_past(self) -> None:
        watched = await self.a_watched(BATCHES_KEPT + 1)
        assert watched.since(100) is None
        assert len(watched.since(101) or []) == BATCHES_KEPT

    async def test_changes_that_are_known_already_are_not_told_again(self) -> None:
        watched = await self.a_watched(2)
        watched.hear(Change(101, 100, "held", ["seat:0"]))
        watched.send_batch()
        assert watched.is_live
        assert watched.since(102) == []

    async def test_changes_that_come_during_a_sync_follow_it(self) -> None:
        watched = await self.a_watched(0)
        watched.sync_soon()
        watched.hear(Change(101, 100, "held", ["seat:0"]))
        watched.hear(Change(102, 101, "held", ["seat:1"]))
        watched.go_on_from(ChangesEvent(101, {"seat:0": "held"}))
        watched.send_batch()
        assert [batch.changes for batch in watched.since(100) or []] == [{"seat:0": "held"}, {"seat:1": "held"}]

    async def test_nothing_follows_from_before_a_rebuild(self) -> None:
        watched = await self.a_watched(1)
        watched.sync_soon()
        watched.hear(Change(103, 102, "held", ["seat:0"]))
        watched.hear(Change(50, 0, "reset", []))
        watched.go_on_from(SnapshotEvent(50, {}))
        watched.send_batch()
        assert watched.is_live
        assert watched.since(50) == []
        watched.end()
