"""Who watches a resource sees its changes as they happen: one Redis subscription per process, however many viewers.

A change is published by the script that makes it, with its version and the one before. A hub gathers changes for a
moment, makes one batch of them, encodes it once, and gives it to every viewer. Wherever it may have missed something (a
new subscription, a gap between versions, a Redis that was away), it reads on from the resource's log, or takes a new
snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from marketplace.background import end
from marketplace.errors import Unavailable
from marketplace.ids import ResourceId
from marketplace.inventory import actions, hold_scripts
from marketplace.inventory.watched import Change, ChangesEvent, Event, PausedEvent, SnapshotEvent, Viewer, Watched
from marketplace.pauses import Pauses
from marketplace.redis import client, must_answer

__all__ = ["ChangesEvent", "Event", "Hub", "PausedEvent", "SnapshotEvent", "encode"]

log = structlog.get_logger()

BATCHES_BEHIND = 16
"""A snapshot so many batches old is still handed out, followed by the batches after it."""
LONGEST_NAP = 1.0
"""A watched resource is looked at so often at least, and at its next deadline: what has run out shows at once."""
SHORTEST_NAP = 0.01
RECONNECT_SECONDS = 0.25
LONGEST_PAUSE = 4.0
"""Between two looks at a Redis that stays away."""


def encode(event: Event) -> bytes:
    """The event as a server-sent event: encoded once, the same bytes for every viewer."""
    return event.wire


class Hub:
    """Everything that this process watches. Make one per process and event loop; it wakes with its first viewer."""

    def __init__(self) -> None:
        self._watched: dict[str, Watched] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._pubsub: PubSub | None = None

    async def watch(self, resource: ResourceId, last_version: int | None = None) -> AsyncGenerator[Event]:
        """What happens to the resource, from `last_version` on where that can be told, else from a snapshot on.

        Ends when the viewer is too slow, or the hub closes.
        """
        watched, is_first = self._enter(resource)
        viewer = Viewer()
        try:
            if is_first:
                await self._subscribe(resource)
            async for event in self._beginning(watched, viewer, last_version):
                yield event
            while (next_event := await viewer.queue.get()) is not None:
                yield next_event
        finally:
            watched.viewers.discard(viewer)
            await self._leave(watched)

    async def close(self) -> None:
        """Send every viewer away and let go of the subscription."""
        watched = list(self._watched.values())
        for one in watched:
            await self._forget(one)

    async def _beginning(self, watched: Watched, viewer: Viewer, last: int | None) -> AsyncGenerator[Event]:
        """What a viewer needs to catch up; from its end on the viewer is given every batch that follows."""
        is_told = False
        while True:
            if not watched.is_live:
                if watched.is_paused and not is_told:
                    is_told = True
                    yield PausedEvent()
                    continue
                await watched.turned.wait()
                continue
            start: SnapshotEvent | ChangesEvent | None = None
            batches = None if last is None or last > watched.sent_version else watched.since(last)
            if batches is None:
                try:
                    start = (last and await _log_since(watched.resource, last)) or await self._snapshot(watched)
                except Unavailable:
                    self._pause()
                    continue
                # What lies between it and what the others were sent last; nothing where it is ahead of them.
                batches = watched.since(start.version)
                last = None
            if batches is None:
                continue
            if start is None and not batches:
                # Said all the same: who has been told of a pause would never hear of its end.
                start = ChangesEvent(watched.sent_version, {})
            # From joining on, nothing is missed; what comes twice does no harm, as it tells statuses, not steps.
            watched.viewers.add(viewer)
            if start is not None:
                yield start
            for batch in batches:
                yield batch
            return

    async def _snapshot(self, watched: Watched) -> SnapshotEvent:
        """A recent snapshot."""
        async with watched.snapshots:
            latest = watched.latest
            behind = None if latest is None else watched.since(latest.version)
            if latest is None or behind is None or len(behind) > BATCHES_BEHIND:
                watched.latest = latest = await _take_snapshot(watched.resource)
            return latest

    # --- resources come and go with their viewers

    def _enter(self, resource: ResourceId) -> tuple[Watched, bool]:
        """What is known of the resource, and whether nobody else watches it yet."""
        channel = hold_scripts.names_of(resource)[1]
        is_first = channel not in self._watched
        if is_first:
            self._watched[channel] = Watched(resource)
            self._keepers[channel] = asyncio.create_task(self._keep(self._watched[channel]))
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
        self._watched[channel].visitors += 1
        return self._watched[channel], is_first

    async def _subscribe(self, resource: ResourceId) -> None:
        if self._pubsub is not None:
            with suppress(RedisError, OSError):  # the reader notices, too, and subscribes to everything anew
                await self._pubsub.subscribe(hold_scripts.names_of(resource)[1])

    async def _leave(self, watched: Watched) -> None:
        watched.visitors -= 1
        if not watched.visitors:
            await self._forget(watched)

    async def _forget(self, watched: Watched) -> None:
        channel = hold_scripts.names_of(watched.resource)[1]
        if self._watched.get(channel) is not watched:
            return
        del self._watched[channel]
        watched.end()
        await end(self._keepers.pop(channel))
        if not self._watched and self._reader is not None:
            reader, self._reader = self._reader, None
            await end(reader)
        elif self._pubsub is not None and channel not in self._watched:
            with suppress(RedisError, OSError):
                await self._pubsub.unsubscribe(channel)

    # --- one task hears

    async def _read(self) -> None:
        """Listen to every watched resource; start anew whenever the connection is lost."""
        pauses = Pauses(RECONNECT_SECONDS, LONGEST_PAUSE)
        while True:
            try:
                async with client().pubsub() as pubsub:
                    await self._listen(pubsub, pauses)
            except (RedisError, OSError, Unavailable) as error:
                log.warning("inventory.watch_lost", error=repr(error))
                self._pause()
            await pauses.wait()

    async def _listen(self, pubsub: PubSub, pauses: Pauses) -> None:
        channels = set(self._watched)
        await pubsub.subscribe(*channels)
        pauses.end()
        self._pubsub = pubsub
        try:
            if missing := self._watched.keys() - channels:
                await pubsub.subscribe(*missing)
            while True:
                message = await pubsub.get_message(timeout=LONGEST_NAP)
                if message is not None:
                    self._hear(message)
        finally:
            # Of a reader that ends while the next one has begun already, the next one's stays.
            if self._pubsub is pubsub:
                self._pubsub = None

    def _hear(self, message: dict[str, Any]) -> None:
        watched = self._watched.get(message["channel"])
        if watched is None:
            return
        if message["type"] == "message":
            watched.hear(Change.read(message["data"]))
        elif message["type"] == "subscribe":
            # Also when the client has quietly connected anew: what was published in between has been missed.
            watched.sync_soon()

    # --- one task per resource keeps it fresh

    async def _keep(self, watched: Watched) -> None:
        """Sync when something may have been missed, and free what has run out as soon as it does."""
        heard_of = 0
        pauses = Pauses(RECONNECT_SECONDS, LONGEST_PAUSE)
        while True:
            try:
                if watched.must_sync:
                    await self._sync(watched)
                _, version, next_deadline = await hold_scripts.REAP(watched.resource)
                nap = LONGEST_NAP if next_deadline < 0 else min(LONGEST_NAP, next_deadline / 1000)
                # Ahead of us at the last look, and we still have not heard of it: a message was lost.
                if watched.is_live and (watched.version < heard_of or version < watched.version):
                    watched.sync_soon()
                heard_of = version
                pauses.end()
            except Exception as error:  # noqa: BLE001 - Redis or, for a rebuild, SQL is away: try again until it is not
                nap = pauses.next()
                if not watched.is_paused:
                    log.warning("inventory.watch_paused", resource=watched.resource, error=repr(error))
                self._pause()
            with suppress(TimeoutError):
                await asyncio.wait_for(watched.wake.wait(), max(SHORTEST_NAP, nap))
            watched.wake.clear()

    async def _sync(self, watched: Watched) -> None:
        watched.must_sync = False
        event: SnapshotEvent | ChangesEvent | None = None
        if watched.version:
            event = await _log_since(watched.resource, watched.version)
        if event is None:
            event = await _take_snapshot(watched.resource)
        if not watched.must_sync:
            watched.go_on_from(event)

    def _pause(self) -> None:
        for watched in self._watched.values():
            watched.pause()


async def _take_snapshot(resource: ResourceId) -> SnapshotEvent:
    taken = await actions.snapshot(resource)
    return SnapshotEvent(taken.version, taken.status)


async def _log_since(resource: ResourceId, version: int) -> ChangesEvent | None:
    """What the resource's log has after `version`, in one; None where it does not reach back so far."""
    (_, _, _, _, meta, kept, *_), _ = hold_scripts.names_of(resource)
    redis: Any = client()  # redis-py types a command's answer as one that is awaitable or not
    with must_answer():
        entries = await redis.xrange(kept, min=f"{version}-1")
        current = await redis.hget(meta, "version")
    changes = [Change.read(entry["change"]) for _, entry in entries]
    if changes and changes[0].previous <= version:
        merged = {unit: change.status for change in changes for unit in change.units}
        return ChangesEvent(changes[-1].version, merged)
    return ChangesEvent(version, {}) if not changes and current == str(version) else None
