"""What one process knows of one watched resource: where it stands, its last batches, and who looks at it.

Nothing here waits or asks: the hub (see `watch`) does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import orjson

from marketplace.ids import ResourceId

GATHER_SECONDS = 0.08
"""How long changes are gathered after a batch has gone out; the first after a calm goes at once."""
BATCHES_KEPT = 256
MOST_WAITING = 64
"""Batches that may wait for one viewer. Who is slower is dropped, and resumes where it was."""


@dataclass(frozen=True)
class SnapshotEvent:
    """Every unit that is not free: forget what you knew."""

    version: int
    status: dict[str, str]

    @cached_property
    def wire(self) -> bytes:
        return _sse(b"snapshot", self.version, {"version": self.version, "status": self.status})


@dataclass(frozen=True)
class ChangesEvent:
    """What has changed up to `version`: unit -> "free" | "held" | "sold". Empty: nothing was missed."""

    version: int
    changes: dict[str, str]

    @cached_property
    def wire(self) -> bytes:
        return _sse(b"changes", self.version, {"version": self.version, "changes": self.changes})


@dataclass(frozen=True)
class PausedEvent:
    """The seat keeper does not answer: what you see may be out of date. Any other event says that it is back."""

    @property
    def wire(self) -> bytes:
        # Without an id: a viewer that comes back resumes from the last event that had one.
        return b"event: paused\ndata: {}\n\n"


Event: TypeAlias = SnapshotEvent | ChangesEvent | PausedEvent


def _sse(name: bytes, version: int, body: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (version, name, orjson.dumps(body))


class Viewer:
    """A bounded queue of events; None ends it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue(MOST_WAITING)

    def give(self, event: Event) -> bool:
        """False, and the end of the viewer, where too much waits already."""
        if self.queue.full():
            self.end()
            return False
        self.queue.put_nowait(event)
        return True

    def end(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


@dataclass(frozen=True, slots=True)
class Change:
    """One published change, as the scripts' prelude writes it."""

    version: int
    previous: int
    status: str
    units: list[str]

    @classmethod
    def read(cls, text: str) -> Change:
        version, previous, status, *units = text.split("\n")
        return cls(int(version), int(previous), status, units)

    @property
    def is_reset(self) -> bool:
        """The resource has been rebuilt: nothing follows from what was known before."""
        return not self.previous


@dataclass(eq=False)
class Watched:
    """One resource. `version` is how far we have heard, `sent_version` how far viewers have been told."""

    resource: ResourceId
    version: int = 0
    sent_version: int = 0
    viewers: set[Viewer] = field(default_factory=set)
    visitors: int = 0
    """Viewers, and those who are about to be."""
    latest: SnapshotEvent | None = None
    snapshots: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a snapshot is being taken: whoever comes meanwhile shares it."""
    is_live: bool = False
    """Whether every change is heard, and in order. While it is not, changes wait."""
    is_paused: bool = False
    must_sync: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to make the resource's keeper look at it now."""
    turned: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, and replaced, when the resource goes live or is paused."""
    _waiting: list[Change] = field(default_factory=list)
    _gathered: dict[str, str] = field(default_factory=dict)
    _ring: deque[tuple[int, ChangesEvent]] = field(default_factory=lambda: deque(maxlen=BATCHES_KEPT))
    """The last batches, each with the version before it."""
    _next_batch: asyncio.TimerHandle | None = None
    _sent_at: float = 0.0

    def hear(self, change: Change) -> None:
        """Gather a change, or notice that others before it are missing."""
        if change.is_reset:
            self._waiting.clear()
            self.sync_soon()
        elif not self.is_live:
            self._waiting.append(change)
        elif change.previous == self.version:
            self.version = change.version
            self._gathered.update(dict.fromkeys(change.units, change.status))
            self._plan_a_batch()
        elif change.version > self.version:
            self._waiting.append(change)
            self.sync_soon()

    def sync_soon(self) -> None:
        """Something may have been missed: find out."""
        self.is_live = False
        self.must_sync = True
        self.wake.set()

    def go_on_from(self, event: SnapshotEvent | ChangesEvent) -> None:
        """What was missed is in `event`; what came in meanwhile follows it."""
        self.send_batch()
        if isinstance(event, SnapshotEvent):
            self._ring.clear()
            self.latest = event
        else:
            self._ring.append((self.sent_version, event))
        self.version = self.sent_version = event.version
        if self.is_paused or isinstance(event, SnapshotEvent) or event.changes:
            self._tell(event)
        self.is_live, self.is_paused = True, False
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            self.hear(change)
        self._turn()

    def pause(self) -> None:
        """The seat keeper is away: say so, once."""
        self.sync_soon()
        self.wake.clear()
        if not self.is_paused:
            self.is_paused = True
            self._tell(PausedEvent())
            self._turn()

    def since(self, version: int) -> list[ChangesEvent] | None:
        """The batches after `version`; None where they do not reach back so far."""
        later = [(previous, batch) for previous, batch in self._ring if batch.version > version]
        if later and later[0][0] > version:
            return None
        return [batch for _, batch in later] if later or version >= self.sent_version else None

    def send_batch(self) -> None:
        """Give everybody what has been gathered."""
        if self._next_batch is not None:
            self._next_batch.cancel()
            self._next_batch = None
        if self._gathered:
            batch = ChangesEvent(self.version, self._gathered)
            self._ring.append((self.sent_version, batch))
            self.sent_version, self._gathered = self.version, {}
            self._sent_at = asyncio.get_running_loop().time()
            self._tell(batch)

    def end(self) -> None:
        """Send every viewer away."""
        if self._next_batch is not None:
            self._next_batch.cancel()
        for viewer in self.viewers:
            viewer.end()

    def _plan_a_batch(self) -> None:
        if self._next_batch is None:
            loop = asyncio.get_running_loop()
            self._next_batch = loop.call_at(max(loop.time(), self._sent_at + GATHER_SECONDS), self.send_batch)

    def _tell(self, event: Event) -> None:
        self.viewers = {viewer for viewer in self.viewers if viewer.give(event)}

    def _turn(self) -> None:
        self.turned.set()
        self.turned = asyncio.Event()
